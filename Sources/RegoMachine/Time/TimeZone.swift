/// The offsets of a place over time.
/// - Source: RFC 8536 (TZif); where it leaves a choice, Go's `time` package.
struct TimeZone: Sendable {
    struct Offset: Sendable, Equatable {
        /// Such as `CEST`.
        let name: String
        /// East of UTC.
        let seconds: Int64
        let isDaylight: Bool
    }

    /// An offset, and when it is in force: from `start` up to `end`, exclusive.
    struct Period {
        let offset: Offset
        let start: Int64
        let end: Int64
    }

    static let utc = TimeZone(
        offsets: [Offset(name: "UTC", seconds: 0, isDaylight: false)], transitions: [], rule: nil)

    private let offsets: [Offset]
    private let transitions: [(when: Int64, offset: Int)]
    /// What holds after the last transition.
    private let rule: DaylightRule?

    private init(
        offsets: [Offset], transitions: [(when: Int64, offset: Int)], rule: DaylightRule?
    ) {
        self.offsets = offsets
        self.transitions = transitions
        self.rule = rule
    }

    /// - Parameter seconds: Since 1970-01-01T00:00:00Z.
    func period(at seconds: Int64) -> Period {
        guard let first = transitions.first, seconds >= first.when else {
            let end = transitions.first?.when ?? .max
            return Period(offset: offsets[earliest], start: .min, end: end)
        }
        var low = 0
        var high = transitions.count
        while high - low > 1 {
            let middle = (low + high) / 2
            if seconds < transitions[middle].when { high = middle } else { low = middle }
        }
        if high == transitions.count, let rule { return rule.period(at: seconds) }
        let end = high < transitions.count ? transitions[high].when : .max
        return Period(
            offset: offsets[transitions[low].offset], start: transitions[low].when, end: end)
    }

    /// The offset before the first transition.
    private var earliest: Int {
        guard let first = transitions.first?.offset else { return 0 }
        if !transitions.contains(where: { $0.offset == 0 }) { return 0 }
        if offsets[first].isDaylight {
            let standard = offsets[..<first].lastIndex { !$0.isDaylight }
            if let standard { return standard }
        }
        return offsets.firstIndex { !$0.isDaylight } ?? 0
    }

    func civil(_ instant: Instant) -> CivilTime {
        CivilTime(seconds: instant.seconds + period(at: instant.seconds).offset.seconds)
    }

    /// The instant of a local time. One that a change of the clocks skipped, or made twice, is
    /// taken by the offset that holds before the change.
    func seconds(of civil: CivilTime) -> Int64 {
        let local = civil.seconds
        let guess = period(at: local)
        if guess.offset.seconds == 0 { return local }
        let seconds = local - guess.offset.seconds
        if guess.start <= seconds && seconds < guess.end { return seconds }
        return local - period(at: seconds).offset.seconds
    }
}

extension TimeZone {
    /// - Returns: `nil` where the bytes are no TZif file.
    init?(_ file: [UInt8]) {
        var reader = TZifReader(bytes: file)
        guard var header = reader.header() else { return nil }
        var isWide = false
        if header.version > 0 {
            // Everything comes a second time, with 64 bits a time.
            reader.position += header.bytes(timeBytes: 4)
            guard let second = reader.header() else { return nil }
            header = second
            isWide = true
        }
        let timeBytes = isWide ? 8 : 4
        guard header.offsetCount > 0, header.bytes(timeBytes: timeBytes) <= reader.bytesLeft else {
            return nil
        }
        let times = (0..<header.timeCount).map { _ in reader.integer(timeBytes) }
        let indexes = (0..<header.timeCount).map { _ in Int(reader.integer(1) & 0xFF) }
        let kinds = (0..<header.offsetCount).map { _ in
            (
                seconds: reader.integer(4), isDaylight: reader.integer(1) != 0,
                name: Int(reader.integer(1) & 0xFF)
            )
        }
        let names = reader.take(header.nameBytes)
        guard indexes.allSatisfy({ $0 < kinds.count }),
            kinds.allSatisfy({ $0.name < names.count && $0.seconds.magnitude < 200_000 })
        else { return nil }
        reader.position += header.trailingBytes(timeBytes: timeBytes)
        self.init(
            offsets: kinds.map { kind in
                let name = names[(names.startIndex + kind.name)...].prefix { $0 != 0 }
                return Offset(
                    name: String(decoding: name, as: UTF8.self), seconds: kind.seconds,
                    isDaylight: kind.isDaylight)
            },
            transitions: zip(times, indexes).map { (when: $0, offset: $1) },
            rule: isWide ? DaylightRule(reader.footer()) : nil)
    }
}

private struct TZifReader {
    let bytes: [UInt8]
    var position = 0

    init(bytes: [UInt8]) { self.bytes = bytes }

    struct Header {
        let version: UInt8
        let utcMarkCount: Int
        let standardMarkCount: Int
        let leapCount: Int
        let timeCount: Int
        let offsetCount: Int
        let nameBytes: Int

        func bytes(timeBytes: Int) -> Int {
            timeCount * (timeBytes + 1) + offsetCount * 6 + nameBytes
                + trailingBytes(timeBytes: timeBytes)
        }

        /// What follows the names.
        func trailingBytes(timeBytes: Int) -> Int {
            leapCount * (timeBytes + 4) + standardMarkCount + utcMarkCount
        }
    }

    var bytesLeft: Int { max(bytes.count - position, 0) }

    mutating func take(_ count: Int) -> ArraySlice<UInt8> {
        let start = min(position, bytes.count)
        position = min(start + count, bytes.count)
        return bytes[start..<position]
    }

    /// Big endian, with its sign.
    mutating func integer(_ count: Int) -> Int64 {
        let taken = take(count)
        let bits = taken.reduce(0 as UInt64) { $0 << 8 | UInt64($1) }
        let unused = UInt64(64 - 8 * count)
        return Int64(bitPattern: bits << unused) >> Int64(unused)
    }

    mutating func header() -> Header? {
        guard bytesLeft >= 44, take(4).elementsEqual("TZif".utf8) else { return nil }
        let version = take(16).first ?? 0
        let counts = (0..<6).map { _ in Int(truncatingIfNeeded: integer(4)) }
        guard counts.allSatisfy({ (0...bytes.count).contains($0) }) else { return nil }
        return Header(
            version: version, utcMarkCount: counts[0], standardMarkCount: counts[1],
            leapCount: counts[2], timeCount: counts[3], offsetCount: counts[4],
            nameBytes: counts[5])
    }

    /// The text between two line breaks at the end.
    mutating func footer() -> ArraySlice<UInt8> {
        let rest = take(bytesLeft)
        guard rest.first == 10 else { return [] }
        return rest.dropFirst().prefix { $0 != 10 }
    }
}
