import Storage

/// What policies learn about members before something is done to them.
enum MemberFacts {
    /// Whether the organization is there.
    static let organization = Loader(
        "member", { [organizationStatement($0)] },
        read: { (rows, request) throws(StorageFailure) in
            ResourceFacts(exists: !rows[0].isEmpty, organization: request["organization"])
        })

    /// The role that a new member is to have.
    static let newMember = Loader(
        "member",
        {
            [
                OrganizationSettings.one(of: $0["organization"]), newRoleStatement($0),
                principalStatement($0),
            ]
        },
        read: { (rows, request) throws(StorageFailure) in
            let settings = try rows[0].first.map(OrganizationSettings.init)
            return ResourceFacts(
                exists: settings != nil, organization: request["organization"],
                attributes: .object(present: [
                    ("role", try rows[1].first.map(Role.init)?.json),
                    ("principal", try rows[2].first.map(principal)),
                    ("email_domains", .array(settings?.emailDomains.map(JSON.text) ?? [])),
                ]),
                rows: [[], rows[1]])
        })

    /// The member, and how many owners there are.
    static let member = Loader(
        "member", { [memberStatement($0), ownersStatement($0)] }, read: read)

    /// The same, and the role that it is to have.
    static let changedMember = Loader(
        "member", { [memberStatement($0), ownersStatement($0), roleStatement($0)] }, read: read)

    /// The member that a loader has found.
    static func found(_ resource: ResourceFacts) throws -> MemberRow {
        guard let rows = resource.rows.first, !rows.isEmpty else { throw Fault(.notFound) }
        return try MemberRow(rows[...])
    }

    /// The role that a loader has found.
    static func role(_ call: OperationCall) throws -> Role? {
        guard call.resource.rows.count > 1 else { return nil }
        return try call.resource.rows[1].first.map(Role.init)
    }

    @Sendable private static func read(
        _ rows: [[Row]], _ request: RequestFacts
    ) throws(StorageFailure) -> ResourceFacts {
        let (id, organization) = (request["member"], request["organization"])
        guard !rows[0].isEmpty else {
            return ResourceFacts(id: id, exists: false, organization: organization)
        }
        let member = try MemberRow(rows[0][...])
        let role = rows.count > 2 ? try rows[2].first.map(Role.init) : nil
        return ResourceFacts(
            id: id, exists: true, organization: organization, version: member.version,
            attributes: .object(present: [
                ("target", member.facts),
                ("owner_count", .integer(try rows[1][0].integer("owners"))),
                ("role", role?.json),
            ]),
            rows: [rows[0], rows.count > 2 ? rows[2] : []])
    }

    static func organizationStatement(_ request: RequestFacts) -> Statement {
        Statement(
            "SELECT id FROM organizations WHERE id = $1 AND status <> 'deleted'",
            [.text(request["organization"])])
    }

    private static func memberStatement(_ request: RequestFacts) -> Statement {
        MemberRow.one(request["member"], in: request["organization"])
    }

    /// The role that the body names.
    static func roleStatement(_ request: RequestFacts) -> Statement {
        Statement(
            "SELECT \(Role.columns) FROM roles r WHERE r.organization_id = $1 AND r.name = $2",
            [.text(request["organization"]), .text(request.body?["role"]?.text ?? "")])
    }

    /// The same, or the one that the organization's settings name.
    private static func newRoleStatement(_ request: RequestFacts) -> Statement {
        guard request.body?["role"] == nil else { return roleStatement(request) }
        return Statement(
            """
            SELECT \(Role.columns) FROM organization_settings t
            JOIN roles r ON r.organization_id = t.organization_id AND r.id = t.default_role_id
            WHERE t.organization_id = $1
            """, [.text(request["organization"])])
    }

    /// Who is to be a member, with the address that they read mail at.
    private static func principalStatement(_ request: RequestFacts) -> Statement {
        Statement(
            """
            SELECT p.kind, e.address FROM principals p
            LEFT JOIN account_addresses e ON e.account_id = p.id AND e.is_primary = TRUE
                AND e.verified_at IS NOT NULL
            WHERE p.id = $1
            """, [.text(request.body?["principal"]?.text ?? "")])
    }

    private static func principal(_ row: Row) throws(StorageFailure) -> JSON {
        let domain = try row.text(orNull: "address")?.split(separator: "@").last?.lowercased()
        return .object(present: [
            ("kind", .text(try row.text("kind"))), ("email_domain", domain.map(JSON.text)),
        ])
    }

    private static func ownersStatement(_ request: RequestFacts) -> Statement {
        Statement(
            """
            SELECT COUNT(DISTINCT m.id) AS owners FROM memberships m
            JOIN membership_roles s
                ON s.organization_id = m.organization_id AND s.membership_id = m.id
            JOIN roles r ON r.organization_id = s.organization_id AND r.id = s.role_id
            WHERE m.organization_id = $1 AND m.status = 'active' AND r.is_system = TRUE
                AND r.name = 'owner'
            """, [.text(request["organization"])])
    }
}
