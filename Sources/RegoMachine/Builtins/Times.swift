extension Builtin {
    package static let times: [Builtin] = [
        Builtin(
            "time.add_date", [.number, .number, .number, .number], .number, [.checksOperands],
            run: Times.addDate),
        Builtin("time.clock", [moment], numbers(3), [.checksOperands], run: Times.clock),
        Builtin("time.date", [moment], numbers(3), [.checksOperands], run: Times.date),
        Builtin("time.diff", [moment, moment], numbers(6), [.checksOperands], run: Times.diff),
        Builtin(
            "time.format",
            [
                .anyOf([
                    .number, .array([.number, .string], rest: nil),
                    .array([.number, .string, .string], rest: nil),
                ])
            ], .string, [.checksOperands], run: Times.format),
        Builtin("time.now_ns", [], .number, [.nondeterministic], run: Times.now),
        Builtin("time.parse_duration_ns", [.string], .number, run: Times.parseDuration),
        Builtin("time.parse_ns", [.string, .string], .number, run: Times.parse),
        Builtin("time.parse_rfc3339_ns", [.string], .number, run: Times.parseRFC3339),
        Builtin("time.weekday", [moment], .string, [.checksOperands], run: Times.weekday),
    ]

    /// Nanoseconds since 1970, perhaps with the name of a zone.
    private static let moment = TypeDeclaration.anyOf([
        .number, .array([.number, .string], rest: nil),
    ])

    private static func numbers(_ count: Int) -> TypeDeclaration {
        .array(Array(repeating: .number, count: count), rest: nil)
    }
}

enum Times {
    /// The same throughout a query.
    static func now(_ operands: Operands, _ context: BuiltinContext) throws(BuiltinError) -> Value {
        let time = context.queryTime ?? context.host.now()
        context.queryTime = time
        return .integer(time)
    }

    static func parse(
        _ operands: Operands, _ context: BuiltinContext
    ) throws(BuiltinError) -> Value {
        try context.charge((operands[0].bytes.count + operands[1].bytes.count) / 16)
        return try parse(operands[1].bytes, TimeLayout(named: operands[0].bytes.string))
    }

    static func parseRFC3339(
        _ operands: Operands, _ context: BuiltinContext
    ) throws(BuiltinError) -> Value {
        try parse(operands[0].bytes, .rfc3339)
    }

    private static func parse(_ text: Bytes, _ layout: TimeLayout) throws(BuiltinError) -> Value {
        let instant: Instant
        do {
            instant = try layout.parse(text)
        } catch { throw .failed(error.message) }
        return try value(instant)
    }

    static func parseDuration(
        _ operands: Operands, _ context: BuiltinContext
    ) throws(BuiltinError) -> Value {
        do {
            return .integer(try Durations.parse(operands[0].bytes))
        } catch { throw .failed(error.message) }
    }

    static func format(
        _ operands: Operands, _ context: BuiltinContext
    ) throws(BuiltinError) -> Value {
        let moment = try Moment(operands[0], context)
        let layout = moment.layout.isEmpty ? .rfc3339Nano : TimeLayout(named: moment.layout)
        try context.charge(layout.text.count / 16)
        return try .string(layout.format(moment.instant, in: moment.zone), in: context.arena)
    }

    static func date(
        _ operands: Operands, _ context: BuiltinContext
    ) throws(BuiltinError) -> Value {
        let civil = try Moment(operands[0], context).civil
        return try numbers([civil.year, civil.month, civil.day], context)
    }

    static func clock(
        _ operands: Operands, _ context: BuiltinContext
    ) throws(BuiltinError) -> Value {
        let civil = try Moment(operands[0], context).civil
        return try numbers([civil.hour, civil.minute, civil.second], context)
    }

    static func weekday(
        _ operands: Operands, _ context: BuiltinContext
    ) throws(BuiltinError) -> Value {
        let civil = try Moment(operands[0], context).civil
        return try .string(CivilTime.weekdayNames[civil.weekday], in: context.arena)
    }

    /// Adds to the date that the clocks of the zone show; days that a month does not have are
    /// carried over.
    static func addDate(
        _ operands: Operands, _ context: BuiltinContext
    ) throws(BuiltinError) -> Value {
        let moment = try Moment(operands[0], context)
        var added: [Int64] = []
        for position in 1...3 {
            try operands.check(position, is: ["number"])
            added.append(try operands.integer(position))
        }
        // Far beyond all that fits into the result, and far from any overflow.
        guard added.allSatisfy({ $0.magnitude < 1_000_000 }) else { throw outOfRange }
        var civil = moment.civil
        let months = civil.month - 1 + added[1]
        civil.year += added[0] + months.flooredQuotient(12)
        civil.month = months - months.flooredQuotient(12) * 12 + 1
        civil.day += added[2]
        let seconds = moment.zone.seconds(of: civil)
        return try value(
            Instant(seconds: seconds, nanoseconds: moment.instant.nanoseconds))
    }

