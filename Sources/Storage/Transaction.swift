import Synchronization

/// What the body of a transaction asks with; of no use after the body has returned.
public final class Transaction: Sendable {
    private let session: any Session
    private let state = Mutex<State>(.open)

    private enum State {
        case open, ended
        case failed(StorageFailure)
    }

    init(_ session: any Session) { self.session = session }

    /// The answer to one question.
    public func query(_ statement: Statement) async throws(StorageFailure) -> [Row] {
        try await run([statement])[0].rows
    }

    /// The answers to several questions in one round trip.
    public func query(_ statements: [Statement]) async throws(StorageFailure) -> [[Row]] {
        try await run(statements).map(\.rows)
    }

    /// - Returns: How many rows were inserted, updated or deleted.
    @discardableResult
    public func execute(_ statement: Statement) async throws(StorageFailure) -> Int {
        try await run([statement])[0].changedRows
    }

    private func run(_ statements: [Statement]) async throws(StorageFailure) -> [Outcome] {
        switch state.withLock({ $0 }) {
        case .open: break
        case .ended: throw .invalid("the transaction has ended")
        case .failed(let failure): throw failure
        }
        StatementCount.add(statements.count)
        do {
            for statement in statements { try statement.checkValues() }
            return try await session.run(statements)
        } catch {
            state.withLock { state in
                if case .open = state { state = .failed(error) }
            }
            throw error
        }
    }

    /// Closes the door behind the body.
    /// - Returns: The first failure, whether the body cared for it or not.
    func end() -> StorageFailure? {
        state.withLock { state in
            defer { state = .ended }
            if case .failed(let failure) = state { return failure }
            return nil
        }
    }
}

/// What one statement did.
struct Outcome: Sendable {
    var rows: [Row] = []
    var changedRows = 0
}

/// A transaction under way, as a backend has it. One call at a time is not demanded: a backend runs
/// them in the order in which they come.
protocol Session: Sendable {
    func run(_ statements: [Statement]) async throws(StorageFailure) -> [Outcome]
    func commit() async throws(StorageFailure)
    /// Undoes everything. A session that cannot even do that is of no further use, and its backend
    /// knows.
    func rollBack() async
}
