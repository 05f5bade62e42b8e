import Decisions
import Identity
import Logging
import RegoMachine
import ServiceLifecycle

/// What is done beside the requests, as long as the server runs: what they leave in memory is
/// written down, and at the end all of it.
struct DeploymentWork: Service {
    let deployment: Deployment
    let denials: AnonymousDenials
    let host: Host
    let pool: EvaluationPool
    let logger: Logger

    private static let pause = Duration.milliseconds(200)

    func run() async throws {
        await cancelWhenGracefulShutdown {
            while (try? await Task.sleep(for: DeploymentWork.pause)) != nil {
                await flush(isLast: false)
                await reload()
            }
        }
        await flush(isLast: true)
    }

    /// Another policy that is no better than none leaves the last good one.
    private func reload() async {
        let policy = deployment.policy
        let result = await pool.run { _ in
            Result { () throws(CandidateFault) in try policy.reloadIfChanged() }
        }
        switch result {
        case .success(true):
            logger.info("policy reloaded", metadata: ["revision": "\(policy.revision)"])
        case .failure(let fault):
            logger.error("the policy was not reloaded, the last good one stays: \(fault)")
        case .success(false), nil: break
        }
    }

    private func flush(isLast: Bool) async {
        do {
            try await deployment.decisions.flush(to: deployment.database)
            try await deployment.activity.flush(to: deployment.database)
            try await denials.flush(
                to: deployment.database, deployment.audit, host, isLast: isLast)
            try await deployment.keyUses.flush(
                to: deployment.database, now: host.now() / 1_000, isLast: isLast)
        } catch {
            logger.error("the record of reads waits: \(error)")
        }
    }
}
