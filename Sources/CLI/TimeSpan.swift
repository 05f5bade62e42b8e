import ArgumentParser

/// A length of time as Go's flags have it: `300ms`, `1.5s`, `1m30s`.
struct TimeSpan: ExpressibleByArgument {
    let nanoseconds: UInt64

    var defaultValueDescription: String { GoDuration.text(nanoseconds) }

    init(nanoseconds: UInt64) {
        self.nanoseconds = nanoseconds
    }

    private static let units: [(name: String, nanoseconds: Double)] = [
        ("ns", 1), ("us", 1e3), ("µs", 1e3), ("ms", 1e6), ("s", 1e9), ("m", 60e9), ("h", 3600e9),
    ]

    init?(argument: String) {
        var rest = argument[...]
        var total = 0.0
        guard !rest.isEmpty else { return nil }
        while !rest.isEmpty {
            let digits = rest.prefix { $0.isNumber || $0 == "." }
            rest = rest.dropFirst(digits.count)
            let name = rest.prefix { !($0.isNumber || $0 == ".") }
            rest = rest.dropFirst(name.count)
            guard let number = Double(digits),
                let unit = Self.units.first(where: { $0.name == name })
            else { return nil }
            total += number * unit.nanoseconds
        }
        guard total < 1e18 else { return nil }
        nanoseconds = UInt64(total)
    }
}
