import Glibc
import Rego
import RegoMachine
import Storage

/// Threads of our own for evaluations that may wait or take long, and for compiling: neither the
/// event loops nor Swift's cooperative pool may do either.
///
/// Each thread has one `Evaluator`. Jobs run in the order they came; past `jobsMax` waiting ones,
/// new ones are refused, since nobody waits that long.
final class EvaluationPool: Sendable {
    typealias Job = @Sendable (Evaluator) -> Void

    static let jobsMax = 4_096
    /// Rules may wait for each other `Limits.callDepth` deep, sources nest hundreds of levels.
    static let stackBytes = 256 << 20

    private let queue = JobQueue()

    init(threads: Int, host: Host, limits: Limits) {
        for _ in 0..<threads {
            let queue = queue
            let started = OwnThread.start(stackBytes: Self.stackBytes) {
                let evaluator = Evaluator(host: host, limits: limits)
                while let job = queue.next() { job(evaluator) }
            }
            precondition(started, "a thread cannot be made")
        }
    }

    /// - Returns: False where too many jobs wait, or the pool has ended: the job will not run.
    func submit(_ job: @escaping Job) -> Bool { queue.add(job) }

    /// - Returns: `nil` where the job was refused.
    func run<Result: Sendable>(
        _ job: @escaping @Sendable (Evaluator) -> Result
    ) async -> Result? {
        await withCheckedContinuation { continuation in
            let isAccepted = submit { continuation.resume(returning: job($0)) }
            if !isAccepted { continuation.resume(returning: nil) }
        }
    }

    /// Lets the threads end after the jobs that are there.
    func end() { queue.end() }
}

/// A queue that threads wait at. Invariant: `jobs`, `first` and `hasEnded` are touched with the
/// mutex held alone.
@safe private final class JobQueue: @unchecked Sendable {
    private let mutex: UnsafeMutablePointer<pthread_mutex_t>
    private let condition: UnsafeMutablePointer<pthread_cond_t>
    private var jobs: [EvaluationPool.Job?] = []
    private var first = 0
    private var hasEnded = false

    init() {
        unsafe mutex = .allocate(capacity: 1)
        unsafe condition = .allocate(capacity: 1)
        unsafe pthread_mutex_init(mutex, nil)
        unsafe pthread_cond_init(condition, nil)
    }

    deinit {
        unsafe pthread_cond_destroy(condition)
        unsafe pthread_mutex_destroy(mutex)
        unsafe condition.deallocate()
        unsafe mutex.deallocate()
    }

    func add(_ job: @escaping EvaluationPool.Job) -> Bool {
        unsafe pthread_mutex_lock(mutex)
        defer { unsafe pthread_mutex_unlock(mutex) }
        guard !hasEnded, jobs.count - first < EvaluationPool.jobsMax else { return false }
        if first > 1_024 && first * 2 > jobs.count {
            jobs.removeFirst(first)
            first = 0
        }
        jobs.append(job)
        unsafe pthread_cond_signal(condition)
        return true
    }

    /// The next job; waits for one. `nil`: there will be none.
    func next() -> EvaluationPool.Job? {
        unsafe pthread_mutex_lock(mutex)
        defer { unsafe pthread_mutex_unlock(mutex) }
        while first == jobs.count {
            if hasEnded { return nil }
            unsafe pthread_cond_wait(condition, mutex)
        }
        defer { first += 1 }
        let job = jobs[first]
        jobs[first] = nil
        return job
    }

    func end() {
        unsafe pthread_mutex_lock(mutex)
        hasEnded = true
        unsafe pthread_cond_broadcast(condition)
        unsafe pthread_mutex_unlock(mutex)
    }
}
