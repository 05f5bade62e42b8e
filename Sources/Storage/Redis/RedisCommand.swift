import CHiredis

/// What Redis answered.
enum RedisReply: Sendable, Hashable {
    case text([UInt8])
    case integer(Int64)
    case null
    case array([RedisReply])
    case failure(String)

    @unsafe init(_ reply: OpaquePointer) {
        switch unsafe chiredis_kind_of(reply) {
        case CHIREDIS_INTEGER: self = .integer(unsafe chiredis_integer(reply))
        case CHIREDIS_NULL: self = .null
        case CHIREDIS_FAILURE:
            self = .failure(unsafe String(decoding: RedisReply.bytes(reply), as: UTF8.self))
        case CHIREDIS_ARRAY:
            self = .array(
                (0..<(unsafe chiredis_count(reply))).compactMap { index in
                    unsafe chiredis_element(reply, index).map { unsafe RedisReply($0) }
                })
        default: self = .text(unsafe RedisReply.bytes(reply))
        }
    }

    @unsafe private static func bytes(_ reply: OpaquePointer) -> [UInt8] {
        var count = 0
        let text = unsafe chiredis_text(reply, &count)
        return unsafe [UInt8](UnsafeRawBufferPointer(start: text, count: text == nil ? 0 : count))
    }
}

/// A command on its way, and who waits for its reply.
final class RedisCommand: WireRequest {
    typealias Answer = Result<RedisReply, StorageFailure>

    let arguments: [[UInt8]]
    private let continuation: CheckedContinuation<Answer, Never>

    init(_ arguments: [[UInt8]], _ continuation: CheckedContinuation<Answer, Never>) {
        self.arguments = arguments
        self.continuation = continuation
    }

    func complete(_ reply: RedisReply) { continuation.resume(returning: .success(reply)) }
    func refuse(_ failure: StorageFailure) { continuation.resume(returning: .failure(failure)) }
}

extension Link<RedisWire> {
    /// - Returns: Anything but a failure, which is thrown unless the caller knows what to do about
    ///   it.
    func ask(
        _ arguments: [[UInt8]], expecting known: String? = nil
    ) async throws(StorageFailure) -> RedisReply {
        let answer = await withCheckedContinuation { continuation in
            submit(RedisCommand(arguments, continuation))
        }
        let reply = try answer.get()
        guard case .failure(let message) = reply else { return reply }
        if let known, message.hasPrefix(known) { return reply }
        throw RedisFailure.of(message)
    }
}

/// Redis' words as a failure of this room.
enum RedisFailure {
    static func of(_ message: String) -> StorageFailure {
        // It is starting, full, or in the middle of another's script.
        let passing = ["LOADING", "OOM", "BUSY", "MASTERDOWN", "READONLY", "MISCONF"]
        return passing.contains { message.hasPrefix($0) }
            ? .unavailable(retryAfterSeconds: 1) : .invalid(message)
    }
}
