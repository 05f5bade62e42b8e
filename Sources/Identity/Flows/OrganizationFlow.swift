import Storage

/// Organizations, as far as one is made, read and changed.
struct OrganizationFlow: Flow {
    static let name = "organizations"

    let operations = [
        Operation(
            .get, "/api/v1/organizations", "organization:list", "List organizations",
            answer: .page(of: OrganizationRow.shape), loader: Loader("organization"),
            work: .read(list)
        ).with { $0.traits = .paged },
        Operation(
            .post, "/api/v1/organizations", "organization:create", "Make an organization",
            answer: .json(201, OrganizationRow.shape), loader: Loader("organization"),
            work: .write(create)
        ).with {
            $0.body = .object([
                .init("name", .text(1...100)),
                .init("slug", .text(1...63), "Letters, digits and hyphens; a label of host names."),
            ])
            $0.reach = .made
        },
        Operation(
            .get, "/api/v1/organizations/{organization}", "organization:read",
            "Read an organization", answer: .json(200, OrganizationRow.entitledShape),
            loader: loader, work: .read { call, _ in try await reply(call) }
        ).with { $0.traits = .versioned },
        Operation(
            .patch, "/api/v1/organizations/{organization}", "organization:update",
            "Change an organization", answer: .json(200, OrganizationRow.shape), loader: loader,
            work: .write(update)
        ).with {
            $0.body = .object([.init("name", .text(1...100), isRequired: false)])
            $0.traits = .versioned
        },
    ]

    static let loader = Loader(
        "organization",
        { request in
            [
                Statement(
                    """
                    SELECT \(OrganizationRow.columns), EXISTS (
                        SELECT 1 FROM realms r WHERE r.organization_id = o.id) AS is_home
                    FROM organizations o
                    WHERE o.id = $1 AND o.status <> 'deleted'
                    """, [.text(request["organization"])])
            ]
        },
        read: { (rows, request) throws(StorageFailure) in
            let id = request["organization"]
            guard let row = rows[0].first else {
                return ResourceFacts(id: id, exists: false, organization: id)
            }
            let found = try OrganizationRow(row)
            return ResourceFacts(
                id: id, exists: true, organization: id, version: found.version,
                attributes: [
                    "status": .text(found.status), "tier": .text(found.tier),
                    "is_home": .boolean(try row.boolean("is_home")),
                ], rows: rows)
        })

    /// With what its tier entitles to, as the policy has it.
    private static func reply(_ call: OperationCall) async throws -> Reply {
        guard let row = call.resource.rows.first?.first else { throw Fault(.notFound) }
        let found = try OrganizationRow(row)
        guard case .object(var members) = found.json else { throw Fault(.notFound) }
        let entitlements = await call.facilities.entitlements(found.tier)
        members.append(.init("entitlements", entitlements ?? .null))
        return .json(.object(members), version: found.version)
    }

    /// A policy says whether all of them are shown, or the subject's own.
    private static func list(_ call: OperationCall, _ database: any Database) async throws -> Reply
    {
        let paging = try Paging(call)
        // The rows of memberships stand behind each tenant's wall, which a list across tenants
        // looks over: it names its subject instead.
        let own = call.isRestrictedToOwn
        var values: [SQLValue] = [
            .text(paging.position?.first ?? ""), .integer(Int64(paging.limit + 1)),
        ]
        if own { values.append(SQLValue(call.subject.id)) }
        let mine = """
            AND o.id IN (SELECT m.organization_id FROM memberships m
                WHERE m.principal_id = $3 AND m.status = 'active')
            """
        let rows = try await database.read(
            in: .system,
            [
                Statement(
                    """
                    SELECT \(OrganizationRow.columns) FROM organizations o
                    WHERE o.id > $1 AND o.status <> 'deleted' \(own ? mine : "")
                    ORDER BY o.id LIMIT $2
                    """, values)
            ])[0]
        return paging.reply(try rows.map(OrganizationRow.init)) {
            $0.json
        } position: {
            [$0.id]
        }
    }

    /// The organization, its roles, and its maker as the owner.
    private static func create(_ call: OperationCall, _ transaction: Transaction) async throws
        -> Reply
    {
        let (id, now) = (call.request.made, call.request.time)
        guard let name = call.text("name"), let slug = call.text("slug") else {
            throw Fault(.validationFailed)
        }
        guard Slug.isFit(slug) else { throw Slug.fault(at: "/slug") }
        let organization = OrganizationRow(id: id, slug: slug, name: name, now: now)
        try await Slug.release(slug, in: transaction, now: now)
        do {
            try await NewOrganization(organization: organization, owner: call.subject.id)
                .insert(in: transaction, now: now, host: call.host)
        } catch StorageFailure.constraint(.unique, name: "organizations_slug_key") {
            throw Fault(.conflict, "the slug is taken")
        }
        return .created(
            organization.json, id: id, at: "/api/v1/organizations/\(id)",
            version: organization.version)
    }

    private static func update(_ call: OperationCall, _ transaction: Transaction) async throws
        -> Reply
    {
        guard let row = call.resource.rows.first?.first else { throw Fault(.notFound) }
        var organization = try OrganizationRow(row)
        organization.name = call.text("name") ?? organization.name
        organization.version += 1
        organization.updatedAt = call.request.time
        try await transaction.execute(
            Statement(
                "UPDATE organizations SET name = $2, version = $3, updated_at = $4 WHERE id = $1",
                [
                    .text(organization.id), .text(organization.name),
                    .integer(organization.version), .integer(organization.updatedAt),
                ]))
        return .json(organization.json, version: organization.version)
    }
}

/// One row of organizations.
struct OrganizationRow: Sendable {
    let id: String
    let slug: String
    var name: String
    let status: String
    let tier: String
    var version: Int64
    let createdAt: Int64
    var updatedAt: Int64

    init(id: String, slug: String, name: String, now: Int64) {
        self.id = id
        self.slug = slug
        self.name = name
        status = "active"
        tier = "free"
        version = 1
        createdAt = now
        updatedAt = now
    }

    init(_ row: Row) throws(StorageFailure) {
        id = try row.text("id")
        slug = try row.text("slug")
        name = try row.text("name")
        status = try row.text("status")
        tier = try row.text("tier")
        version = try row.integer("version")
        createdAt = try row.integer("created_at")
        updatedAt = try row.integer("updated_at")
    }

    static let columns =
        "o.id, o.slug, o.name, o.status, o.tier, o.version, o.created_at, o.updated_at"

    static let shape = Shape.object(fields)

    /// The same with what the tier entitles to.
    static let entitledShape = Shape.object(
        fields + [
            .init(
                "entitlements", .nullable(.anyObject),
                "What the policy gives its tier: calls, and how many of what; null: unknown.")
        ])

    private static let fields: [Shape.Field] = [
        .init("id", .identifier(.organization)), .init("slug", .text(1...63)),
        .init("name", .text(1...100)), .init("status", .choice(["active", "suspended"])),
        .init("tier", .text(1...32)), .init("created_at", .instant), .init("updated_at", .instant),
    ]

    var json: JSON {
        [
            "id": .text(id), "slug": .text(slug), "name": .text(name), "status": .text(status),
            "tier": .text(tier), "created_at": .text(Instant.text(createdAt)),
            "updated_at": .text(Instant.text(updatedAt)),
        ]
    }
}
