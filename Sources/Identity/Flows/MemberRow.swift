import Storage

/// A member of an organization, with the roles it has there.
struct MemberRow: Sendable {
    let id: String
    let principal: String
    let kind: String
    let status: String
    let source: String
    /// As this organization sees it: an object as JSON.
    let profile: String
    let version: Int64
    let createdAt: Int64
    let updatedAt: Int64
    var roles: [Role]

    /// The rows of one member, one a role.
    init(_ rows: ArraySlice<Row>) throws(StorageFailure) {
        guard let row = rows.first else { throw .invalid("a member without a row") }
        id = try row.text("id")
        principal = try row.text("principal_id")
        kind = try row.text("kind")
        status = try row.text("status")
        source = try row.text("source")
        profile = try row.text("profile")
        version = try row.integer("version")
        createdAt = try row.integer("created_at")
        updatedAt = try row.integer("updated_at")
        roles = []
        for row in rows where try row.text(orNull: "role_id") != nil { roles.append(try Role(row)) }
    }

    /// Members, of rows that stand together.
    static func all(_ rows: [Row]) throws(StorageFailure) -> [MemberRow] {
        var members: [MemberRow] = []
        for run in try rows.runs(of: "id") { members.append(try MemberRow(run)) }
        return members
    }

    private static let columns = """
        m.id, m.principal_id, p.kind, m.status, m.source, m.profile, m.version, m.created_at,
        m.updated_at, \(Role.columns)
        """

    private static let joins = """
        JOIN principals p ON p.id = m.principal_id
        LEFT JOIN membership_roles s
            ON s.organization_id = m.organization_id AND s.membership_id = m.id
        LEFT JOIN roles r ON r.organization_id = s.organization_id AND r.id = s.role_id
        """

    static func one(_ id: String, in organization: String) -> Statement {
        Statement(
            """
            SELECT \(columns) FROM memberships m \(joins)
            WHERE m.organization_id = $1 AND m.id = $2 ORDER BY r.rank DESC, r.id
            """, [.text(organization), .text(id)])
    }

    /// The members behind a place, as many as wanted, each with all its roles.
    static func page(of organization: String, after id: String, limit: Int) -> Statement {
        Statement(
            """
            SELECT \(columns) FROM (
                SELECT * FROM memberships WHERE organization_id = $1 AND id > $2
                ORDER BY id LIMIT $3
            ) m \(joins) ORDER BY m.id, r.rank DESC, r.id
            """, [.text(organization), .text(id), .integer(Int64(limit))])
    }

    static let shape = Shape.object([
        .init("id", .identifier(.membership)), .init("principal", .text(1...64)),
        .init("kind", .choice(["account", "service", "client"])),
        .init("status", .choice(["active", "suspended"])),
        .init("source", .choice(["manual", "invitation", "jit", "scim"])),
        .init("profile", .anyObject, "As this organization sees it."),
        .init(
            "roles",
            .array(
                of: .object([
                    .init("id", .identifier(.role)), .init("name", .text(1...100)),
                ]), count: 0...100)),
        .init("created_at", .instant), .init("updated_at", .instant),
    ])

    func json() throws -> JSON {
        let named = roles.map { role -> JSON in ["id": .text(role.id), "name": .text(role.name)] }
        return [
            "id": .text(id), "principal": .text(principal), "kind": .text(kind),
            "status": .text(status), "source": .text(source),
            "profile": try JSON(reading: Array(profile.utf8)), "roles": .array(named),
            "created_at": .text(Instant.text(createdAt)),
            "updated_at": .text(Instant.text(updatedAt)),
        ]
    }

    /// What a policy learns of whom an operation concerns.
    var facts: JSON {
        [
            "principal": .text(principal), "kind": .text(kind), "status": .text(status),
            "rank": .integer(roles.rank), "roles": .array(roles.map { .text($0.name) }),
        ]
    }
}
