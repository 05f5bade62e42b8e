/// Why a database or a store of expiring keys did not do what it was asked. No case holds a value
/// that was stored or bound.
public enum StorageFailure: Error, Sendable, Hashable {
    /// Nobody answers, or too many wait already. Nothing was changed.
    case unavailable(retryAfterSeconds: Int)
    /// The schema forbids it. Nothing was changed.
    case constraint(Constraint, name: String?)
    /// The statement or its values are wrong: our mistake, as a message for the log.
    case invalid(String)
    /// A column of an answer is missing or of another type.
    case column(String, expected: String, found: String)
    /// The statement took longer than it may. Nothing was changed.
    case timeout
    /// Other transactions came between, and did so again at every repetition. Nothing was changed.
    case conflict
    /// The connection was lost while the transaction was being committed: it happened or not.
    case commitUnknown

    /// The kind of a constraint, and with it what its name is: the same for both databases.
    public enum Constraint: String, Sendable, Hashable {
        /// The index; of an unnamed one what PostgreSQL calls it: `table_column_key`, `table_pkey`.
        case unique
        /// No name, for SQLite has none to give.
        case foreignKey
        /// The column as `table.column`.
        case notNull
        /// The constraint; an unnamed one has no name to rely on.
        case check
    }
}

extension StorageFailure: CustomStringConvertible {
    public var description: String {
        switch self {
        case .unavailable(let seconds): "the store is unavailable, try again in \(seconds) s"
        case .constraint(let kind, let name):
            "the \(kind.rawValue) constraint\(name.map { " `\($0)`" } ?? "") forbids it"
        case .invalid(let message): message
        case .column(let name, let expected, let found):
            "column `\(name)`: expected \(expected), found \(found)"
        case .timeout: "the statement took too long"
        case .conflict: "other transactions came between, again and again"
        case .commitUnknown: "the connection was lost during the commit"
        }
    }
}
