import Dispatch
import Glibc
import Synchronization

/// The one connection that writes, and its thread.
///
/// The body of a transaction runs on this thread, too, as on an executor: two threads that wake
/// each other between statements take longer than the statements do.
///
/// Invariant: the thread alone touches `connection` from its start on.
final class SQLiteWriter: TaskExecutor, @unchecked Sendable {
    private enum Work {
        case job(UnownedJob)
        case call(@Sendable (SQLiteConnection) -> Void)
    }

    private struct State {
        var work: ArraySlice<Work> = []
        var hasEnded = false
    }

    private let state = Mutex(State())
    /// Counts the pieces of work, and the end.
    private let arrivals = DispatchSemaphore(value: 0)
    private let running = DispatchGroup()
    private let waitersMax: Int
    private let thread = Atomic<pthread_t>(0)
    private var connection: SQLiteConnection?
    let group = SQLiteGroup()

    /// It lives until `end`.
    init(_ connection: sending SQLiteConnection, limits: StorageLimits) {
        waitersMax = limits.waiters
        self.connection = connection
        running.enter()
        let isStarted = OwnThread.start { self.work() }
        precondition(isStarted, "a thread cannot be made")
    }

    private func work() {
        thread.store(pthread_self(), ordering: .relaxed)
        while let work = next() {
            switch work {
            case .job(let job): unsafe job.runSynchronously(on: asUnownedTaskExecutor())
            case .call(let call): if let connection { call(connection) }
            }
        }
        thread.store(0, ordering: .relaxed)
        if let connection {
            group.finish(on: connection)
            group.abandon(on: connection)
        }
        connection = nil
        running.leave()
    }

    /// What has come before the end is done.
    private func next() -> Work? {
        arrivals.wait()
        return state.withLock { $0.work.popFirst() }
    }

    func enqueue(_ job: consuming ExecutorJob) {
        let job = UnownedJob(job)
        let isAccepted = add(.job(job), countMax: .max)
        // What goes on after the end learns from the database that it is closed.
        if !isAccepted { unsafe job.runSynchronously(on: asUnownedTaskExecutor()) }
    }

    /// What the call makes of the connection: here and now on the thread itself.
    /// - Throws: `unavailable` where too many calls wait or the thread has ended.
    func run<Result: Sendable>(
        _ call: @escaping @Sendable (SQLiteConnection) throws(StorageFailure) -> Result
    ) async throws(StorageFailure) -> Result {
        if let connection = ownConnection { return try call(connection) }
        let result: Swift.Result<Result, StorageFailure> =
            await withCheckedContinuation { continuation in
                let work = Work.call { connection in
                    do throws(StorageFailure) {
                        continuation.resume(returning: .success(try call(connection)))
                    } catch {
                        continuation.resume(returning: .failure(error))
                    }
                }
                guard !add(work, countMax: waitersMax) else { return }
                continuation.resume(returning: .failure(.unavailable(retryAfterSeconds: 1)))
            }
        return try result.get()
    }

    /// The same where the answer is given later, or not waited for.
    /// - Returns: False where too many calls wait or the thread has ended: it is not called.
    func call(_ call: @escaping @Sendable (SQLiteConnection) -> Void) -> Bool {
        if let connection = ownConnection {
            call(connection)
            return true
        }
        return add(.call(call), countMax: waitersMax)
    }

    /// Whether somebody is in line.
    var hasWork: Bool { state.withLock { !$0.work.isEmpty } }

    /// Ends the group after what is in line now, or as the thread ends.
    func endGroupLater(_ number: Int) {
        let flush = Work.call { connection in
            let isEarly = self.group.flush(number, on: connection, hasFollowers: self.hasWork)
            if isEarly { self.endGroupLater(number) }
        }
        _ = add(flush, countMax: .max)
    }

    /// `nil` on every other thread.
    private var ownConnection: SQLiteConnection? {
        thread.load(ordering: .relaxed) == pthread_self() ? connection : nil
    }

    private func add(_ work: Work, countMax: Int) -> Bool {
        let isAccepted = state.withLock { state in
            guard !state.hasEnded, state.work.count <= countMax else { return false }
            state.work.append(work)
            return true
        }
        if isAccepted { arrivals.signal() }
        return isAccepted
    }

    /// Waits for what is under way; what comes later is refused.
    func close() async {
        end()
        await withCheckedContinuation { continuation in
            running.notify(queue: .global()) { continuation.resume() }
        }
    }

    /// Lets the thread end, and with it the connection.
    func end() {
        let isFirst = state.withLock { state in
            defer { state.hasEnded = true }
            return !state.hasEnded
        }
        if isFirst { arrivals.signal() }
    }
}
