import Testing

@testable import RegoMachine

/// A TZif file as RFC 8536 has it, with one block of 32-bit data that must be skipped.
private struct ZoneFile {
    var offsets: [(seconds: Int32, isDaylight: Bool, name: String)]
    var transitions: [(when: Int64, offset: UInt8)] = []
    var footer = ""

    var bytes: [UInt8] {
        var names: [UInt8] = []
        var kinds: [UInt8] = []
        for offset in offsets {
            kinds += big(Int64(offset.seconds), 4)
            kinds += [offset.isDaylight ? 1 : 0, UInt8(names.count)]
            names += Array(offset.name.utf8) + [0]
        }
        let times = transitions.flatMap { big($0.when, 8) } + transitions.map(\.offset)
        let counts = [0, 0, 0, transitions.count, offsets.count, names.count]
        let old = header([0, 0, 0, 0, 1, 1]) + [0, 0, 0, 0, 0, 0, 0]
        return old + header(counts) + times + kinds + names + [10] + Array(footer.utf8) + [10]
    }

    private func big(_ number: Int64, _ count: Int) -> [UInt8] {
        (0..<count).map { UInt8(truncatingIfNeeded: number >> (8 * (count - 1 - $0))) }
    }

    private func header(_ counts: [Int]) -> [UInt8] {
        Array("TZif2".utf8) + [UInt8](repeating: 0, count: 15)
            + counts.flatMap { big(Int64($0), 4) }
    }
}

/// Zurich in 1980 and 1981, then by rule; Sydney and Dublin by rule alone; a broken one.
private let zones: [String: [UInt8]] = [
    "Europe/Zurich": ZoneFile(
        offsets: [(2_048, false, "LMT"), (7_200, true, "CEST"), (3_600, false, "CET")],
        transitions: [
            (-2_000_000_000, 2), (354_675_600, 1), (370_400_400, 2),
        ], footer: "CET-1CEST,M3.5.0,M10.5.0/3"
    ).bytes,
    "Australia/Sydney": ZoneFile(
        offsets: [(36_000, false, "AEST")], transitions: [(0, 0)],
        footer: "AEST-10AEDT,M10.1.0,M4.1.0/3"
    ).bytes,
    "Asia/Kolkata": ZoneFile(
        offsets: [(19_800, false, "IST")], transitions: [(0, 0)], footer: "<+0530>-5:30"
    ).bytes,
    "Broken/Short": Array("TZif2".utf8),
    "Broken/Index": ZoneFile(
        offsets: [(0, false, "X")], transitions: [(0, 9)]
    ).bytes,
]

private let call: Calls = {
    var call = Calls(rows: Builtin.times)
    call.host.timeZone = { zones[$0] }
    return call
}()

