/// Begins, runs, commits; undoes and begins again where another transaction came between.
enum TransactionLoop {
    static let retriesMax = 5

    /// - Parameter begin: A session in which nothing has happened yet.
    static func run<Result: Sendable>(
        begin: @Sendable () async throws(StorageFailure) -> any Session,
        _ body: @Sendable (Transaction) async throws -> Result
    ) async throws -> Result {
        for retry in 0..<retriesMax {
            do {
                return try await once(begin: begin, body)
            } catch StorageFailure.conflict {
                await pause(beforeRetry: retry)
            }
        }
        return try await once(begin: begin, body)
    }

    private static func once<Result: Sendable>(
        begin: @Sendable () async throws(StorageFailure) -> any Session,
        _ body: @Sendable (Transaction) async throws -> Result
    ) async throws -> Result {
        let session = try await begin()
        let transaction = Transaction(session)
        let result: Result
        do {
            result = try await body(transaction)
        } catch {
            // What the database said first is the cause of what the body made of it, and only that
            // can be told for a conflict.
            let failure = transaction.end().failure
            try await session.rollBack()
            if failure == .conflict { throw StorageFailure.conflict }
            throw error
        }
        let (failure, waiting) = transaction.end()
        if let failure {
            try await session.rollBack()
            throw failure
        }
        try await session.commit(after: waiting)
        return result
    }

    /// Up to 20 ms at first, doubled each time: those that collided should not meet again, and
    /// where many do, only a wide spread keeps them apart.
    private static func pause(beforeRetry retry: Int) async {
        let milliseconds = Double.random(in: 2...20) * Double(1 << retry)
        // A cancelled task begins again at once; whether it goes on is its body's matter.
        try? await Task.sleep(for: .milliseconds(milliseconds))
    }
}
