import Testing

@testable import Storage

/// The contract of expiring keys: never more calls than a window admits.
@Suite struct RateLimitContractTests {
    /// Long enough that a slow machine makes no difference.
    private static func exact(_ limit: Int) -> RateWindow {
        RateWindow(limit: limit, seconds: 1_000, parts: nil)
    }

    /// What Redis's clock may have moved on meanwhile, one for its rounding.
    private static func secondsAtMost(since began: ContinuousClock.Instant) -> Int {
        Int((ContinuousClock.now - began).components.seconds) + 2
    }

    @Test(arguments: KeysBackend.all)
    func nothingIsAdmittedByNothing(_ backend: KeysBackend) async throws {
        try await backend.with { test in
            for window in [Self.exact(0), .hour(0), .day(0)] {
                let subject = test.prefix + "\(window.seconds)"
                let admission = try await test.keys.admit(1, of: subject, [window])
                #expect(!admission.isAdmitted && admission.remaining == 0)
                #expect(admission.retryAfterSeconds == window.seconds)
            }
        }
    }

    @Test(arguments: KeysBackend.all)
    func theCallBeyondTheLimitIsRefused(_ backend: KeysBackend) async throws {
        try await backend.with { test in
            let windows = [Self.exact(3), .hour(10), .day(20)]
            let began = ContinuousClock.now
            var remaining: [Int] = []
            for _ in 0..<3 {
                let admission = try await test.keys.admit(1, of: test.prefix, windows)
                #expect(admission.isAdmitted && admission.retryAfterSeconds == 0)
                remaining.append(admission.remaining)
            }
            #expect(remaining == [2, 1, 0])
            let refused = try await test.keys.admit(1, of: test.prefix, windows)
            #expect(!refused.isAdmitted && refused.remaining == 0 && refused.window == 0)
            let passed = Self.secondsAtMost(since: began)
            #expect((1_000 - passed...1_000).contains(refused.retryAfterSeconds))
            let other = try await test.keys.admit(1, of: test.prefix + "other", windows)
            #expect(other.isAdmitted)
            let tighter = [Self.exact(9), .hour(2), .day(20)]
            let admitted = try await test.keys.admit(1, of: test.prefix + "third", tighter)
            #expect(admitted.remaining == 1 && admitted.window == 1)
        }
    }

    @Test(arguments: KeysBackend.all)
    func whatIsUsedIsToldAndNotCounted(_ backend: KeysBackend) async throws {
        try await backend.with { test in
            let windows = [Self.exact(3), .hour(10), .day(20)]
            let none = try await test.keys.usage(of: test.prefix, windows)
            let began = ContinuousClock.now
            #expect(none.allSatisfy { $0.used == 0 && $0.resetMicroseconds == 0 })
            _ = try await test.keys.admit(2, of: test.prefix, windows)
            _ = try await test.keys.admit(9, of: test.prefix, windows)
            for _ in 0..<2 {
                let usages = try await test.keys.usage(of: test.prefix, windows)
                #expect(usages.map(\.used) == [2, 2, 2])
                for (usage, window) in zip(usages, windows) {
                    // A part that has begun counts until it has left the window.
                    let part = window.parts.map { window.microseconds / Int64($0) } ?? 0
                    #expect(usage.resetMicroseconds <= window.microseconds + part)
                    let passed = Int64(Self.secondsAtMost(since: began)) * 1_000_000
                    #expect(usage.resetMicroseconds >= window.microseconds - passed)
                }
            }
            #expect(try await test.keys.usage(of: test.prefix + "x", windows)[0].used == 0)
            try test.pass(seconds: 1_001)
            let later = try await test.keys.usage(of: test.prefix, windows)
            #expect(later.map(\.used) == [0, 2, 2])
            #expect(later[0].resetMicroseconds == 0)
        }
    }

    /// Refused calls would else keep a busy caller out for ever.
    @Test(arguments: KeysBackend.all)
    func refusedCallsAreNotCounted(_ backend: KeysBackend) async throws {
        try await backend.with { test in
            let windows = [Self.exact(2), .day(5)]
            for round in 0..<2 {
                for call in 0..<4 {
                    let admission = try await test.keys.admit(1, of: test.prefix, windows)
                    #expect(admission.isAdmitted == (call < 2), "round \(round)")
                }
                try test.pass(seconds: 1_001)
            }
            let last = try await test.keys.admit(1, of: test.prefix, windows)
            #expect(last.isAdmitted && last.remaining == 0)
        }
    }

