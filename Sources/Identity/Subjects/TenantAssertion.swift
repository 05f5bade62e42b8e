public import Storage

/// That a program has named another organization than its own, and how it stands where it belongs:
/// whether it may is asked of the policy.
public struct TenantAssertion: Sendable, Hashable {
    /// The organization that the program belongs to.
    public let organization: String
    private let organizationStatus: String
    /// Of its place there; `nil`: it has none.
    private let membershipStatus: String?

    /// Asked within the rows of the program's own organization.
    public static func lookUp(of program: String, in organization: String) -> Statement {
        Statement(
            """
            SELECT o.id, o.status, m.status AS membership_status FROM organizations o
            LEFT JOIN memberships m ON m.organization_id = o.id AND m.principal_id = $2
            WHERE o.id = $1
            """, [.text(organization), .text(program)])
    }

    /// - Parameter row: Of `lookUp`.
    public init(_ row: Row) throws(StorageFailure) {
        organization = try row.text("id")
        organizationStatus = try row.text("status")
        membershipStatus = try row.text(orNull: "membership_status")
    }

    /// As policies see it.
    var json: JSON {
        .object(present: [
            ("organization", .text(organization)), ("status", .text(organizationStatus)),
            ("membership", membershipStatus.map { ["status": .text($0)] }),
        ])
    }
}
