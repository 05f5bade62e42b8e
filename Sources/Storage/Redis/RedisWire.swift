import CHiredis

/// One connection to Redis: commands go out without waiting, replies come in their order.
///
/// The library's own event loop hooks are not used: they would free a connection beneath its last
/// callback. It makes the connection, writes commands and reads replies.
///
/// Invariant: its link's queue alone calls it.
@safe final class RedisWire: Wire, @unchecked Sendable {
    /// What a connection for subscriptions tells.
    struct Pushes: Sendable {
        let message: @Sendable (_ channel: String, _ message: [UInt8]) -> Void
        let lost: @Sendable () -> Void
    }

    private let connection: OpaquePointer
    private let pushes: Pushes?
    private var waiting: [RedisCommand?] = []
    private var firstWaiting = 0
    private var isBroken = false

    /// Waits for the server, and asks it whether it may be used.
    static func open(
        _ address: RedisAddress, patienceSeconds: Int, pushes: Pushes? = nil,
        report: (String) -> Void
    ) -> Result<RedisWire, StorageFailure> {
        if let failure = unsafe chiredis_load_failure() {
            return .failure(.invalid(unsafe String(cString: failure)))
        }
        let opened = unsafe chiredis_connect(
            address.host, Int32(address.port), Int32(patienceSeconds))
        guard let connection = unsafe opened, unsafe chiredis_failure(connection) == nil else {
            report(unsafe chiredis_failure(opened).map { unsafe String(cString: $0) } ?? "")
            unsafe opened.map { unsafe chiredis_free($0) }
            return .failure(.unavailable(retryAfterSeconds: 1))
        }
        let wire = unsafe RedisWire(unsafe connection, pushes)
        do throws(StorageFailure) {
            try wire.greet(address)
            guard unsafe chiredis_stop_waiting(connection) else {
                throw .unavailable(retryAfterSeconds: 1)
            }
        } catch {
            report("\(error)")
            wire.close()
            return .failure(error)
        }
        return .success(wire)
    }

    private init(_ connection: OpaquePointer, _ pushes: Pushes?) {
        unsafe self.connection = unsafe connection
        self.pushes = pushes
    }

    /// Says who we are, and refuses a server that would drop keys to make room: with a challenge it
    /// drops who may sign in, with a log of calls how many there were.
    private func greet(_ address: RedisAddress) throws(StorageFailure) {
        if let password = address.password {
            _ = try ask(["AUTH"] + (address.user.map { [$0] } ?? []) + [password])
        }
        if address.database != 0 { _ = try ask(["SELECT", String(address.database)]) }
        guard case .text(let memory) = try ask(["INFO", "memory"]) else {
            throw .invalid("Redis does not say how it uses memory")
        }
        let name = "maxmemory_policy:"
        let line = String(decoding: memory, as: UTF8.self).split(whereSeparator: \.isNewline)
            .first { $0.hasPrefix(name) }
        guard let policy = line?.dropFirst(name.count), policy == "noeviction" else {
            throw .invalid(
                "Redis has the maxmemory-policy \(line?.dropFirst(name.count) ?? "of nobody")"
                    + ", which drops keys: noeviction is needed")
        }
    }

    /// While the connection may still wait.
    private func ask(_ arguments: [String]) throws(StorageFailure) -> RedisReply {
        let bytes = arguments.map { Array($0.utf8) }
        let reply = unsafe RedisArguments.with(bytes) { count, starts, lengths in
            unsafe chiredis_ask(connection, count, starts, lengths)
        }
        guard let reply = unsafe reply else { throw .unavailable(retryAfterSeconds: 1) }
        defer { unsafe chiredis_free_reply(reply) }
        let answer = unsafe RedisReply(reply)
        if case .failure(let message) = answer { throw RedisFailure.of(message) }
        return answer
    }

    var descriptor: Int32 { unsafe chiredis_socket(connection) }
    var underWay: Int { waiting.count - firstWaiting }

    func send(_ command: RedisCommand) {
        waiting.append(command)
        let isAppended = unsafe RedisArguments.with(command.arguments) { count, starts, lengths in
            unsafe chiredis_append(connection, count, starts, lengths)
        }
        if !isAppended { isBroken = true }
    }

    func flush() -> Flushed {
        guard !isBroken else { return .lost }
        switch unsafe chiredis_flush(connection) {
        case 0: return .whole
        case 1: return .partly
        default: return .lost
        }
    }

    func receive() -> Bool {
        guard unsafe chiredis_consume(connection) else { return false }
        while true {
            var next: OpaquePointer?
            guard unsafe chiredis_next_reply(connection, &next) else { return false }
            guard let reply = unsafe next else { return true }
            defer { unsafe chiredis_free_reply(reply) }
            guard take(unsafe RedisReply(reply)) else { return false }
        }
    }

    /// - Returns: False where nobody waits for it.
    private func take(_ reply: RedisReply) -> Bool {
        if let pushes, case .array(let parts) = reply, parts.count == 3,
            parts[0] == .text(Array("message".utf8)), case .text(let channel) = parts[1],
            case .text(let message) = parts[2]
        {
            pushes.message(String(decoding: channel, as: UTF8.self), message)
            return true
        }
        guard firstWaiting < waiting.count, let command = waiting[firstWaiting] else {
            return false
        }
        waiting[firstWaiting] = nil
        firstWaiting += 1
        if firstWaiting == waiting.count {
            waiting.removeAll(keepingCapacity: true)
            firstWaiting = 0
        }
        command.complete(reply)
        return true
    }

    func abandon() {
        for command in waiting[firstWaiting...] {
            command?.refuse(.unavailable(retryAfterSeconds: 1))
        }
        waiting = []
        firstWaiting = 0
        pushes?.lost()
    }

    func close() { unsafe chiredis_free(connection) }
}

/// Arguments as C takes them.
private enum RedisArguments {
    typealias Body<Result> = (
        _ count: Int32, _ starts: UnsafeMutablePointer<UnsafePointer<CChar>?>?,
        _ lengths: UnsafePointer<Int>?
    ) -> Result

    @unsafe static func with<Result>(_ arguments: [[UInt8]], _ body: Body<Result>) -> Result {
        // One byte more: an empty argument at the end needs an address too.
        let bytes = Array(arguments.joined()) + [0]
        let lengths = arguments.map(\.count)
        return unsafe bytes.withUnsafeBytes { bytes in
            var offset = 0
            var starts: [UnsafePointer<CChar>?] = unsafe lengths.map { length in
                defer { offset += length }
                return unsafe bytes.baseAddress?.advanced(by: offset)
                    .assumingMemoryBound(to: CChar.self)
            }
            return unsafe starts.withUnsafeMutableBufferPointer { starts in
                unsafe lengths.withUnsafeBufferPointer { lengths in
                    unsafe body(Int32(starts.count), starts.baseAddress, lengths.baseAddress)
                }
            }
        }
    }
}
