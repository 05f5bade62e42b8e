public import RegoMachine
public import Storage

/// The first administrator of an installation and all that comes with one: an account that may do
/// everything, an organization that it owns, and a key to begin with.
public struct FirstAdministrator: Sendable {
    public let account: NewAccount
    /// The id of the organization: whose rows the transaction may touch.
    public let organization: String
    /// Shown once: the database holds its digest.
    public let key: APIKey
    private let name: String
    private let slug: String

    /// - Parameter organization: Its id, of the transaction that makes it.
    /// - Parameter slug: A label of host names.
    public init(
        account: NewAccount, organization: String, organizationName name: String, slug: String,
        host: Host
    ) {
        self.account = account
        self.organization = organization
        key = APIKey(host)
        self.name = name
        self.slug = slug
    }

    /// - Throws: `StorageFailure`.
    public func insert(in transaction: Transaction, now: Int64, host: Host) async throws {
        try await account.insert(in: transaction, now: now, host: host)
        try await transaction.execute(
            Statement(
                """
                INSERT INTO platform_roles (principal_id, role, granted_at)
                VALUES ($1, 'administrator', $2)
                """, [.text(account.id), .integer(now)]))
        try await NewOrganization(
            organization: OrganizationRow(id: organization, slug: slug, name: name, now: now),
            owner: account.id
        ).insert(in: transaction, now: now, host: host)
        try await transaction.execute(
            Statement(
                """
                UPDATE realms SET organization_id = $1
                WHERE id = 'default' AND organization_id IS NULL
                """, [.text(organization)]))
        try await transaction.execute(
            key.insertion(
                principal: account.id, organization: organization, name: "first key",
                scopes: APIKey.allScopes, now: now))
    }
}
