public import Cryptography
public import Storage

/// Whether a node has the keys with which the database's secrets are sealed: one constant is sealed
/// in a row, and who cannot open it does not start.
public struct SealingCheck: Sendable {
    private let keys: SealingKeys

    private static let name = "constant"
    private static let constant = Array("ostiary".utf8)
    private static let place = SealedPlace(
        table: "sealing_checks", column: "sealed", row: name, organization: nil)

    public init(keys: SealingKeys) { self.keys = keys }

    /// Opens the value; leaves one where there is none, for then these keys are the database's.
    /// - Parameter now: Microseconds since 1970.
    /// - Throws: `DataFileFailure` where the keys are others, or `StorageFailure`.
    public func run(on database: any Database, now: Int64) async throws {
        try await database.transaction(in: .none) { transaction in
            let rows = try await transaction.query(
                Statement(
                    "SELECT sealed FROM sealing_checks WHERE name = $1", [.text(Self.name)]))
            guard let row = rows.first else { return try await renew(in: transaction, now: now) }
            try check(try row.bytes("sealed"))
        }
    }

    /// Seals the value with the key that seals now: nodes without it do not start any more.
    /// - Throws: `DataFileFailure` or `StorageFailure`.
    public func renew(in transaction: Transaction, now: Int64) async throws {
        guard let sealed = try? keys.seal(Self.constant.span, for: Self.place) else {
            throw DataFileFailure("the sealing keys do not seal")
        }
        try await transaction.execute(
            Statement(
                """
                INSERT INTO sealing_checks VALUES ($1, $2, $3)
                ON CONFLICT (name) DO UPDATE SET sealed = $2, sealed_at = $3
                """,
                [.text(Self.name), .bytes(sealed), .integer(now)]))
    }

    private func check(_ sealed: [UInt8]) throws(DataFileFailure) {
        do throws(SealingFault) {
            let opened = try keys.open(sealed.span, for: Self.place)
            guard opened == Self.constant else { throw .forged }
        } catch {
            switch error {
            case .unknownKey(let id):
                throw DataFileFailure(
                    "the database is sealed with the key `\(id)`, which this node lacks:"
                        + " copy sealing.keys from a node that has it")
            case .malformed, .forged:
                throw DataFileFailure(
                    "the sealing keys of this node do not open what the database holds:"
                        + " copy sealing.keys from a node that starts")
            }
        }
    }
}
