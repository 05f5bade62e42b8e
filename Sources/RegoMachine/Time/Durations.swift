/// Durations such as `1h30m`, `-1.5s`, `2d`.
/// - Source: Go's `time.ParseDuration`; days, weeks and years of 365 days are OPA's.
package enum Durations {
    package struct Malformed: Error {
        package let message: String
    }

    /// In nanoseconds.
    package static func parse(_ text: Bytes) throws(Malformed) -> Int64 {
        let invalid = Malformed(message: "time: invalid duration \(Quoted.text(text.string))")
        var rest = Array(text)[...]
        let isNegative = rest.first == UInt8(ascii: "-")
        if isNegative || rest.first == UInt8(ascii: "+") { rest.removeFirst() }
        if rest.elementsEqual("0".utf8) { return 0 }
        if rest.isEmpty { throw invalid }
        var total: UInt64 = 0
        while !rest.isEmpty {
            let whole = rest.prefix { (48...57).contains($0) }
            rest = rest[whole.endIndex...]
            var fraction = rest[rest.startIndex..<rest.startIndex]
            if rest.first == UInt8(ascii: ".") {
                fraction = rest.dropFirst().prefix { (48...57).contains($0) }
                rest = rest[fraction.endIndex...]
            }
            if whole.isEmpty && fraction.isEmpty { throw invalid }
            let unit = rest.prefix { $0 != UInt8(ascii: ".") && !(48...57).contains($0) }
            rest = rest[unit.endIndex...]
            let scale = try scale(of: unit, in: text)
            guard let part = nanoseconds(whole, fraction, scale),
                part <= limit - total
            else { throw invalid }
            total += part
        }
        if isNegative { return total == limit ? .min : -Int64(total) }
        guard total < limit else { throw invalid }
        return Int64(total)
    }

    /// The magnitude of the lowest `Int64`.
    private static let limit: UInt64 = 1 << 63

    private static func scale(
        of unit: ArraySlice<UInt8>, in text: Bytes
    ) throws(Malformed) -> UInt64 {
        let duration = "duration \(Quoted.text(text.string))"
        let unit = String(decoding: unit, as: UTF8.self)
        switch unit {
        case "": throw Malformed(message: "time: missing unit in \(duration)")
        case "ns": return 1
        case "us", "\u{B5}s", "\u{3BC}s": return 1_000
        case "ms": return 1_000_000
        case "s": return 1_000_000_000
        case "m": return 60_000_000_000
        case "h": return 3_600_000_000_000
        case "d": return 86_400_000_000_000
        case "w": return 604_800_000_000_000
        case "y": return 31_536_000_000_000_000
        default:
            throw Malformed(message: "time: unknown unit \(Quoted.text(unit)) in \(duration)")
        }
    }

    private static func nanoseconds(
        _ whole: ArraySlice<UInt8>, _ fraction: ArraySlice<UInt8>, _ scale: UInt64
    ) -> UInt64? {
        guard let units = number(whole) else { return nil }
        let (product, overflows) = units.multipliedReportingOverflow(by: scale)
        if overflows || product > limit { return nil }
        // Digits beyond what 64 bits hold are dropped, as in Go; the double is Go's too.
        var (numerator, denominator) = (0 as UInt64, 1.0)
        for digit in fraction {
            let (tenfold, overflows) = numerator.multipliedReportingOverflow(by: 10)
            if overflows || tenfold > limit - UInt64(digit - 48) { break }
            numerator = tenfold + UInt64(digit - 48)
            denominator *= 10
        }
        let part = UInt64(Double(numerator) * (Double(scale) / denominator))
        return product + part
    }

    private static func number(_ digits: ArraySlice<UInt8>) -> UInt64? {
        var number: UInt64 = 0
        for digit in digits {
            guard number <= limit / 10 else { return nil }
            number = number * 10 + UInt64(digit - 48)
            guard number <= limit else { return nil }
        }
        return number
    }
}
