import Identity
import Logging
import Storage

extension PublicFront {
    func read(_ scope: Scope, _ statements: [Statement]) async throws(Fault) -> [[Row]] {
        do throws(StorageFailure) {
            return try await deployment.database.read(in: scope, statements)
        } catch {
            throw fault(error)
        }
    }

    func transaction(
        _ scope: Scope, _ body: @escaping @Sendable (Transaction) async throws -> Void
    ) async throws(Fault) {
        try await failing { try await deployment.database.transaction(in: scope, body) }
    }

    func stored<Result>(
        _ body: () throws(StorageFailure) -> Result
    ) throws(Fault) -> Result {
        do throws(StorageFailure) { return try body() } catch { throw fault(error) }
    }

    func failing<Result>(_ body: () async throws -> Result) async throws(Fault) -> Result {
        do { return try await body() } catch { throw fault(error) }
    }

    /// How a failure of the world is answered; the log says what it was.
    func fault(_ error: any Error) -> Fault {
        if let fault = error as? Fault { return fault }
        var fault = Fault(.storeUnavailable)
        switch error as? StorageFailure {
        case .unavailable(let seconds): fault.retryAfterSeconds = seconds
        case .timeout, .conflict, .commitUnknown: fault.retryAfterSeconds = 1
        case .constraint: return Fault(.conflict)
        case .invalid, .column, nil:
            // A mistake of ours, which coming again does not mend.
            fault.status = 500
            logger.error("an operation failed: \(error)")
        }
        return fault
    }
}
