import RegoMachine

/// What `?metrics` asks for: OPA's names, and nanoseconds or counts.
struct Timing {
    private let host: Host
    private let start: UInt64
    private var last: UInt64
    private var values: [(name: String, value: UInt64)] = []

    init(_ host: Host) {
        self.host = host
        start = host.monotonic()
        last = start
    }

    /// The time since the last mark goes to `name`.
    mutating func mark(_ name: String) {
        let now = host.monotonic()
        values.append((name, now - last))
        last = now
    }

    mutating func count(_ name: String, _ value: UInt64) { values.append((name, value)) }

    /// `"metrics":{…}`, and a comma unless it is the only member.
    mutating func member(isAlone: Bool) -> [UInt8] {
        values.append(("timer_server_handler_ns", host.monotonic() - start))
        var text = JSONText()
        text.string("metrics")
        text.raw(":")
        let sorted = values.sorted { $0.name < $1.name }
        text.object { object in
            for (name, value) in sorted { object.member(name) { $0.raw(String(value)) } }
        }
        if !isAlone { text.raw(",") }
        return text.bytes
    }

    /// `{}`, or the metrics where they were asked for.
    mutating func answer(_ call: Call) -> Answer {
        guard call.wantsMetrics else { return .json(Array("{}".utf8), isPretty: call.isPretty) }
        return .json([UInt8(ascii: "{")] + member(isAlone: true) + [UInt8(ascii: "}")],
            isPretty: call.isPretty)
    }
}
