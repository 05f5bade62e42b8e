public import Storage

/// Who asks: as the tables have it at this moment, for the tenant that the request is about.
public struct Subject: Sendable, Hashable {
    public var kind: Kind
    /// `nil`: nobody has shown a credential.
    public var id: String?
    public var status: String?
    public var platformRoles: [String] = []
    public var membership: Membership?
    public var credential: Credential?

    public enum Kind: String, Sendable {
        case anonymous, account, service, client
    }

    public static let anonymous = Subject(kind: .anonymous)

    /// As the record calls it.
    public var actorKind: AuditEntry.ActorKind {
        switch kind {
        case .anonymous: .anonymous
        case .account: .account
        case .service: .service
        case .client: .client
        }
    }
}

/// A subject's place in one organization.
public struct Membership: Sendable, Hashable {
    public let id: String
    public let organization: String
    public let status: String
    public var roles: [Role]
}

/// A role of one organization.
public struct Role: Sendable, Hashable {
    public let id: String
    public let name: String
    public let rank: Int64
    /// One that every organization has; what it permits stands in the policies.
    public let isSystem: Bool
    /// Of the others: `area:*` or actions.
    public let permissions: [String]

    /// Those that every organization is made with.
    static let system: [(name: String, rank: Int64)] = [
        ("owner", 100), ("admin", 80), ("member", 40), ("viewer", 20),
    ]

    init(_ row: Row) throws(StorageFailure) {
        id = try row.text("role_id")
        name = try row.text("role_name")
        rank = try row.integer("role_rank")
        isSystem = try row.boolean("role_is_system")
        let listed = try row.text("role_permissions")
        permissions =
            (try? JSON(reading: Array(listed.utf8)))?.elements?.compactMap(\.text) ?? []
    }

    static let columns = """
        r.id AS role_id, r.name AS role_name, r.rank AS role_rank, r.is_system AS role_is_system,
        r.permissions AS role_permissions
        """
}

extension [Role] {
    /// Of the highest; 0 without any.
    var rank: Int64 { map(\.rank).max() ?? 0 }
}

/// The organization that a request is about.
public struct Tenant: Sendable, Hashable {
    public let id: String
    public let slug: String
    public let name: String
    public let status: String
    public let tier: String

    init?(_ row: Row) throws(StorageFailure) {
        guard let id = try row.text(orNull: "tenant_id") else { return nil }
        self.id = id
        slug = try row.text("tenant_slug")
        name = try row.text("tenant_name")
        status = try row.text("tenant_status")
        tier = try row.text("tenant_tier")
    }

    /// Id and status of the organization of a slug.
    public static func lookUp(slug: String) -> Statement {
        Statement(
            """
            SELECT id, status FROM organizations WHERE realm_id = 'default' AND slug = $1
            """, [.text(slug)])
    }

    /// Whether there is an organization of an id.
    public static func lookUp(id: String) -> Statement {
        Statement(
            "SELECT id FROM organizations WHERE id = $1 AND status <> 'deleted'", [.text(id)])
    }

    static let columns = """
        o.id AS tenant_id, o.slug AS tenant_slug, o.name AS tenant_name,
        o.status AS tenant_status, o.tier AS tenant_tier
        """
}

/// The one statement by which subject, membership, roles and tenant are read.
public enum SubjectQuery {
    /// - Parameter now: Microseconds since 1970; roles that have expired are none.
    public static func statement(
        principal: String?, tenant: String?, now: Int64
    ) -> Statement {
        guard let principal else {
            return Statement(
                "SELECT \(Tenant.columns) FROM organizations o WHERE o.id = $1", [SQLValue(tenant)])
        }
        return Statement(
            """
            SELECT p.id AS subject_id, p.kind AS subject_kind,
                COALESCE(a.status, v.status) AS subject_status, \(Tenant.columns),
                m.id AS membership_id, m.status AS membership_status,
                \(Role.columns), g.role AS platform_role
            FROM principals p
            LEFT JOIN accounts a ON a.id = p.id
            LEFT JOIN service_accounts v ON v.id = p.id
            LEFT JOIN platform_roles g ON g.principal_id = p.id
            LEFT JOIN organizations o ON o.id = $2
            LEFT JOIN memberships m ON m.organization_id = o.id AND m.principal_id = p.id
            LEFT JOIN membership_roles s ON s.organization_id = m.organization_id
                AND s.membership_id = m.id AND (s.expires_at IS NULL OR s.expires_at > $3)
            LEFT JOIN roles r ON r.organization_id = s.organization_id AND r.id = s.role_id
            WHERE p.id = $1
            """, [.text(principal), SQLValue(tenant), .integer(now)])
    }

    /// - Returns: The tenant is `nil` where there is none of that id.
    public static func read(
        _ rows: [Row], credential: Credential?
    ) throws(StorageFailure) -> (subject: Subject, tenant: Tenant?) {
        guard let first = rows.first else { return (.anonymous, nil) }
        let tenant = try Tenant(first)
        guard let credential else { return (.anonymous, tenant) }
        guard let kind = Subject.Kind(rawValue: try first.text("subject_kind")) else {
            return (.anonymous, tenant)
        }
        var subject = Subject(kind: kind)
        subject.id = try first.text("subject_id")
        subject.status = try first.text(orNull: "subject_status")
        subject.credential = credential
        var platformRoles: [String] = []
        var roles: [Role] = []
        for row in rows {
            if let name = try row.text(orNull: "platform_role") { platformRoles.append(name) }
            if try row.text(orNull: "role_id") != nil { roles.append(try Role(row)) }
        }
        subject.platformRoles = unique(platformRoles)
        if let id = try first.text(orNull: "membership_id"), let tenant {
            subject.membership = Membership(
                id: id, organization: tenant.id, status: try first.text("membership_status"),
                roles: unique(roles))
        }
        return (subject, tenant)
    }

    /// The statement joins two lists, so that each element comes once for every one of the other.
    private static func unique<Element: Hashable>(_ elements: [Element]) -> [Element] {
        var seen: Set<Element> = []
        return elements.filter { seen.insert($0).inserted }
    }
}
