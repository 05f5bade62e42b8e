import Identity
import Logging
import ServiceLifecycle

/// The deployment's jobs, as long as the server runs. What it leaves at the end they still see.
struct DeploymentJobs: Service {
    let jobs: [Job]
    let logger: Logger

    func run() async throws {
        let logger = logger
        let workers = Workers(sleep: Workers.systemSleep) { job, failure in
            logger.error("a job failed and comes again: \(failure)", metadata: ["job": "\(job)"])
        }
        await cancelWhenGracefulShutdown { await workers.run(jobs) }
    }
}
