import Dispatch
import Glibc
import Rego
import RegoMachine
import Storage
import Synchronization

/// Threads of our own that requests of the public listener run on. Each has an `Evaluator` and may
/// wait for the disk, so that a look-up in SQLite and the decision on it follow one another where
/// the request is: waking another thread for each of them takes longer than they do.
///
/// The one that was idle last is woken first: what it needs is still near its processor.
final class RequestThreads: TaskExecutor {
    private struct State {
        var jobs: ArraySlice<UnownedJob> = []
        /// Those that wait, by number.
        var idle: [Int] = []
        var hasEnded = false
    }

    private let state = Mutex(State())
    private let alarms: [DispatchSemaphore]

    init(count: Int, host: Host, limits: Limits) {
        alarms = (0..<count).map { _ in DispatchSemaphore(value: 0) }
        for number in 0..<count {
            // It lives until `end`.
            let isStarted = OwnThread.start(stackBytes: EvaluationPool.stackBytes) {
                let evaluator = Evaluator(host: host, limits: limits)
                unsafe pthread_setspecific(
                    Self.place, Unmanaged.passUnretained(evaluator).toOpaque())
                self.work(number)
                withExtendedLifetime(evaluator) {
                    _ = pthread_setspecific(Self.place, nil)
                }
            }
            precondition(isStarted, "a thread cannot be made")
        }
    }

    /// The calling thread's, where it is one of these.
    static var evaluator: Evaluator? {
        unsafe pthread_getspecific(place).map { found in
            unsafe Unmanaged<Evaluator>.fromOpaque(found).takeUnretainedValue()
        }
    }

    private static let place: pthread_key_t = {
        var key = pthread_key_t()
        let status = unsafe pthread_key_create(&key, nil)
        precondition(status == 0, "there is no place for an evaluator")
        return key
    }()

    func enqueue(_ job: consuming ExecutorJob) {
        let job = UnownedJob(job)
        let (isAccepted, woken) = state.withLock { state -> (Bool, Int?) in
            guard !state.hasEnded else { return (false, nil) }
            state.jobs.append(job)
            return (true, state.idle.popLast())
        }
        if let woken { alarms[woken].signal() }
        // Nothing of a request is left after the end, but what has begun is not forgotten.
        if !isAccepted { unsafe job.runSynchronously(on: asUnownedTaskExecutor()) }
    }

    /// Lets the threads end after the jobs that are there.
    func end() {
        state.withLock { $0.hasEnded = true }
        for alarm in alarms { alarm.signal() }
    }

    private func work(_ number: Int) {
        while let job = next(number) { unsafe job.runSynchronously(on: asUnownedTaskExecutor()) }
    }

    /// Waits for a job; `nil`: there will be none.
    private func next(_ number: Int) -> UnownedJob? {
        while true {
            let (job, hasEnded) = state.withLock { state -> (UnownedJob?, Bool) in
                if let job = state.jobs.popFirst() { return (job, false) }
                if !state.hasEnded { state.idle.append(number) }
                return (nil, state.hasEnded)
            }
            if job != nil || hasEnded { return job }
            alarms[number].wait()
        }
    }
}
