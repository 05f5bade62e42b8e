import Servers
import Testing

@testable import Storage

private let isInstalled = RedisServer.programs != nil

/// What Redis alone has: an address, a policy for a full memory, and a server that may go away.
@Suite(.enabled(if: isInstalled, "Redis is not installed"))
struct RedisTests {
    @Test(
        arguments: [
            "", "localhost", "http://localhost", "redis://", "redis://:6379", "redis://h:0",
            "redis://h:65536", "redis://h:x", "redis://h/x", "redis://h/-1", "redis://user@h",
            "redis://:%zz@h", "redis://:%+f@h", "redis://:%f@h", "redis://:%ff@h", "redis://[::1",
            "redis://[::1]x", "unix://relative", "unix:///s?db=x",
        ])
    func anAddressThatIsNoneIsRefused(_ address: String) {
        #expect(throws: StorageFailure.invalid("the address of Redis cannot be read")) {
            try RedisAddress(address)
        }
    }

    @Test func encryptionIsRefusedAloud() {
        #expect(
            throws: StorageFailure.invalid(
                "Redis over TLS is not supported, use a private network or a tunnel")
        ) { try RedisAddress("rediss://localhost") }
    }

    @Test(
        arguments: [
            ("redis://localhost", "localhost", 6_379, nil, nil, 0),
            ("redis://10.0.0.1:7000/3", "10.0.0.1", 7_000, nil, nil, 3),
            ("redis://[::1]:7000/", "::1", 7_000, nil, nil, 0),
            ("redis://:p%40ss%2F@h", "h", 6_379, nil, "p@ss/", 0),
            ("redis://app:a:b@h:1/0", "h", 1, "app", "a:b", 0),
            ("unix:///run/redis.sock?db=2", "/run/redis.sock", 0, nil, nil, 2),
            ("unix://:secret@/s", "/s", 0, nil, "secret", 0),
        ] as [(String, String, Int, String?, String?, Int)])
    func anAddressIsTakenApart(
        _ row: (
            text: String, host: String, port: Int, user: String?, password: String?, database: Int
        )
    ) throws {
        let address = try RedisAddress(row.text)
        #expect(address.host == row.host && address.port == row.port)
        #expect(address.user == row.user && address.password == row.password)
        #expect(address.database == row.database)
    }

    @Test func nobodyAnsweringIsUnavailable() async {
        await #expect(throws: StorageFailure.unavailable(retryAfterSeconds: 1)) {
            try await RedisKeys.open("unix:///nowhere", report: { _ in })
        }
    }

    @Test func aServerThatDropsKeysIsRefused() async throws {
        let server = try RedisServer(["maxmemory": "10mb", "maxmemory-policy": "allkeys-lru"])
        await #expect(
            throws: StorageFailure.invalid(
                "Redis has the maxmemory-policy allkeys-lru, which drops keys: noeviction is needed"
            )
        ) { try await RedisKeys.open(server.address, report: { _ in }) }
        server.stop()
    }

    @Test func aFullServerIsUnavailable() async throws {
        let server = try RedisServer(["maxmemory": "1kb", "maxmemory-policy": "noeviction"])
        let keys = try await RedisKeys.open(server.address, report: { _ in })
        await #expect(throws: StorageFailure.unavailable(retryAfterSeconds: 1)) {
            try await keys.set("k", [1], seconds: 900, onlyIfAbsent: false)
        }
        await keys.close()
        server.stop()
    }

    @Test func aWrongPasswordIsRefusedAndTheRightOneIsNot() async throws {
        let server = try RedisServer(["requirepass": "secret"])
        let wrong = server.address.replacing("secret", with: "guess")
        for address in [wrong, wrong.replacing(":guess@", with: "")] {
            await #expect(throws: StorageFailure.self) {
                try await RedisKeys.open(address, report: { _ in })
            }
        }
        let keys = try await RedisKeys.open("\(server.address)?db=1", report: { _ in })
        try await keys.set("k", [1], seconds: 900, onlyIfAbsent: false)
        #expect(try server.run("-n", "1", "KEYS", "*") == "ostiary:k\n")
        await keys.close()
        server.stop()
    }

    @Test func nothingStaysForEver() async throws {
        let server = try RedisServer()
        let keys = try await RedisKeys.open(server.address, report: { _ in })
        try await keys.set("k", [1], seconds: 900, onlyIfAbsent: false)
        _ = try await keys.increment("c", by: 1, seconds: 900)
        _ = try await keys.admit(1, of: "tenant", [.minute(5), .hour(9), .day(9)])
        let names = try server.run("KEYS", "*").split(separator: "\n")
        #expect(names.count == 5)
        for name in names {
            let seconds = try server.run("TTL", String(name))
            #expect((Int(seconds.filter(\.isNumber)) ?? 0) > 0 && !seconds.hasPrefix("-"))
        }
        await keys.close()
        server.stop()
    }

    @Test func anEmptiedServerForgetsAndGoesOn() async throws {
        let server = try RedisServer()
        let keys = try await RedisKeys.open(server.address, report: { _ in })
        try await keys.set("k", [1], seconds: 900, onlyIfAbsent: false)
        _ = try await keys.admit(3, of: "tenant", [.minute(3)])
        try server.run("FLUSHALL")
        try server.run("SCRIPT", "FLUSH")
        #expect(try await keys.get("k") == nil)
        let admission = try await keys.admit(3, of: "tenant", [.minute(3)])
        #expect(admission.isAdmitted)
        await keys.close()
        server.stop()
    }

    @Test(.timeLimit(.minutes(1)))
    func aServerRestartedIsFoundAgainAndListenedToAgain() async throws {
        let server = try RedisServer()
        let keys = try await RedisKeys.open(server.address, report: { _ in })
        let heard = try await keys.messages(on: "c")
        server.stop()
        for _ in 0..<20 {
            await #expect {
                try await keys.get("k")
            } throws: { error in
                if case .unavailable = error as? StorageFailure { true } else { false }
            }
        }
        try server.start()
        let teller = Task {
            while !Task.isCancelled {
                try? await keys.publish([1], on: "c")
                try? await Task.sleep(for: .milliseconds(20))
            }
        }
        for await message in heard.prefix(1) { #expect(message == [1]) }
        teller.cancel()
        try await keys.set("k", [1], seconds: 900, onlyIfAbsent: false)
        await keys.close()
        server.stop()
    }

    /// It holds every write back, as one that hangs would.
    @Test func aSilentServerIsUnavailable() async throws {
        let server = try RedisServer()
        let keys = try await RedisKeys.open(server.address, report: { _ in })
        try server.run("CLIENT", "PAUSE", "600000", "WRITE")
        await #expect(throws: StorageFailure.unavailable(retryAfterSeconds: 1)) {
            try await keys.set("k", [1], seconds: 900, onlyIfAbsent: false)
        }
        try server.run("CLIENT", "UNPAUSE")
        let isSet = try await keys.set("k", [2], seconds: 900, onlyIfAbsent: true)
        #expect(isSet)
        await keys.close()
        server.stop()
    }

    /// Half of the clients on each of two nodes.
    @Test func twoNodesAdmitTogetherWhatOneWould() async throws {
        let server = try RedisServer.shared.get()
        let left = try await RedisKeys.open(server.address, report: { _ in })
        let right = try await RedisKeys.open(server.address, report: { _ in })
        let subject = "nodes\(UInt64.random(in: 0 ... .max))"
        let window = RateWindow(limit: 123, seconds: 1_000, parts: nil)
        let admitted = try await withThrowingTaskGroup(of: Bool.self) { group in
            for call in 0..<400 {
                let keys = call % 2 == 0 ? left : right
                group.addTask {
                    try await keys.admit(1, of: subject, [window]).isAdmitted
                }
            }
            return try await group.reduce(0) { $0 + ($1 ? 1 : 0) }
        }
        #expect(admitted == 123)
        await left.close()
        await right.close()
    }
}
