import Testing

@testable import Storage

/// The contract of expiring keys.
@Suite struct KeysContractTests {
    private static let value = Array("value".utf8)

    @Test(arguments: KeysBackend.all)
    func nothingIsThereBeforeItIsSet(_ backend: KeysBackend) async throws {
        try await backend.with { test in
            let key = test.prefix + "k"
            let got = try await test.keys.get(key)
            let taken = try await test.keys.take(key)
            let wasThere = try await test.keys.delete(key)
            #expect(got == nil && taken == nil && !wasThere)
        }
    }

    @Test(arguments: KeysBackend.all)
    func anExpiredKeyIsGoneForEveryCall(_ backend: KeysBackend) async throws {
        try await backend.with { test in
            for name in ["get", "take", "delete", "absent", "count"] {
                try await test.keys.set(
                    test.prefix + name, [57], seconds: 600, onlyIfAbsent: false)
            }
            try test.pass(seconds: 601)
            let got = try await test.keys.get(test.prefix + "get")
            let taken = try await test.keys.take(test.prefix + "take")
            let wasThere = try await test.keys.delete(test.prefix + "delete")
            #expect(got == nil && taken == nil && !wasThere)
            let isSet = try await test.keys.set(
                test.prefix + "absent", [1], seconds: 900, onlyIfAbsent: true)
            #expect(isSet)
            let count = try await test.keys.increment(test.prefix + "count", by: 1, seconds: 900)
            #expect(count == 1)
        }
    }

    @Test(arguments: KeysBackend.all)
    func whatIsThereIsNotReplacedIfItMustBeAbsent(_ backend: KeysBackend) async throws {
        try await backend.with { test in
            let key = test.prefix + "k"
            let first = try await test.keys.set(key, [1], seconds: 900, onlyIfAbsent: true)
            let second = try await test.keys.set(key, [2], seconds: 900, onlyIfAbsent: true)
            #expect(first && !second)
            #expect(try await test.keys.get(key) == [1])
            try await test.keys.set(key, [3], seconds: 900, onlyIfAbsent: false)
            let value = try await test.keys.take(key)
            #expect(value == [3])
        }
    }

    @Test(arguments: KeysBackend.all)
    func ofManyTakersOneGetsIt(_ backend: KeysBackend) async throws {
        try await backend.with { test in
            let key = test.prefix + "k"
            try await test.keys.set(key, Self.value, seconds: 900, onlyIfAbsent: false)
            let takers = try await withThrowingTaskGroup(of: Bool.self) { group in
                for _ in 0..<50 {
                    group.addTask { try await test.keys.take(key) == Self.value }
                }
                return try await group.reduce(0) { $0 + ($1 ? 1 : 0) }
            }
            #expect(takers == 1)
        }
    }

    @Test(
        arguments: KeysBackend.all,
        [[], [0], Array("\r\n$5\r\n".utf8), Array(repeating: 255, count: 300_000)])
    func anyBytesComeBack(_ backend: KeysBackend, _ value: [UInt8]) async throws {
        try await backend.with { test in
            let key = test.prefix + "ä\r\n 🔒"
            try await test.keys.set(key, value, seconds: 900, onlyIfAbsent: false)
            let got = try await test.keys.get(key)
            #expect(got == value)
        }
    }

    @Test(arguments: KeysBackend.all)
    func whatIsNoNumberIsNotCounted(_ backend: KeysBackend) async throws {
        try await backend.with { test in
            let values = [
                Self.value, [], Array("1.5".utf8), Array("\(Int64.max)".utf8),
            ]
            for value in values {
                let key = test.prefix + "k"
                try await test.keys.set(key, value, seconds: 900, onlyIfAbsent: false)
                await #expect {
                    try await test.keys.increment(key, by: 1, seconds: 900)
                } throws: { error in
                    if case .invalid = error as? StorageFailure { true } else { false }
                }
                let kept = try await test.keys.get(key)
                #expect(kept == value)
            }
        }
    }

    @Test(arguments: KeysBackend.all)
    func aCountsTimeBeginsWithIt(_ backend: KeysBackend) async throws {
        try await backend.with { test in
            let key = test.prefix + "k"
            let first = try await test.keys.increment(key, by: 2, seconds: 1_000)
            try test.pass(seconds: 600)
            let second = try await test.keys.increment(key, by: -5, seconds: 1_000)
            try test.pass(seconds: 600)
            let third = try await test.keys.increment(key, by: 1, seconds: 1_000)
            #expect([first, second, third] == [2, -3, 1])
        }
    }

    @Test(arguments: KeysBackend.all)
    func whoListensHearsWhatComesLater(_ backend: KeysBackend) async throws {
        try await backend.with { test in
            let channel = test.prefix + "c"
            try await test.keys.publish([0], on: channel)
            let left = try await test.keys.messages(on: channel)
            let right = try await test.keys.messages(on: channel)
            try await test.keys.publish([9], on: test.prefix + "other")
            for message in 1...3 { try await test.keys.publish([UInt8(message)], on: channel) }
            for stream in [left, right] {
                var heard: [[UInt8]] = []
                for await message in stream.prefix(3) { heard.append(message) }
                #expect(heard == [[1], [2], [3]])
            }
        }
    }

    @Test(arguments: KeysBackend.all)
    func closingEndsTheListeners(_ backend: KeysBackend) async throws {
        try await backend.with { test in
            let stream = try await test.keys.messages(on: test.prefix + "c")
            await test.keys.close()
            for await _ in stream { Issue.record("nobody published") }
        }
    }
}
