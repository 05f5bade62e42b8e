import Cryptography
public import Storage

/// Answers that are kept for a day, so that a request that is sent again under the same key is
/// answered again instead of done again.
/// - Source: draft-ietf-httpapi-idempotency-key-header-07.
public struct IdempotencyKey: Sendable {
    private let principal: String
    private let digest: [UInt8]
    private let request: [UInt8]

    private static let keptMicroseconds: Int64 = 86_400_000_000

    /// - Parameter key: As the client chose it: 1 to 255 printable characters of ASCII.
    /// - Throws: `Fault` where it is no such thing.
    public init(_ key: String, of principal: String, _ facts: RequestFacts) throws(Fault) {
        let isFit =
            (1...255).contains(key.utf8.count) && key.utf8.allSatisfy { (0x20...0x7E).contains($0) }
        guard isFit else {
            throw .invalid([
                .init("header/idempotency-key", "has not 1 to 255 printable characters")
            ])
        }
        self.principal = principal
        digest = DigestAlgorithm.sha256.digest(Array(key.utf8).span)
        let parameters = facts.parameters.sorted { $0.key < $1.key }.map { JSON.text($0.value) }
        let whole: JSON = [
            "method": .text(facts.operation.method.rawValue),
            "path": .text(facts.operation.path.text), "parameters": .array(parameters),
            "body": facts.body ?? .null,
        ]
        request = DigestAlgorithm.sha256.digest(whole.bytes.span)
    }

    /// The answer that the same request had.
    /// - Throws: `Fault.idempotencyMismatch` where the key belongs to another request.
    public func answer(in transaction: Transaction) async throws -> Reply? {
        let rows = try await transaction.query(
            Statement(
                """
                SELECT request_digest, status, answer, location, version FROM idempotent_answers
                WHERE principal_id = $1 AND key_digest = $2
                """, [.text(principal), .bytes(digest)]))
        guard let row = rows.first else { return nil }
        guard try row.bytes("request_digest") == request else {
            throw Fault(.idempotencyMismatch, "the idempotency key was used for another request")
        }
        var content = Reply.Content.none
        if let answer = try row.text(orNull: "answer") {
            content = .json(try JSON(reading: Array(answer.utf8)))
        }
        var reply = Reply(
            content, status: Int(try row.integer("status")),
            version: try row.integer(orNull: "version"))
        reply.location = try row.text(orNull: "location")
        return reply
    }

    /// Keeps an answer, in the transaction that did what it says.
    public func keep(_ reply: Reply, in transaction: Transaction, now: Int64) async throws {
        var answer: String?
        if case .json(let json) = reply.content {
            answer = String(decoding: json.bytes, as: UTF8.self)
        }
        try await transaction.execute(
            Statement(
                """
                INSERT INTO idempotent_answers (
                    principal_id, key_digest, request_digest, status, answer, location, version,
                    expires_at
                ) VALUES ($1, $2, $3, $4, $5, $6, $7, $8)
                """,
                [
                    .text(principal), .bytes(digest), .bytes(request),
                    .integer(Int64(reply.status)), SQLValue(answer), SQLValue(reply.location),
                    reply.version.map { .integer($0) } ?? .null,
                    .integer(now + IdempotencyKey.keptMicroseconds),
                ]))
    }
}
