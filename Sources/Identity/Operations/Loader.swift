public import Storage

/// Where the facts about an operation's resource come from: statements of one round trip, and the
/// reading of their rows. The same one serves before the transaction and inside of it.
public struct Loader: Sendable {
    /// What the policy calls such a resource.
    public let type: String
    public let statements: @Sendable (RequestFacts) -> [Statement]
    /// Of the rows of `statements`, in their order.
    public let facts: @Sendable ([[Row]], RequestFacts) throws(StorageFailure) -> ResourceFacts

    public init(
        _ type: String,
        _ statements: @escaping @Sendable (RequestFacts) -> [Statement] = { _ in [] },
        read: @escaping @Sendable ([[Row]], RequestFacts) throws(StorageFailure) -> ResourceFacts =
            {
                (_, _) throws(StorageFailure) in ResourceFacts(exists: true)
            }
    ) {
        self.type = type
        self.statements = statements
        facts = read
    }
}

/// What a policy learns about the resource of a request, and the operation finds again.
public struct ResourceFacts: Sendable {
    public var id: String?
    public var exists: Bool
    public var organization: String?
    /// Grows with each change; `nil` where the resource has none.
    public var version: Int64?
    /// Whom it concerns, where that is not who asks: their decisions are about them.
    public var account: String?
    /// An object of what else the policy may want to know.
    public var attributes: JSON
    /// The rows that the loader read, for the operation's own use.
    public var rows: [[Row]]

    public init(
        id: String? = nil, exists: Bool, organization: String? = nil, version: Int64? = nil,
        account: String? = nil, attributes: JSON = [:], rows: [[Row]] = []
    ) {
        self.id = id
        self.exists = exists
        self.organization = organization
        self.version = version
        self.account = account
        self.attributes = attributes
        self.rows = rows
    }
}
