import Synchronization

/// Statements that go to the server together and are answered together. Outside of a transaction
/// that was begun they are one of their own: the server ends it with the unit.
final class PostgreSQLUnit: WireRequest {
    typealias Answer = Result<[Outcome], StorageFailure>

    enum Place {
        case alone, inTransaction
        /// Losing the connection leaves open what happened.
        case commit
        case rollback
    }

    let statements: [Statement]
    let place: Place
    private let continuation: CheckedContinuation<Answer, Never>
    private let state = Mutex<(outcomes: [Outcome], failure: StorageFailure?)>(([], nil))

    init(
        _ statements: [Statement], _ place: Place,
        _ continuation: CheckedContinuation<Answer, Never>
    ) {
        self.statements = statements
        self.place = place
        self.continuation = continuation
    }

    func add(_ outcome: Outcome) { state.withLock { $0.outcomes.append(outcome) } }

    /// The first failure stands: those behind it only follow from it.
    func fail(_ failure: StorageFailure) { state.withLock { $0.failure = $0.failure ?? failure } }

    func complete() {
        let (outcomes, failure) = state.withLock { $0 }
        continuation.resume(returning: failure.map { .failure($0) } ?? .success(outcomes))
    }

    /// Completes it where the connection was lost after it had been sent.
    func abandon() {
        refuse(place == .commit ? .commitUnknown : .unavailable(retryAfterSeconds: 1))
    }

    func refuse(_ failure: StorageFailure) { continuation.resume(returning: .failure(failure)) }
}

extension Link<PostgreSQLWire> {
    /// - Parameter epoch: Of the lease in which a transaction was begun.
    func run(
        _ statements: [Statement], _ place: PostgreSQLUnit.Place, epoch: UInt64? = nil
    ) async throws(StorageFailure) -> [Outcome] {
        let answer = await withCheckedContinuation { continuation in
            submit(PostgreSQLUnit(statements, place, continuation), epoch: epoch)
        }
        return try answer.get()
    }
}
