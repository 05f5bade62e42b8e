import Cryptography
import Storage

/// The last row of a chain. Signed and kept outside of the database, it shows whether rows were cut
/// off behind it.
public struct AuditHead: Sendable, Hashable {
    public let chain: String
    public let seq: Int64
    public let hash: [UInt8]

    init(chain: String, seq: Int64, hash: [UInt8]) {
        self.chain = chain
        self.seq = seq
        self.hash = hash
    }

    init(_ row: Row) throws(StorageFailure) {
        self.init(
            chain: try row.text("chain"), seq: try row.integer("seq"), hash: try row.bytes("hash"))
    }

    static func last(_ chain: String) -> Statement {
        Statement(
            """
            SELECT chain, seq, hash FROM audit_entries
            WHERE chain = $1 AND seq IS NOT NULL ORDER BY seq DESC LIMIT 1
            """, [.text(chain)])
    }

    var message: [UInt8] { Array(chain.utf8) + [0] + seq.bigEndianBytes + hash }

    /// One line of the file of heads: chain, number, hash, and their code, with spaces between.
    public func line(signedWith key: AuditKey) -> String {
        let code = key.code(.head, message)
        return "\(chain) \(seq) \(hash.hexadecimal) \(code.hexadecimal)"
    }

    /// - Returns: `nil` for a line that the key did not sign.
    public init?(line: some StringProtocol, signedWith key: AuditKey) {
        let parts = line.split(separator: " ")
        guard parts.count == 4, let seq = Int64(parts[1]),
            let hash = [UInt8](hexadecimal: parts[2]), let code = [UInt8](hexadecimal: parts[3])
        else { return nil }
        self.init(chain: String(parts[0]), seq: seq, hash: hash)
        guard key.isCode(code, .head, message) else { return nil }
    }
}
