import Dispatch
import Synchronization

/// Threads of our own, each with one connection, that take what is to be done from one line.
///
/// SQLite waits for the disk, and neither an event loop nor Swift's cooperative pool may.
final class SQLiteThreads: Sendable {
    typealias Job = @Sendable (SQLiteConnection) -> Void

    private struct State {
        var jobs: ArraySlice<Job> = []
        var hasEnded = false
    }

    private final class Line: Sendable {
        let state = Mutex(State())
        /// Counts the jobs, and once ended every thread's last look.
        let arrivals = DispatchSemaphore(value: 0)

        func next() -> Job? {
            arrivals.wait()
            return state.withLock { $0.jobs.popFirst() }
        }
    }

    private let line = Line()
    private let threadCount: Int
    private let waitersMax: Int
    private let running = DispatchGroup()

    /// - Throws: What opening a connection throws, before a thread is made.
    init(
        count: Int, limits: StorageLimits, open: () throws(StorageFailure) -> SQLiteConnection
    ) throws(StorageFailure) {
        threadCount = count
        waitersMax = limits.waiters
        var connections: [Seat] = []
        for _ in 0..<count { connections.append(Seat(try open())) }
        for seat in connections {
            let (line, running) = (line, running)
            running.enter()
            let isStarted = OwnThread.start {
                seat.use { connection in
                    while let job = line.next() { job(connection) }
                }
                running.leave()
            }
            precondition(isStarted, "a thread cannot be made")
        }
    }

    deinit { end() }

    /// What the job makes of a connection, on one of the threads.
    /// - Throws: `unavailable` where too many jobs wait or the threads have ended.
    func run<Result: Sendable>(
        _ job: @escaping @Sendable (SQLiteConnection) throws(StorageFailure) -> Result
    ) async throws(StorageFailure) -> Result {
        let result: Swift.Result<Result, StorageFailure> =
            await withCheckedContinuation { continuation in
                let isAccepted = add { connection in
                    do throws(StorageFailure) {
                        continuation.resume(returning: .success(try job(connection)))
                    } catch {
                        continuation.resume(returning: .failure(error))
                    }
                }
                if !isAccepted {
                    let failure = StorageFailure.unavailable(retryAfterSeconds: 1)
                    continuation.resume(returning: .failure(failure))
                }
            }
        return try result.get()
    }

    /// Waits for what is under way; what comes later is refused.
    func close() async {
        end()
        await withCheckedContinuation { continuation in
            running.notify(queue: .global()) { continuation.resume() }
        }
    }

    private func add(_ job: @escaping Job) -> Bool {
        let isAccepted = line.state.withLock { state in
            guard !state.hasEnded, state.jobs.count < waitersMax + threadCount else { return false }
            state.jobs.append(job)
            return true
        }
        if isAccepted { line.arrivals.signal() }
        return isAccepted
    }

    private func end() {
        let isFirst = line.state.withLock { state in
            defer { state.hasEnded = true }
            return !state.hasEnded
        }
        guard isFirst else { return }
        for _ in 0..<threadCount { line.arrivals.signal() }
    }
}

/// A connection on its way to the thread that keeps it.
private final class Seat: @unchecked Sendable {
    // Invariant: touched by the maker until the thread starts, and by the thread from then on.
    private var connection: SQLiteConnection?

    init(_ connection: SQLiteConnection) { self.connection = connection }

    /// The connection is closed when the body returns.
    func use(_ body: (SQLiteConnection) -> Void) {
        guard let connection else { return }
        self.connection = nil
        body(connection)
    }
}