    /// Years, months, days, hours, minutes and seconds from the earlier to the later moment, both
    /// as the clocks of the first operand's zone show them.
    static func diff(
        _ operands: Operands, _ context: BuiltinContext
    ) throws(BuiltinError) -> Value {
        let zone = try Moment(operands[0], context).zone
        let one = try Moment(operands[0], context).instant
        let other = try Moment(operands[1], context).instant
        let from = zone.civil(min(one, other))
        let to = zone.civil(max(one, other))
        var parts = [
            to.year - from.year, to.month - from.month, to.day - from.day, to.hour - from.hour,
            to.minute - from.minute, to.second - from.second,
        ]
        let carries = [0, 12, CivilTime.days(inMonth: from.month, of: from.year), 24, 60, 60]
        for place in (1...5).reversed() where parts[place] < 0 {
            parts[place] += carries[place]
            parts[place - 1] -= 1
        }
        return try numbers(parts, context)
    }

    private static let outOfRange = BuiltinError.failed("time outside of valid range")

    private static func value(_ instant: Instant) throws(BuiltinError) -> Value {
        guard let nanoseconds = instant.total else { throw outOfRange }
        return .integer(nanoseconds)
    }

    private static func numbers(
        _ parts: [Int64], _ context: BuiltinContext
    ) throws(BuiltinError) -> Value {
        try .array(parts.map(Value.integer), in: context.arena)
    }
}

/// What the operands of this family are: an instant, and perhaps a zone and a layout.
private struct Moment {
    let instant: Instant
    var zone = TimeZone.utc
    var layout = ""

    var civil: CivilTime { zone.civil(instant) }

    init(_ operand: Value, _ context: BuiltinContext) throws(BuiltinError) {
        guard operand.kind == .array else {
            guard operand.isNumber else { throw Moment.mismatch(operand) }
            instant = try Moment.instant(operand)
            return
        }
        let parts = operand.elements
        guard let time = parts.first else { throw Moment.mismatch(operand) }
        guard time.isNumber else {
            throw .operand(position: 1, expected: ["number"], got: time.typeName)
        }
        if parts.count > 1 { zone = try context.zone(named: Moment.text(parts[1])) }
        if parts.count > 2 { layout = try Moment.text(parts[2]) }
        instant = try Moment.instant(time)
    }

    private static func mismatch(_ operand: Value) -> BuiltinError {
        .operand(
            position: 1, expected: ["either number (ns) or [number (ns), string (tz)]"],
            got: operand.typeName)
    }

    private static func text(_ part: Value) throws(BuiltinError) -> String {
        if let text = part.string { return text }
        throw .operand(position: 1, expected: ["string"], got: part.typeName)
    }

    private static func instant(_ number: Value) throws(BuiltinError) -> Instant {
        guard let nanoseconds = Numbers.integer(number) else { throw .failed("timestamp too big") }
        return Instant(nanoseconds: nanoseconds)
    }
}

/// Zones by name; all are forgotten once there are too many.
private final class ZoneCache: BuiltinCache {
    static let zonesMax = 700
    var zones: [String: TimeZone] = [:]
}

extension BuiltinContext {
    /// The IANA zone of a name.
    /// - Throws: `failed`, where the host has none of that name.
    fileprivate func zone(named name: String) throws(BuiltinError) -> TimeZone {
        if name.isEmpty || name == "UTC" { return .utc }
        let cache = zoneCache
        if let zone = cache.zones[name] { return zone }
        let bytes = Array(name.utf8)
        let climbs = zip(bytes, bytes.dropFirst()).contains { $0 == 46 && $1 == 46 }
        if climbs || bytes.first == UInt8(ascii: "/") || bytes.contains(UInt8(ascii: "\\")) {
            throw .failed("time: invalid location name")
        }
        guard let zone = host.timeZone(name).flatMap(TimeZone.init) else {
            // The clocks of a host that says nothing about its place show UTC.
            if name == "Local" { return .utc }
            throw .failed("unknown time zone \(name)")
        }
        if cache.zones.count == ZoneCache.zonesMax { cache.zones.removeAll() }
        cache.zones[name] = zone
        return zone
    }

    private var zoneCache: ZoneCache {
        if let cache = caches[BuiltinCache.Slot.zones] {
            // Invariant: only this property fills the slot.
            return unsafe unsafeDowncast(cache, to: ZoneCache.self)
        }
        let cache = ZoneCache()
        caches[BuiltinCache.Slot.zones] = cache
        return cache
    }
}
