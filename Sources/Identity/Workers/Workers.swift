/// Something that is done again and again.
public struct Job: Sendable {
    /// As the log calls it.
    public let name: String
    /// Between the end of one time and the beginning of the next.
    public let everySeconds: Double
    let work: @Sendable () async throws -> Void
    let atEnd: @Sendable () async throws -> Void

    /// - Parameter atEnd: Done once more when the workers stop.
    public init(
        _ name: String, everySeconds: Double,
        atEnd: @escaping @Sendable () async throws -> Void = {},
        _ work: @escaping @Sendable () async throws -> Void
    ) {
        self.name = name
        self.everySeconds = everySeconds
        self.work = work
        self.atEnd = atEnd
    }
}

/// Does jobs side by side until the task is cancelled. A job that fails is reported and done again
/// when its time comes; it stops no other.
public struct Workers: Sendable {
    /// Waits so many seconds; throws when the task is cancelled.
    public typealias Sleep = @Sendable (_ seconds: Double) async throws -> Void

    private let sleep: Sleep
    private let report: @Sendable (_ job: String, _ failure: any Error) -> Void

    public init(
        sleep: @escaping Sleep, report: @escaping @Sendable (String, any Error) -> Void
    ) {
        self.sleep = sleep
        self.report = report
    }

    /// Waits on the system's clock.
    public static let systemSleep: Sleep = { try await Task.sleep(for: .seconds($0)) }

    /// Returns once the task was cancelled and every job has come to its end.
    public func run(_ jobs: [Job]) async {
        await withTaskGroup(of: Void.self) { group in
            for job in jobs { group.addTask { await run(job) } }
        }
    }

    private func run(_ job: Job) async {
        var isAwake = true
        while isAwake && !Task.isCancelled {
            await attempt(job, job.work)
            do { try await sleep(job.everySeconds) } catch { isAwake = false }
        }
        await attempt(job, job.atEnd)
    }

    private func attempt(_ job: Job, _ work: () async throws -> Void) async {
        do { try await work() } catch { report(job.name, error) }
    }
}
