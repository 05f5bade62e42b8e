import Decisions
import RegoMachine

/// `/metrics`: what the server counts, for Prometheus.
/// - Source: OPA documentation, "Monitoring"; `http_request_duration_seconds` is OPA's.
enum MetricsPage {
    static func get(_ call: Call, _ turn: Turn) -> Answer {
        let front = turn.front
        var text = PrometheusText()
        text.begin(
            "http_request_duration_seconds", "histogram", "A histogram of duration for requests.")
        for (series, histogram) in front.metrics.requests {
            let labels = [
                ("code", "\(series.code)"), ("handler", series.handler), ("method", series.method),
            ]
            text.histogram("http_request_duration_seconds", labels, histogram)
        }
        text.begin("ostiary_policy_revision", "counter", "Changes of policy or data so far.")
        text.sample("ostiary_policy_revision", [], "\(front.live.currentNumber)")
        let decisions = front.metrics.decisions
        if !decisions.isEmpty {
            text.begin(
                "ostiary_decisions_total", "counter",
                "Decisions on requests of the public listener.")
            for (series, count) in decisions {
                let labels = [("area", series.area), ("outcome", series.outcome)]
                text.sample("ostiary_decisions_total", labels, "\(count)")
            }
        }
        text.begin("ostiary_uptime_seconds", "gauge", "Seconds since the start; never back.")
        text.sample(
            "ostiary_uptime_seconds", [],
            PrometheusText.seconds(front.host.monotonic() - front.startedAt.monotonic))
        process(&text, startedAt: front.startedAt.wall)
        return Answer(status: 200, contentType: .metrics, body: Array(text.text.utf8))
    }

    private static func process(_ text: inout PrometheusText, startedAt: Int64) {
        let figures = ProcessFigures()
        text.begin(
            "process_start_time_seconds", "gauge", "Start of the process, in seconds since 1970.")
        text.sample(
            "process_start_time_seconds", [], PrometheusText.seconds(UInt64(max(0, startedAt))))
        text.begin("process_cpu_seconds_total", "counter", "User and system time in seconds.")
        text.sample(
            "process_cpu_seconds_total", [], PrometheusText.seconds(figures.cpuNanoseconds))
        guard let bytes = figures.residentBytes else { return }
        text.begin("process_resident_memory_bytes", "gauge", "Resident memory in bytes.")
        text.sample("process_resident_memory_bytes", [], "\(bytes)")
    }
}
