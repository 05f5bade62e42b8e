import Synchronization

/// What the body of a transaction asks with; of no use after the body has returned.
public final class Transaction: Sendable {
    private let session: any Session
    private let state = Mutex(State())

    private struct State {
        var failure: StorageFailure?
        var hasEnded = false
        /// What is sent with the next question, or with the commit.
        var waiting: [Statement] = []
    }

    init(_ session: any Session) { self.session = session }

    /// Writes whose answers nobody waits for: they are sent with the next question or with the
    /// commit, one round trip less. What they fail with comes from there.
    public func add(_ statements: Statement...) throws(StorageFailure) {
        try accept(statements)
        state.withLock { $0.waiting += statements }
    }

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
        try accept(statements)
        let waiting = state.withLock { state in
            defer { state.waiting = [] }
            return state.waiting
        }
        do throws(StorageFailure) {
            if waiting.isEmpty { return try await session.run(statements) }
            return Array(try await session.run(waiting + statements).dropFirst(waiting.count))
        } catch {
            throw fail(error)
        }
    }

    private func accept(_ statements: [Statement]) throws(StorageFailure) {
        let (failure, hasEnded) = state.withLock { ($0.failure, $0.hasEnded) }
        if hasEnded { throw .invalid("the transaction has ended") }
        if let failure { throw failure }
        StatementCount.add(statements.count)
        do throws(StorageFailure) {
            for statement in statements { try statement.checkValues() }
        } catch {
            throw fail(error)
        }
    }

    private func fail(_ failure: StorageFailure) -> StorageFailure {
        state.withLock { $0.failure = $0.failure ?? failure }
        return failure
    }

    /// Closes the door behind the body.
    /// - Returns: The first failure, whether the body cared for it or not, and the writes that are
    ///   still to be sent.
    func end() -> (failure: StorageFailure?, waiting: [Statement]) {
        state.withLock { state in
            state.hasEnded = true
            return (state.failure, state.waiting)
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
    /// Everything is undone where it fails, but where the failure is `commitUnknown`.
    func commit(after statements: [Statement]) async throws(StorageFailure)
    /// Undoes everything. A session that cannot even do that is of no further use, and its backend
    /// knows.
    /// - Throws: Where it had read what others wrote, and theirs was undone, too: what the body
    ///   made of that was never so.
    func rollBack() async throws(StorageFailure)
}
