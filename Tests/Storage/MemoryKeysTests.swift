import Testing

@testable import Storage

/// What keys in memory alone have: a clock that is given, a bound, and sweeping.
@Suite struct MemoryKeysTests {
    @Test func aNewKeyBeyondTheBoundIsRefusedAndNoneDropped() async throws {
        let clock = TestClock()
        let keys = MemoryKeys(keysMax: 16, now: { clock.now })
        var refusals = 0
        for number in 0..<200 {
            do {
                try await keys.set("k\(number)", [1], seconds: 60, onlyIfAbsent: false)
            } catch {
                #expect(error == .unavailable(retryAfterSeconds: 1))
                refusals += 1
            }
        }
        #expect(refusals >= 184 && keys.keyCount == 200 - refusals)
        clock.pass(61_000_000)
        try await keys.set("new", [1], seconds: 60, onlyIfAbsent: false)
    }

    @Test func sweepingRemovesWhatHasExpired() async throws {
        let clock = TestClock()
        let keys = MemoryKeys(now: { clock.now })
        for number in 0..<100 {
            try await keys.set("k\(number)", [1], seconds: 1 + number % 2, onlyIfAbsent: false)
        }
        _ = try await keys.admit(1, of: "tenant", [.minute(5)])
        keys.sweep()
        #expect(keys.keyCount == 101)
        clock.pass(1_500_000)
        keys.sweep()
        #expect(keys.keyCount == 51)
        clock.pass(200_000_000)
        keys.sweep()
        #expect(keys.keyCount == 0)
    }

    @Test func aClockSetBackAdmitsNoMore() async throws {
        let clock = TestClock()
        let keys = MemoryKeys(now: { clock.now })
        for _ in 0..<2 { _ = try await keys.admit(1, of: "tenant", [.minute(3)]) }
        clock.pass(-30_000_000)
        let third = try await keys.admit(1, of: "tenant", [.minute(3)])
        let fourth = try await keys.admit(1, of: "tenant", [.minute(3)])
        #expect(third.isAdmitted && !fourth.isAdmitted)
    }

    /// A week of one tenant's calls at random times, against every interval of each window.
    @Test(arguments: [1, 2, 3] as [UInt64])
    func noIntervalHoldsMoreThanTheLimit(_ seed: UInt64) async throws {
        var random = Seeded(seed)
        let clock = TestClock()
        let keys = MemoryKeys(now: { clock.now })
        let windows = [RateWindow.minute(5), .hour(40), .day(300)]
        var admitted: [Int64] = []
        for _ in 0..<20_000 {
            clock.pass(Int64.random(in: 0...60_000_000, using: &random))
            let admission = try await keys.admit(1, of: "tenant", windows)
            if admission.isAdmitted { admitted.append(clock.now) }
        }
        for window in windows {
            for index in admitted.indices.dropFirst(window.limit) {
                let span = admitted[index] - admitted[index - window.limit]
                #expect(span >= window.microseconds, "seed \(seed)")
            }
        }
        #expect(admitted.count > 1_000)
    }

    /// Whoever waits as long as was said is let in, and half of it is not enough.
    @Test func theTimeToWaitIsTheTimeToWait() async throws {
        var random = Seeded(7)
        let clock = TestClock()
        let keys = MemoryKeys(now: { clock.now })
        let windows = [RateWindow.minute(5), .hour(40)]
        for _ in 0..<2_000 {
            let admission = try await keys.admit(1, of: "tenant", windows)
            guard !admission.isAdmitted else {
                clock.pass(Int64.random(in: 0...5_000_000, using: &random))
                continue
            }
            clock.pass(Int64(admission.retryAfterSeconds - 1) * 1_000_000 - 1)
            let early = try await keys.admit(1, of: "tenant", windows)
            #expect(!early.isAdmitted || admission.retryAfterSeconds == 1)
            if early.isAdmitted { continue }
            clock.pass(1_000_001)
            let late = try await keys.admit(1, of: "tenant", windows)
            #expect(late.isAdmitted)
        }
    }
}

private struct Seeded: RandomNumberGenerator {
    private var state: UInt64
    init(_ seed: UInt64) { state = seed }

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var mixed = (state ^ (state >> 30)) &* 0xBF58_476D_1CE4_E5B9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
        return mixed ^ (mixed >> 31)
    }
}
