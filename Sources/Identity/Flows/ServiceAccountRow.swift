import Storage

/// The account of a program, with the membership that gives it roles.
struct ServiceAccountRow: Sendable {
    let id: String
    let name: String
    let description: String
    let status: String
    let version: Int64
    let createdAt: Int64
    let updatedAt: Int64
    /// `nil`: it has none any more, and no rights.
    let membership: String?
    let roles: [Role]

    /// The rows of one account, one a role.
    init(_ rows: ArraySlice<Row>) throws(StorageFailure) {
        guard let row = rows.first else { throw .invalid("a service account without a row") }
        id = try row.text("id")
        name = try row.text("name")
        description = try row.text("description")
        status = try row.text("status")
        version = try row.integer("version")
        createdAt = try row.integer("created_at")
        updatedAt = try row.integer("updated_at")
        membership = try row.text(orNull: "membership_id")
        var roles: [Role] = []
        for row in rows where try row.text(orNull: "role_id") != nil { roles.append(try Role(row)) }
        self.roles = roles
    }

    /// Accounts, of rows that stand together.
    static func all(_ rows: [Row]) throws(StorageFailure) -> [ServiceAccountRow] {
        var accounts: [ServiceAccountRow] = []
        for run in try rows.runs(of: "id") { accounts.append(try ServiceAccountRow(run)) }
        return accounts
    }

    private static let columns = """
        v.id, v.name, v.description, v.status, v.version, v.created_at, v.updated_at,
        m.id AS membership_id, \(Role.columns)
        """

    private static let joins = """
        LEFT JOIN memberships m
            ON m.organization_id = v.organization_id AND m.principal_id = v.id
        LEFT JOIN membership_roles s
            ON s.organization_id = m.organization_id AND s.membership_id = m.id
        LEFT JOIN roles r ON r.organization_id = s.organization_id AND r.id = s.role_id
        """

    static func one(_ id: String, in organization: String) -> Statement {
        Statement(
            """
            SELECT \(columns) FROM service_accounts v \(joins)
            WHERE v.organization_id = $1 AND v.id = $2 AND v.status <> 'deleted'
            ORDER BY r.rank DESC, r.id
            """, [.text(organization), .text(id)])
    }

    /// The accounts behind a place, as many as wanted, each with all its roles.
    static func page(of organization: String, after id: String, limit: Int) -> Statement {
        Statement(
            """
            SELECT \(columns) FROM (
                SELECT * FROM service_accounts
                WHERE organization_id = $1 AND id > $2 AND status <> 'deleted'
                ORDER BY id LIMIT $3
            ) v \(joins) ORDER BY v.id, r.rank DESC, r.id
            """, [.text(organization), .text(id), .integer(Int64(limit))])
    }

    static let shape = Shape.object([
        .init("id", .identifier(.service)), .init("name", .text(1...100)),
        .init("description", .text(0...500)), .init("status", .choice(["active", "suspended"])),
        .init(
            "membership", .nullable(.identifier(.membership)),
            "What gives it roles; `null`: it has no rights any more."),
        .init(
            "roles",
            .array(
                of: .object([
                    .init("id", .identifier(.role)), .init("name", .text(1...100)),
                ]), count: 0...100)),
        .init("created_at", .instant), .init("updated_at", .instant),
    ])

    var json: JSON {
        let named = roles.map { role -> JSON in ["id": .text(role.id), "name": .text(role.name)] }
        return [
            "id": .text(id), "name": .text(name), "description": .text(description),
            "status": .text(status), "membership": JSON(membership), "roles": .array(named),
            "created_at": .text(Instant.text(createdAt)),
            "updated_at": .text(Instant.text(updatedAt)),
        ]
    }

    /// What a policy learns of it.
    var facts: JSON {
        [
            "status": .text(status), "rank": .integer(roles.rank),
            "roles": .array(roles.map { .text($0.name) }),
        ]
    }
}
