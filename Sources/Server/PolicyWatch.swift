import Bundles
import Decisions
import Logging
import ServiceLifecycle

/// Reloads files when they change. It looks at sizes and times a few times a second: that works
/// on every file system, and on the ones that containers mount, where notifications do not.
struct PolicyWatch: Service {
    let live: LivePolicy
    let pool: EvaluationPool
    let loader: PolicyLoader
    let paths: [String]
    let logger: Logger

    private static let pause = Duration.milliseconds(300)

    func run() async throws {
        await cancelWhenGracefulShutdown {
            var seen = await fingerprint()
            while (try? await Task.sleep(for: PolicyWatch.pause)) != nil {
                let found = await fingerprint()
                guard found != seen else { continue }
                // Taken before the files are read: what changes meanwhile is seen next time.
                seen = found
                await reload()
            }
        }
    }

    private func fingerprint() async -> Fingerprint? {
        await pool.run { _ in loader.fingerprint(paths) }
    }

    private func reload() async {
        let failure = await pool.run { _ -> String? in
            do {
                try live.reload(loader.load(paths))
                return nil
            } catch let refusal as WriteRefusal {
                return refusal.message
            } catch {
                return "\(error)"
            }
        }
        if let failure = failure ?? nil {
            logger.error("reload failed, the last good policy stays: \(failure)")
        } else {
            logger.info("policy reloaded", metadata: ["revision": "\(live.currentNumber)"])
        }
    }
}
