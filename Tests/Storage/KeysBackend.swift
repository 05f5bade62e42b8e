import Servers
import Synchronization
import Testing

@testable import Storage

/// A backend under the contract of expiring keys: the line to add for a new one.
enum KeysBackend: String, CustomTestStringConvertible {
    case memory, redis

    /// Those that can be tested here; `BackendTests` says which cannot.
    static let all: [KeysBackend] = RedisServer.programs == nil ? [.memory] : [.memory, .redis]

    var testDescription: String { rawValue }

    /// A store in which nobody else uses what begins with the prefix, and a way to let time pass.
    func with(_ body: (TestKeys) async throws -> Void) async throws {
        let prefix = "test\(UInt64.random(in: 0 ... .max)):"
        switch self {
        case .memory:
            let clock = TestClock()
            let keys = MemoryKeys(now: { clock.now })
            try await body(
                TestKeys(keys: keys, prefix: prefix, pass: { clock.pass(Int64($0) * 1_000_000) }))
            await keys.close()
        case .redis:
            let server = try RedisServer.shared.get()
            let keys = try await RedisKeys.open(server.address, report: { _ in })
            try await body(
                TestKeys(
                    keys: keys, prefix: prefix,
                    pass: { try server.age("*\(prefix)*", seconds: $0) }))
            await keys.close()
        }
    }
}

struct TestKeys: Sendable {
    let keys: any ExpiringKeys
    let prefix: String
    private let letPass: @Sendable (Int) throws -> Void

    init(keys: any ExpiringKeys, prefix: String, pass: @escaping @Sendable (Int) throws -> Void) {
        self.keys = keys
        self.prefix = prefix
        letPass = pass
    }

    func pass(seconds: Int) throws { try letPass(seconds) }
}

/// Stands still until it is told.
final class TestClock: Sendable {
    private let microseconds = Atomic<Int64>(1_700_000_000_000_000)
    var now: Int64 { microseconds.load(ordering: .relaxed) }
    func pass(_ passed: Int64) { microseconds.add(passed, ordering: .relaxed) }
}

extension RedisServer {
    /// The seconds of each part in the tests of windows that are counted in parts.
    static let partSeconds = 60_000

    /// Redis has a clock that nobody can move, so everything it holds is made older instead.
    fileprivate func age(_ keys: String, seconds: Int) throws {
        let script = """
            local seconds, part = tonumber(ARGV[2]), tonumber(ARGV[3])
            for _, key in ipairs(redis.call('KEYS', ARGV[1])) do
                local kind, left = redis.call('TYPE', key).ok, redis.call('PTTL', key)
                if kind == 'list' then
                    for index = 0, redis.call('LLEN', key) - 1 do
                        local time = tonumber(redis.call('LINDEX', key, index))
                        time = string.format('%.0f', time - seconds * 1000000)
                        redis.call('LSET', key, index, time)
                    end
                elseif kind == 'hash' then
                    local found = redis.call('HGETALL', key)
                    redis.call('DEL', key)
                    for index = 1, #found, 2 do
                        local number = tonumber(found[index]) - math.floor(seconds / part)
                        redis.call('HSET', key, number, found[index + 1])
                    end
                end
                redis.call('PEXPIRE', key, left - seconds * 1000)
            end
            """
        try run("EVAL", script, "0", keys, "\(seconds)", "\(Self.partSeconds)")
    }
}
