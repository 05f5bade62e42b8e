import Storage

/// How an organization takes members in: which role they get where nobody says, and whose
/// addresses they have.
struct OrganizationSettings: Sendable {
    /// The name of a role; `nil`: whoever adds a member says.
    let defaultRole: String?
    /// Domains of the addresses that members have; none: any.
    let emailDomains: [String]
    /// 0 where nothing was ever set.
    let version: Int64

    /// Of an organization that is there: one row, whether anything was set or not.
    static func one(of organization: String) -> Statement {
        Statement(
            """
            SELECT o.id, r.name AS default_role, t.email_domains, t.version
            FROM organizations o
            LEFT JOIN organization_settings t ON t.organization_id = o.id
            LEFT JOIN roles r ON r.organization_id = t.organization_id AND r.id = t.default_role_id
            WHERE o.id = $1 AND o.status <> 'deleted'
            """, [.text(organization)])
    }

    init(_ row: Row) throws(StorageFailure) {
        defaultRole = try row.text(orNull: "default_role")
        let listed = try row.text(orNull: "email_domains") ?? "[]"
        emailDomains =
            (try? JSON(reading: Array(listed.utf8)))?.elements?.compactMap(\.text) ?? []
        version = try row.integer(orNull: "version") ?? 0
    }

    static let shape = Shape.object([
        .init(
            "default_role", .nullable(.text(1...100)),
            "The role of members who are added without one."),
        .init(
            "email_domains", .array(of: .text(3...254), count: 0...50),
            "Domains of the addresses that members have; none: any."),
    ])

    var json: JSON {
        [
            "default_role": JSON(defaultRole),
            "email_domains": .array(emailDomains.map(JSON.text)),
        ]
    }
}

/// Reading and writing them.
struct SettingsFlow: Flow {
    static let name = "settings"

    let operations = [
        Operation(
            .get, path, "organization:read_settings", "Read how an organization takes members in",
            answer: .json(200, OrganizationSettings.shape), loader: loader,
            work: .read { call, _ in
                let settings = try found(call.resource)
                return .json(settings.json, version: settings.version)
            }
        ).with { $0.traits = .versioned },
        Operation(
            .put, path, "organization:update_settings",
            "Say how an organization takes members in",
            answer: .json(200, OrganizationSettings.shape), loader: changed, work: .write(update)
        ).with {
            $0.body = OrganizationSettings.shape
            $0.traits = .versioned
        },
    ]

    private static let path = "/api/v1/organizations/{organization}/settings"

    private static let loader = Loader(
        "organization", { [OrganizationSettings.one(of: $0["organization"])] }, read: read)

    /// The same, and the role that new members are to have.
    private static let changed = Loader(
        "organization",
        { request in
            [
                OrganizationSettings.one(of: request["organization"]),
                Statement(
                    """
                    SELECT \(Role.columns) FROM roles r
                    WHERE r.organization_id = $1 AND r.name = $2
                    """,
                    [
                        .text(request["organization"]),
                        .text(request.body?["default_role"]?.text ?? ""),
                    ]),
            ]
        }, read: read)

    @Sendable private static func read(
        _ rows: [[Row]], _ request: RequestFacts
    ) throws(StorageFailure) -> ResourceFacts {
        let id = request["organization"]
        guard let row = rows[0].first else {
            return ResourceFacts(id: id, exists: false, organization: id)
        }
        let role = rows.count > 1 ? try rows[1].first.map(Role.init) : nil
        return ResourceFacts(
            id: id, exists: true, organization: id,
            version: try OrganizationSettings(row).version,
            attributes: .object(present: [("role", role?.json)]), rows: rows)
    }

    private static func found(_ resource: ResourceFacts) throws -> OrganizationSettings {
        guard let row = resource.rows.first?.first else { throw Fault(.notFound) }
        return try OrganizationSettings(row)
    }

    private static func update(_ call: OperationCall, _ transaction: Transaction) async throws
        -> Reply
    {
        let organization = call.request["organization"]
        let role = try call.resource.rows.last?.first.map(Role.init)
        if let name = call.text("default_role"), role?.name != name {
            throw Fault.invalid([.init("/default_role", "is no role of this organization")])
        }
        let domains = try domains(call)
        try await transaction.execute(
            Statement(
                """
                INSERT INTO organization_settings (
                    organization_id, default_role_id, email_domains, version, updated_at
                ) VALUES ($1, $2, $3, $4, $5)
                ON CONFLICT (organization_id) DO UPDATE SET default_role_id = $2,
                    email_domains = $3, version = $4, updated_at = $5
                """,
                [
                    .text(organization), SQLValue(role?.id),
                    .text(
                        String(
                            decoding: JSON.array(domains.map(JSON.text)).bytes, as: UTF8.self)),
                    .integer((call.resource.version ?? 0) + 1), .integer(call.request.time),
                ]))
        let rows = try await transaction.query(OrganizationSettings.one(of: organization))
        guard let row = rows.first else { throw Fault(.notFound) }
        let settings = try OrganizationSettings(row)
        return .json(settings.json, version: settings.version)
    }

    /// As hosts are written, each once.
    private static func domains(_ call: OperationCall) throws -> [String] {
        var domains: [String] = []
        let listed = call.request.body?["email_domains"]?.elements ?? []
        for (index, element) in listed.enumerated() {
            guard let name = element.text.flatMap(DomainName.init)?.text else {
                throw Fault.invalid([
                    .init("/email_domains/\(index)", "is no domain such as example.com")
                ])
            }
            if !domains.contains(name) { domains.append(name) }
        }
        return domains
    }
}
