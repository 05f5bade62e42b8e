import Dispatch
import Synchronization

/// Connections for who asks from a thread that may wait itself, so that nobody is woken for it.
/// They are opened as they are needed; the one that was used last is taken first.
final class SQLiteSpares: Sendable {
    // Invariant: it is in `free` or belongs to one caller of `run`.
    private struct Spare: @unchecked Sendable {
        let connection: SQLiteConnection
    }

    private struct State {
        var free: [Spare] = []
        var opened = 0
        var hasEnded = false
    }

    private let state = Mutex(State())
    private let countMax: Int
    private let running = DispatchGroup()
    private let open: @Sendable () throws(StorageFailure) -> SQLiteConnection

    init(
        countMax: Int, open: @escaping @Sendable () throws(StorageFailure) -> SQLiteConnection
    ) {
        self.countMax = countMax
        self.open = open
    }

    /// What the job makes of a connection, on the caller's thread.
    /// - Returns: `nil` where all of them are in use, or they have ended.
    func run<Result>(
        _ job: (SQLiteConnection) throws(StorageFailure) -> Result
    ) throws(StorageFailure) -> Result? {
        guard let spare = try take() else { return nil }
        defer { give(spare) }
        return try job(spare.connection)
    }

    /// Waits for what is under way.
    func close() async {
        state.withLock { state in
            state.hasEnded = true
            state.free = []
        }
        await withCheckedContinuation { continuation in
            running.notify(queue: .global()) { continuation.resume() }
        }
    }

    private func take() throws(StorageFailure) -> Spare? {
        enum Place { case free(Spare), new, none }
        let place = state.withLock { state -> Place in
            guard !state.hasEnded else { return .none }
            if let spare = state.free.popLast() {
                running.enter()
                return .free(spare)
            }
            guard state.opened < countMax else { return .none }
            state.opened += 1
            running.enter()
            return .new
        }
        switch place {
        case .free(let spare): return spare
        case .none: return nil
        case .new: return try make()
        }
    }

    private func make() throws(StorageFailure) -> Spare {
        do throws(StorageFailure) {
            return Spare(connection: try open())
        } catch {
            state.withLock { $0.opened -= 1 }
            running.leave()
            throw error
        }
    }

    private func give(_ spare: Spare) {
        state.withLock { if !$0.hasEnded { $0.free.append(spare) } }
        running.leave()
    }
}
