import Storage
import Synchronization

/// Threads of our own for what takes as long as a hash is meant to. There are as many as work
/// under way, up to a bound; then callers wait in a line, whose end is refused at once: who waits
/// longer than a sign-in may take is gone.
final class PasswordThreads: Sendable {
    /// - Parameter isRun: False where no thread can be had.
    private typealias Job = @Sendable (_ isRun: Bool) -> Void

    private struct State {
        var running = 0
        var waiting: ArraySlice<Job> = []
    }

    private let state = Mutex(State())
    private let threadsMax: Int
    private let waitersMax: Int

    init(threadsMax: Int, waitersMax: Int) {
        precondition(threadsMax > 0, "somebody has to do the work")
        self.threadsMax = threadsMax
        self.waitersMax = waitersMax
    }

    /// What the job gives, once a thread had the time for it.
    func run<Result: Sendable>(
        _ job: @escaping @Sendable () -> Result
    ) async throws(PasswordFailure) -> Result {
        let result: Result? = await withCheckedContinuation { continuation in
            add { isRun in continuation.resume(returning: isRun ? job() : nil) }
        }
        guard let result else { throw .busy }
        return result
    }

    private func add(_ job: @escaping Job) {
        enum Place { case thread, line, none }
        let place = state.withLock { state -> Place in
            if state.running < threadsMax {
                state.running += 1
                return .thread
            }
            guard state.waiting.count < waitersMax else { return .none }
            state.waiting.append(job)
            return .line
        }
        switch place {
        case .line: break
        case .none: job(false)
        case .thread:
            if !OwnThread.start({ self.work(job) }) { fail(job) }
        }
    }

    /// The thread's whole life: its job, and then those that came meanwhile.
    private func work(_ first: @escaping Job) {
        var next: Job? = first
        while let job = next {
            job(true)
            next = state.withLock { state in
                let waiting = state.waiting.popFirst()
                if waiting == nil { state.running -= 1 }
                return waiting
            }
        }
    }

    /// Without a thread for this one; those that wait go with it where no other thread would come.
    private func fail(_ job: @escaping Job) {
        let left = state.withLock { state -> ArraySlice<Job> in
            state.running -= 1
            guard state.running == 0 else { return [] }
            defer { state.waiting = [] }
            return state.waiting
        }
        for job in [job] + left { job(false) }
    }
}
