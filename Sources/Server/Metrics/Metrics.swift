import Decisions
import HTTPTypes
import Synchronization

/// What the server counts: requests by route, method and status, with their durations.
///
/// Decisions of the fast path have a histogram an event loop, whose lock nobody else holds but a
/// reader of `/metrics`, once in a while.
final class Metrics: Sendable {
    /// What the requests of one histogram have in common.
    struct Series: Sendable, Hashable {
        /// As OPA names routes: `v1/data`.
        let handler: String
        let method: String
        let code: Int
    }

    /// Plain decisions that one event loop answered with 200.
    final class FastDecisions: Sendable {
        private let histogram = Mutex(Histogram())

        func add(nanoseconds: UInt64) {
            histogram.withLock { $0.add(nanoseconds: nanoseconds) }
        }

        fileprivate var value: Histogram { histogram.withLock { $0 } }
    }

    private static let fast = Series(handler: "v1/data", method: "post", code: 200)
    /// What is not among them has one name: clients choose methods.
    private static let methods: Set<HTTPRequest.Method> = [
        .get, .head, .post, .put, .patch, .delete, .options,
    ]

    private let histograms = Mutex<[Series: Histogram]>([:])
    private let loops = Mutex<[FastDecisions]>([])

    /// A histogram for one event loop.
    func makeFastDecisions() -> FastDecisions {
        let made = FastDecisions()
        loops.withLock { $0.append(made) }
        return made
    }

    /// - Parameter handler: `nil`: no route has the request.
    func add(
        handler: String?, method: HTTPRequest.Method, status: Int, nanoseconds: UInt64
    ) {
        let name = Metrics.methods.contains(method) ? method.rawValue.lowercased() : "other"
        let series = Series(handler: handler ?? "catchall", method: name, code: status)
        histograms.withLock {
            $0[series, default: Histogram()].add(nanoseconds: nanoseconds)
        }
    }

    /// What decisions on our own requests have in common.
    struct DecisionSeries: Sendable, Hashable {
        let area: String
        let outcome: String
    }

    private let decided = Mutex<[DecisionSeries: UInt64]>([:])

    func add(decision area: String, _ verdict: Verdict) {
        let outcome = verdict.isFailed ? "failed" : verdict.isAllowed ? "allowed" : "denied"
        decided.withLock { $0[DecisionSeries(area: area, outcome: outcome), default: 0] += 1 }
    }

    /// In the order of the names.
    var decisions: [(series: DecisionSeries, count: UInt64)] {
        decided.withLock { $0 }.sorted {
            ($0.key.area, $0.key.outcome) < ($1.key.area, $1.key.outcome)
        }.map { ($0.key, $0.value) }
    }

    /// All there is, in the order of the names.
    var requests: [(series: Series, histogram: Histogram)] {
        var all = histograms.withLock { $0 }
        for loop in loops.withLock({ $0 }) {
            let value = loop.value
            if value.count > 0 { all[Metrics.fast, default: Histogram()].add(value) }
        }
        return all.sorted {
            ($0.key.handler, $0.key.method, $0.key.code)
                < ($1.key.handler, $1.key.method, $1.key.code)
        }.map { ($0.key, $0.value) }
    }
}