    @Test(arguments: KeysBackend.all)
    func aBatchIsAdmittedWholeOrNotAtAll(_ backend: KeysBackend) async throws {
        try await backend.with { test in
            let windows = [Self.exact(10)]
            let tooLarge = try await test.keys.admit(11, of: test.prefix, windows)
            #expect(!tooLarge.isAdmitted && tooLarge.remaining == 10)
            let most = try await test.keys.admit(8, of: test.prefix, windows)
            #expect(most.isAdmitted && most.remaining == 2)
            let more = try await test.keys.admit(3, of: test.prefix, windows)
            #expect(!more.isAdmitted && more.remaining == 2)
            let rest = try await test.keys.admit(2, of: test.prefix, windows)
            #expect(rest.isAdmitted && rest.remaining == 0)
        }
    }

    /// Fixed windows would admit twice the limit around their edge.
    @Test(arguments: KeysBackend.all)
    func callsAreFreeAgainOneByOne(_ backend: KeysBackend) async throws {
        try await backend.with { test in
            let windows = [Self.exact(2)]
            _ = try await test.keys.admit(1, of: test.prefix, windows)
            try test.pass(seconds: 600)
            _ = try await test.keys.admit(1, of: test.prefix, windows)
            try test.pass(seconds: 500)
            let third = try await test.keys.admit(1, of: test.prefix, windows)
            let fourth = try await test.keys.admit(1, of: test.prefix, windows)
            #expect(third.isAdmitted && !fourth.isAdmitted)
        }
    }

    @Test(arguments: KeysBackend.all)
    func partsThatReachIntoTheWindowCountWhole(_ backend: KeysBackend) async throws {
        try await backend.with { test in
            // Two parts, each longer than this test by far.
            let windows = [RateWindow(limit: 3, seconds: 120_000, parts: 2)]
            let first = try await test.keys.admit(3, of: test.prefix, windows)
            let second = try await test.keys.admit(1, of: test.prefix, windows)
            #expect(first.isAdmitted && !second.isAdmitted && second.remaining == 0)
            #expect((120_000...180_000).contains(second.retryAfterSeconds))
            // Their part reaches into the window until two more have passed after it.
            try test.pass(seconds: 120_000)
            let early = try await test.keys.admit(1, of: test.prefix, windows)
            try test.pass(seconds: 60_000)
            let late = try await test.keys.admit(3, of: test.prefix, windows)
            #expect(!early.isAdmitted && late.isAdmitted)
        }
    }

    @Test(arguments: KeysBackend.all)
    func aChangedTierCountsFromThenOn(_ backend: KeysBackend) async throws {
        try await backend.with { test in
            for _ in 0..<5 { _ = try await test.keys.admit(1, of: test.prefix, [Self.exact(5)]) }
            let lower = try await test.keys.admit(1, of: test.prefix, [Self.exact(3)])
            #expect(!lower.isAdmitted && lower.remaining == 0)
            let higher = try await test.keys.admit(1, of: test.prefix, [Self.exact(7), .day(9)])
            #expect(higher.isAdmitted && higher.remaining == 1)
        }
    }

    @Test(arguments: KeysBackend.all)
    func fiftyClientsAtOnceAreAdmittedExactly(_ backend: KeysBackend) async throws {
        try await backend.with { test in
            let windows = [Self.exact(97), .hour(1_000), .day(5_000)]
            let admitted = try await withThrowingTaskGroup(of: Int.self) { group in
                for _ in 0..<50 {
                    group.addTask {
                        var admitted = 0
                        for _ in 0..<4 {
                            let admission = try await test.keys.admit(1, of: test.prefix, windows)
                            admitted += admission.isAdmitted ? 1 : 0
                        }
                        return admitted
                    }
                }
                return try await group.reduce(0, +)
            }
            #expect(admitted == 97)
        }
    }
}
