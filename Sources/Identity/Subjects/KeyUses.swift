public import Storage
import Synchronization

/// When keys were last used, on its way to the store: at once for a key that was not used for a
/// while, and at most once a minute for one that is.
///
/// The table is bounded: where more keys are in use than it holds, the uses of the others are not
/// kept. Two nodes may write about one key in the same minute; the later use stays.
public final class KeyUses: Sendable {
    private struct Use {
        /// Microseconds since 1970, as `writtenAt`.
        var time: Int64
        var address: String
        /// Nobody has written it yet.
        var isNew = true
        var writtenAt: Int64?

        func isDue(_ now: Int64) -> Bool {
            writtenAt.map { $0 + KeyUses.pauseMicroseconds <= now } ?? true
        }
    }

    static let keysMax = 10_000
    private static let pauseMicroseconds: Int64 = 60_000_000
    /// Of one transaction.
    private static let batchMax = 500

    private let uses = Mutex<[String: Use]>([:])

    public init() {}

    /// - Parameter time: Microseconds since 1970.
    public func add(_ credential: Credential, address: String, time: Int64) {
        guard credential.kind == .key else { return }
        uses.withLock { uses in
            guard var use = uses[credential.id] else {
                if uses.count < KeyUses.keysMax {
                    uses[credential.id] = Use(time: time, address: address)
                }
                return
            }
            (use.time, use.address, use.isNew) = (time, address, true)
            uses[credential.id] = use
        }
    }

    /// Writes what is due.
    /// - Parameter now: Microseconds since 1970.
    /// - Parameter isLast: Also what is not due yet: nobody will come any more.
    /// - Throws: `StorageFailure`; what was not written stays.
    public func flush(to database: any Database, now: Int64, isLast: Bool = false) async throws {
        while true {
            let batch = take(now, isLast)
            if batch.isEmpty { return }
            let statements = batch.map { KeyUses.update($0.id, $0.use) }
            do {
                try await database.transaction(in: .system) { transaction in
                    for statement in statements { try await transaction.execute(statement) }
                }
            } catch {
                giveBack(batch)
                throw error
            }
        }
    }

    private static func update(_ id: String, _ use: Use) -> Statement {
        Statement(
            """
            UPDATE api_keys SET last_used_at = $2, last_used_address = $3
            WHERE id = $1 AND (last_used_at IS NULL OR last_used_at < $2)
            """, [.text(id), .integer(use.time), .text(use.address)])
    }

    /// In the order of ids, so that two nodes do not wait for each other.
    private func take(_ now: Int64, _ isLast: Bool) -> [(id: String, use: Use)] {
        uses.withLock { uses in
            uses = uses.filter { $0.value.isNew || !$0.value.isDue(now) }
            let batch = uses.filter { $0.value.isNew && (isLast || $0.value.isDue(now)) }
                .sorted { $0.key < $1.key }.prefix(KeyUses.batchMax)
            for (id, use) in batch {
                var written = use
                (written.isNew, written.writtenAt) = (false, now)
                uses[id] = written
            }
            return batch.map { ($0.key, $0.value) }
        }
    }

    private func giveBack(_ batch: [(id: String, use: Use)]) {
        uses.withLock { uses in
            for (id, use) in batch {
                // Somebody may have used it meanwhile.
                let later = uses[id].flatMap { $0.isNew ? $0 : nil }
                var kept = later ?? use
                kept.writtenAt = use.writtenAt
                uses[id] = kept
            }
        }
    }
}
