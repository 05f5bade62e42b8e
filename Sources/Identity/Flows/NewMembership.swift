public import RegoMachine
public import Storage

/// A membership as it is made, with its one role.
public struct NewMembership: Sendable {
    public let id: String
    private let organization: String
    private let principal: String
    private let roleName: String

    /// - Parameter roleName: Of a role that the organization has.
    public init(organization: String, principal: String, roleName: String, host: Host) {
        id = Identifier(.membership, host).text
        self.organization = organization
        self.principal = principal
        self.roleName = roleName
    }

    /// - Throws: `StorageFailure`, of which `constraint` names `memberships_principal_key` where
    ///   the principal is a member already, and a foreign key where it is nobody, or a service
    ///   account of another organization or of the past.
    public func insert(in transaction: Transaction, now: Int64) async throws {
        let made = try await transaction.execute(
            Statement(
                """
                INSERT INTO memberships (
                    id, organization_id, principal_id, status, source, profile, version,
                    created_at, updated_at
                ) SELECT $1, $2, p.id, 'active', 'manual', '{}', 1, $4, $4 FROM principals p
                LEFT JOIN service_accounts v ON v.id = p.id
                WHERE p.id = $3 AND (p.organization_id IS NULL
                    OR (p.organization_id = $2 AND v.status <> 'deleted'))
                """, [.text(id), .text(organization), .text(principal), .integer(now)]))
        guard made == 1 else { throw StorageFailure.constraint(.foreignKey, name: nil) }
        try await transaction.execute(
            Statement(
                """
                INSERT INTO membership_roles (organization_id, membership_id, role_id, granted_at)
                SELECT organization_id, $2, id, $4 FROM roles
                WHERE organization_id = $1 AND name = $3
                """,
                [.text(organization), .text(id), .text(roleName), .integer(now)]))
    }
}
