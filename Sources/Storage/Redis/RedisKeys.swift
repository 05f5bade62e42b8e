import Dispatch

/// Expiring keys in a Redis that several nodes share.
///
/// There is no TLS: the client library has none. Redis belongs on the machine, on a private network
/// or behind a tunnel; an address that asks for TLS is refused.
public final class RedisKeys: ExpiringKeys {
    private static let prefix = "ostiary:"
    /// Longer than any command takes, scripts included.
    private static let silenceSeconds = 5
    private static let requestsMax = 10_000

    private let link: Link<RedisWire>
    private let subscriber: RedisSubscriber

    /// Makes the first connection. Later ones are made when they are needed and again when they
    /// were lost; between, calls fail with `unavailable`.
    /// - Parameter address: `redis://[user[:password]@]host[:port][/database]`, or `unix://` and
    ///   the path of a socket.
    /// - Parameter report: Told why a connection could not be made, for the log.
    /// - Throws: `invalid` for an address that is none or wants TLS, and for a server that drops
    ///   keys when it is full; `unavailable` where nobody answers.
    public static func open(
        _ address: String, report: @escaping @Sendable (String) -> Void
    ) async throws(StorageFailure) -> RedisKeys {
        let keys = RedisKeys(try RedisAddress(address), report: report)
        do throws(StorageFailure) {
            _ = try await keys.link.lease()
        } catch {
            await keys.close()
            throw error
        }
        return keys
    }

    private init(_ address: RedisAddress, report: @escaping @Sendable (String) -> Void) {
        let bounds = Link<RedisWire>.Bounds(
            requests: Self.requestsMax, silenceSeconds: Self.silenceSeconds)
        link = Link("ostiary.redis", bounds: bounds) {
            RedisWire.open(address, patienceSeconds: Self.silenceSeconds, report: report)
        }
        subscriber = RedisSubscriber { pushes in
            Link("ostiary.redis.subscriptions", bounds: bounds) {
                RedisWire.open(
                    address, patienceSeconds: Self.silenceSeconds, pushes: pushes, report: report)
            }
        }
    }

    @discardableResult
    public func set(
        _ key: String, _ value: [UInt8], seconds: Int, onlyIfAbsent: Bool
    ) async throws(StorageFailure) -> Bool {
        precondition(seconds > 0, "a key that is gone at once")
        let command = [Self.words("SET"), [Self.name(key), value], Self.words("EX", "\(seconds)")]
        let reply = try await link.ask(
            command.flatMap { $0 } + (onlyIfAbsent ? Self.words("NX") : []))
        return reply != .null
    }

    public func get(_ key: String) async throws(StorageFailure) -> [UInt8]? {
        try await value(Self.words("GET") + [Self.name(key)])
    }

    public func take(_ key: String) async throws(StorageFailure) -> [UInt8]? {
        try await value(Self.words("GETDEL") + [Self.name(key)])
    }

    @discardableResult
    public func delete(_ key: String) async throws(StorageFailure) -> Bool {
        try await link.ask(Self.words("DEL") + [Self.name(key)]) == .integer(1)
    }

    public func increment(
        _ key: String, by amount: Int64, seconds: Int
    ) async throws(StorageFailure) -> Int64 {
        precondition(seconds > 0, "a key that is gone at once")
        let reply = try await run(
            .increment, keys: [Self.name(key)], Self.words("\(amount)", "\(seconds)"))
        guard case .integer(let count) = reply else { throw Self.unexpected }
        return count
    }

    public func admit(
        _ calls: Int, of subject: String, _ windows: [RateWindow]
    ) async throws(StorageFailure) -> Admission {
        precondition(calls > 0 && !windows.isEmpty, "nothing to admit")
        let reply = try await run(
            .admit, keys: Self.names(of: subject, windows),
            Self.words("\(calls)") + Self.words(of: windows))
        guard case .array(let parts) = reply, parts.count == 4,
            case .integer(let isAdmitted) = parts[0], case .integer(let remaining) = parts[1],
            case .text(let digits) = parts[2], case .integer(let window) = parts[3],
            windows.indices.contains(Int(window)),
            let wait = Int64(String(decoding: digits, as: UTF8.self))
        else { throw Self.unexpected }
        return Admission(
            isAdmitted: isAdmitted == 1, remaining: Int(remaining), window: Int(window),
            waitMicroseconds: wait)
    }

    public func usage(
        of subject: String, _ windows: [RateWindow]
    ) async throws(StorageFailure) -> [RateUsage] {
        let reply = try await run(
            .usage, keys: Self.names(of: subject, windows), Self.words(of: windows))
        guard case .array(let parts) = reply, parts.count == windows.count * 2 else {
            throw Self.unexpected
        }
        var usages: [RateUsage] = []
        for index in windows.indices {
            guard case .integer(let used) = parts[index * 2],
                case .text(let digits) = parts[index * 2 + 1],
                let reset = Int64(String(decoding: digits, as: UTF8.self))
            else { throw Self.unexpected }
            usages.append(RateUsage(used: Int(used), resetMicroseconds: reset))
        }
        return usages
    }

    /// One key a window; the braces keep a subject's keys on one node of a cluster.
    private static func names(of subject: String, _ windows: [RateWindow]) -> [[UInt8]] {
        windows.map { Array("\(prefix)rate:{\(subject)}:\($0.seconds)".utf8) }
    }

    private static func words(of windows: [RateWindow]) -> [[UInt8]] {
        windows.flatMap { window in
            words("\(window.limit)", "\(window.microseconds)", "\(window.parts ?? 0)")
        }
    }

    public func publish(
        _ message: [UInt8], on channel: String
    ) async throws(StorageFailure) {
        _ = try await link.ask(Self.words("PUBLISH") + [Self.name(channel), message])
    }

    public func messages(
        on channel: String
    ) async throws(StorageFailure) -> AsyncStream<[UInt8]> {
        try await subscriber.messages(on: Self.prefix + channel)
    }

    public func close() async {
        await subscriber.close()
        await link.close()
    }

    private func value(_ command: [[UInt8]]) async throws(StorageFailure) -> [UInt8]? {
        switch try await link.ask(command) {
        case .text(let value): return value
        case .null: return nil
        default: throw Self.unexpected
        }
    }

    /// By its digest, and by its text where the server has forgotten it.
    private func run(
        _ script: RedisScript, keys: [[UInt8]], _ arguments: [[UInt8]]
    ) async throws(StorageFailure) -> RedisReply {
        let rest = Self.words("\(keys.count)") + keys + arguments
        let reply = try await link.ask(
            Self.words("EVALSHA") + [script.digest] + rest, expecting: "NOSCRIPT")
        guard case .failure = reply else { return reply }
        return try await link.ask(Self.words("EVAL") + [script.text] + rest)
    }

    private static let unexpected = StorageFailure.invalid("Redis answers in a way of its own")

    private static func words(_ words: String...) -> [[UInt8]] { words.map { Array($0.utf8) } }

    private static func name(_ key: String) -> [UInt8] { Array((prefix + key).utf8) }
}
