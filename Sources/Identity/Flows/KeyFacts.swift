import Storage

/// What policies learn about a key before something is done to it: whose it is, what it is for, and
/// which roles its owner has.
enum KeyFacts {
    static let scopesMax = 50

    /// Whether the organization is there.
    static let organization = Loader(
        "key", { [MemberFacts.organizationStatement($0)] },
        read: { (rows, request) throws(StorageFailure) in
            ResourceFacts(exists: !rows[0].isEmpty, organization: request["organization"])
        })

    /// A key that there is.
    static let key = Loader(
        "key", { [KeyRow.one($0["key"], in: $0["organization"]), rolesOfOwner($0)] },
        read: { (rows, request) throws(StorageFailure) in
            let (id, organization) = (request["key"], request["organization"])
            guard let row = rows[0].first else {
                return ResourceFacts(id: id, exists: false, organization: organization)
            }
            let key = try KeyRow(row)
            return ResourceFacts(
                id: id, exists: true, organization: organization, version: key.version,
                attributes: try target(
                    key.principal, key.kind, key.scopes, expiresAt: key.expiresAt, rows[1]),
                rows: [rows[0]])
        })

    /// One that is to be made, for the caller or for a service account.
    static let newKey = Loader(
        "key",
        { request in
            let owner = newOwner(request)
            return [ownerStatement(owner, request), roles(of: owner, request)]
        },
        read: { (rows, request) throws(StorageFailure) in
            guard let owner = rows[0].first else {
                return ResourceFacts(exists: false, organization: request["organization"])
            }
            return ResourceFacts(
                exists: true, organization: request["organization"],
                attributes: try target(
                    try owner.text("id"), try owner.text("kind"), scopes(request),
                    expiresAt: request.body?["expires_at"]?.text.flatMap(Instant.microseconds),
                    rows[1]),
                rows: [rows[0]])
        })

    /// The key that a loader has found.
    static func found(_ resource: ResourceFacts) throws -> KeyRow {
        guard let row = resource.rows.first?.first else { throw Fault(.notFound) }
        return try KeyRow(row)
    }

    /// What the new key is to be for, each once.
    static func scopes(_ request: RequestFacts) -> [String] {
        var seen: Set<String> = []
        return (request.body?["scopes"]?.elements ?? []).compactMap(\.text)
            .filter { seen.insert($0).inserted }
    }

    private static func newOwner(_ request: RequestFacts) -> String {
        request.body?["service_account"]?.text ?? request.credential?.principal ?? ""
    }

    private static func target(
        _ principal: String, _ kind: String, _ scopes: [String], expiresAt: Int64?,
        _ roleRows: [Row]
    ) throws(StorageFailure) -> JSON {
        var roles: [Role] = []
        for row in roleRows { roles.append(try Role(row)) }
        return [
            "target": [
                "principal": .text(principal), "kind": .text(kind),
                "scopes": .array(scopes.map(JSON.text)), "rank": .integer(roles.rank),
                "roles": .array(roles.map { .text($0.name) }),
                "expires_at": JSON(instant: expiresAt),
            ]
        ]
    }

    /// Somebody who may act in the organization, if they have rights there.
    private static func ownerStatement(_ owner: String, _ request: RequestFacts) -> Statement {
        Statement(
            """
            SELECT p.id, p.kind FROM principals p
            JOIN organizations o ON o.id = $2 AND o.status <> 'deleted'
            LEFT JOIN service_accounts v ON v.id = p.id
            WHERE p.id = $1 AND (p.organization_id IS NULL
                OR (p.organization_id = $2 AND v.status <> 'deleted'))
            """, [.text(owner), .text(request["organization"])])
    }

    private static let rolesOfMember = """
        SELECT \(Role.columns) FROM memberships m
        JOIN membership_roles s
            ON s.organization_id = m.organization_id AND s.membership_id = m.id
        JOIN roles r ON r.organization_id = s.organization_id AND r.id = s.role_id
        WHERE m.organization_id = $1 AND m.principal_id =
        """

    private static func roles(of owner: String, _ request: RequestFacts) -> Statement {
        Statement("\(rolesOfMember) $2", [.text(request["organization"]), .text(owner)])
    }

    private static func rolesOfOwner(_ request: RequestFacts) -> Statement {
        Statement(
            """
            \(rolesOfMember)
                (SELECT principal_id FROM api_keys WHERE organization_id = $1 AND id = $2)
            """, [.text(request["organization"]), .text(request["key"])])
    }
}