@Suite struct TimeTests {
    @Test(arguments: [
        ("2006-01-02", "2024-02-30", "parsing time \"2024-02-30\": day out of range"),
        ("2006-01-02", "2024-13-01", "parsing time \"2024-13-01\": month out of range"),
        (
            "2006-01-02", "24-01-01",
            "parsing time \"24-01-01\" as \"2006-01-02\": cannot parse \"24-01-01\" as \"2006\""
        ),
        ("2006", "2024x", "parsing time \"2024x\": extra text: \"x\""),
        (
            "RFC3339", "2024-01-01T00:00:00",
            "parsing time \"2024-01-01T00:00:00\" as \"2006-01-02T15:04:05Z07:00\": "
                + "cannot parse \"\" as \"Z07:00\""
        ),
        ("15:04", "24:00", "parsing time \"24:00\": hour out of range"),
        ("2006 002", "2023 366", "parsing time \"2023 366\": day-of-year out of range"),
        (
            "3PM", "3pm", "parsing time \"3pm\" as \"3PM\": cannot parse \"pm\" as \"PM\""
        ),
        ("2006", "2263", "time outside of valid range"),
    ])
    func textsThatAreNoTimesSayWhy(layout: String, text: String, message: String) {
        #expect(throws: BuiltinError.failed(message)) {
            try call("time.parse_ns", .string(layout), .string(text))
        }
    }

    @Test(arguments: [
        ("", "time: invalid duration \"\""), ("1", "time: missing unit in duration \"1\""),
        ("1x", "time: unknown unit \"x\" in duration \"1x\""),
        (".s", "time: invalid duration \".s\""),
        ("9223372036854775808ns", "time: invalid duration \"9223372036854775808ns\""),
        ("300y", "time: invalid duration \"300y\""), ("-", "time: invalid duration \"-\""),
    ])
    func malformedDurationsSayWhy(text: String, message: String) {
        #expect(throws: BuiltinError.failed(message)) {
            try call("time.parse_duration_ns", .string(text))
        }
    }

    @Test func momentsThatAreNoNumbersAreRefused() {
        #expect(throws: BuiltinError.failed("timestamp too big")) {
            try call("time.date", .number("1e30"))
        }
        #expect(
            throws: BuiltinError.operand(
                position: 1, expected: ["either number (ns) or [number (ns), string (tz)]"],
                got: "array")
        ) { try call("time.clock", []) }
        #expect(throws: BuiltinError.operand(position: 1, expected: ["string"], got: "number")) {
            try call("time.weekday", [0, 1])
        }
    }

    @Test(arguments: [
        ("Nowhere/Land", "unknown time zone Nowhere/Land"),
        ("Broken/Short", "unknown time zone Broken/Short"),
        ("Broken/Index", "unknown time zone Broken/Index"),
        ("../passwd", "time: invalid location name"), ("/etc/x", "time: invalid location name"),
    ])
    func zonesThatAreNotThereAreRefused(name: String, message: String) {
        #expect(throws: BuiltinError.failed(message)) { try call("time.date", [0, .string(name)]) }
    }

    /// Go's clock has no leap seconds.
    @Test(arguments: [
        ("time.parse_rfc3339_ns", ["2016-12-31T23:59:60Z"]),
        ("time.parse_ns", ["2006-01-02T15:04:05Z07:00", "2016-12-31T23:59:60Z"]),
    ] as [(String, [Term])])
    func leapSecondsAreOutOfRange(_ name: String, _ operands: [Term]) {
        let message = "parsing time \"2016-12-31T23:59:60Z\": second out of range"
        #expect(throws: BuiltinError.failed(message)) {
            switch operands.count {
            case 1: try call(name, operands[0])
            default: try call(name, operands[0], operands[1])
            }
        }
    }

    @Test func resultsOutsideOfAnInt64AreRefused() {
        for added in [[300, 0, 0], [0, 4_000, 0], [0, 0, -9_000_000_000]] as [[Term]] {
            #expect(throws: BuiltinError.failed("time outside of valid range")) {
                try call("time.add_date", 0, added[0], added[1], added[2])
            }
        }
    }

    @Test func theLowestMomentHasADate() throws {
        let lowest = Term.number(String(Int64.min))
        #expect(try call("time.date", lowest) == [1677, 9, 21])
        #expect(try call("time.add_date", lowest, 0, 0, 0) == lowest)
    }

    @Test(arguments: [
        ("1677-09-21T00:12:43.145224192Z", Int64.min), ("2262-04-11T23:47:16.854775807Z", .max),
        ("2017-06-02T19:00:00-07:00", 1_496_455_200_000_000_000),
        ("1969-12-31T23:59:59.5Z", -500_000_000),
        ("2024-02-29T00:00:00,25Z", 1_709_164_800_250_000_000),
    ])
    func timesOfTheInternetAreRead(text: String, expected: Int64) throws {
        #expect(try call("time.parse_rfc3339_ns", .string(text)) == .number(String(expected)))
    }

    @Test(arguments: [
        ("RFC850", "Friday, 02-Jun-17 19:00:00 PDT"), ("ANSIC", "Fri Jun  2 19:00:00 2017"),
        ("UnixDate", "fri jun 2 19:00:00 UTC 2017"),
        ("RFC1123Z", "Fri, 02 Jun 2017 12:00:00 -0700"),
        ("Jan _2 2006 3:04PM", "Jun  2 2017 7:00PM"), ("2006-002 15h", "2017-153 19h"),
        ("02/01/06 15:04:05.000", "02/06/17 19:00:00.000"), ("20060102150405", "20170602190000"),
        ("2006-1-2 15:4:5 Z070000", "2017-6-2 19:0:0 Z"),
        ("2006-01-02 15:04 GMT", "2017-06-02 19:00 GMT"), ("January 2 2006 15", "June 2 2017 19"),
    ])
    func layoutsAreReadAsGoReadsThem(layout: String, text: String) throws {
        #expect(
            try call("time.parse_ns", .string(layout), .string(text)) == 1_496_430_000_000_000_000)
    }

    @Test(arguments: [
        ("RFC822", "02 Dec 22 19:40 CET"), ("RFC1123Z", "Fri, 02 Dec 2022 19:40:53 +0100"),
        ("", "2022-12-02T19:40:53.14182875+01:00"),
        ("Monday January _2 PM pm 3 03", "Friday December  2 PM pm 7 07"),
        ("002 __2 .000 ,999999999 06 1 4 5", "336 336 .141 ,14182875 22 12 40 53"),
        ("Z07 -07 -0700 -07:00:00 Z070000", "+01 +01 +0100 +01:00:00 +010000"),
        ("Janet Montag _2006", "Janet Montag _2022"),
    ])
    func layoutsAreWrittenAsGoWritesThem(layout: String, expected: String) throws {
        #expect(
            try call("time.format", [1_670_006_453_141_828_750, "Europe/Zurich", .string(layout)])
                == .string(expected))
    }

    @Test(
        arguments: [
            (-3_000_000_000, "Europe/Zurich", "1874-12-07 19:14 LMT"),
            (354_675_599, "Europe/Zurich", "1981-03-29 01:59 CET"),
            (354_675_600, "Europe/Zurich", "1981-03-29 03:00 CEST"),
            (1_711_846_799, "Europe/Zurich", "2024-03-31 01:59 CET"),
            (1_711_846_800, "Europe/Zurich", "2024-03-31 03:00 CEST"),
            (1_729_990_800, "Europe/Zurich", "2024-10-27 02:00 CET"),
            (1_704_067_200, "Australia/Sydney", "2024-01-01 11:00 AEDT"),
            (1_720_000_000, "Australia/Sydney", "2024-07-03 19:46 AEST"),
            (1_735_689_600, "Australia/Sydney", "2025-01-01 11:00 AEDT"),
            (1_720_000_000, "Asia/Kolkata", "2024-07-03 15:16 +0530"),
            (1_720_000_000, "Local", "2024-07-03 09:46 UTC"),
        ] as [(Int64, String, String)])
    func zonesKnowWhenClocksChange(seconds: Int64, zone: String, expected: String) throws {
        #expect(
            try call(
                "time.format",
                [.number("\(seconds)000000000"), .string(zone), "2006-01-02 15:04 MST"])
                == .string(expected))
    }

    @Test func datesAreAddedByTheClocksOfTheZone() throws {
        // From noon to noon over the night in which clocks go forward: 23 hours.
        #expect(
            try call("time.add_date", [1_711_796_400_000_000_000, "Europe/Zurich"], 0, 0, 1)
                == 1_711_879_200_000_000_000)
        // The 31st of January and a month: the 2nd of March in a leap year.
        #expect(
            try call("time.add_date", 1_706_659_200_000_000_000, 0, 1, 0)
                == 1_709_337_600_000_000_000)
        #expect(try call("time.add_date", 0, -1, -13, 1) == -65_750_400_000_000_000)
    }

    @Test func differencesCountFromTheEarlierMoment() throws {
        let (early, late): (Term, Term) = (1_078_012_800_000_000_000, 1_109_635_200_000_000_000)
        #expect(try call("time.diff", late, early) == [1, 0, 1, 0, 0, 0])
        #expect(try call("time.diff", early, late) == [1, 0, 1, 0, 0, 0])
        #expect(try call("time.diff", 0, -1) == [0, 0, 0, 0, 0, 1])
    }

    @Test(arguments: [
        ("0", 0), ("1h30m", 5_400_000_000_000), ("-1.5s", -1_500_000_000),
        ("1d2h", 93_600_000_000_000), ("1y", 31_536_000_000_000_000), (".5ms", 500_000),
        ("3µs", 3_000), ("+2w", 1_209_600_000_000_000), ("-9223372036854775808ns", Int64.min),
    ])
    func durationsAreSummed(text: String, expected: Int64) throws {
        #expect(try call("time.parse_duration_ns", .string(text)) == .number(String(expected)))
    }

    @Test func nowStandsStillWithinAQuery() throws {
        let readings = Readings()
        var moving = call
        moving.host.now = { readings.next() }
        let pair = try moving.inQuery { call in
            [try call("time.now_ns", []), try call("time.now_ns", [])]
        }
        #expect(pair == [1, 1])
    }

    private final class Readings: @unchecked Sendable {
        var last: Int64 = 0
        func next() -> Int64 {
            last += 1
            return last
        }
    }

    @Test func everyDayOfFourCenturiesIsFoundAgain() {
        var seconds = CivilTime(year: 1_800, month: 1, day: 1).seconds
        var previous = CivilTime(seconds: seconds - CivilTime.daySeconds)
        while previous.year < 2_201 {
            let civil = CivilTime(seconds: seconds)
            let isNext =
                civil.day == previous.day + 1 && civil.month == previous.month
                || civil.day == 1
                    && previous.day == CivilTime.days(inMonth: previous.month, of: previous.year)
            guard civil.seconds == seconds, isNext else {
                Issue.record("after \(previous) came \(civil)")
                return
            }
            previous = civil
            seconds += CivilTime.daySeconds
        }
    }
}
