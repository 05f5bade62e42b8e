public import RegoMachine
public import Storage
import Synchronization

/// Seals the record, and keeps the heads of what this node sealed outside of the database.
public final class AuditKeeping: Sendable {
    private let sealer: AuditSealer
    private let files: AuditFiles
    private let key: AuditKey
    private let host: Host
    /// By chain: sealed, and not on the disk yet.
    private let newHeads = Mutex<[String: AuditHead]>([:])
    private let written: Mutex<Int64>

    private static let headsMicroseconds: Int64 = 60_000_000

    /// - Parameter owner: This node's name among those that seal.
    public init(key: AuditKey, files: AuditFiles, owner: String, host: Host) {
        sealer = AuditSealer(key: key, owner: owner)
        self.files = files
        self.key = key
        self.host = host
        written = Mutex(host.now() / 1_000)
    }

    /// Sealing each second; heads on the disk each minute; at the end both. One job, so that the
    /// last heads are those of the last sealing.
    public func job(_ database: any Database) -> Job {
        let end = { @Sendable in
            try await self.seal(database)
            try self.writeHeads()
        }
        return Job("audit", everySeconds: 1, atEnd: end) {
            try await self.seal(database)
            let now = self.host.now() / 1_000
            let isDue = self.written.withLock { written in
                guard now - written >= AuditKeeping.headsMicroseconds else { return false }
                written = now
                return true
            }
            if isDue { try self.writeHeads() }
        }
    }

    func seal(_ database: any Database) async throws {
        let heads = try await sealer.seal(database, now: host.now() / 1_000)
        newHeads.withLock { known in
            for head in heads { known[head.chain] = head }
        }
    }

    func writeHeads() throws(AuditFiles.Failure) {
        let heads = newHeads.withLock { known in
            defer { known = [:] }
            return known
        }
        do {
            try files.append(
                heads.values.sorted { $0.chain < $1.chain }, signedWith: key)
        } catch {
            // Newer ones may have come meanwhile: a chain needs only its newest.
            newHeads.withLock { $0.merge(heads) { newer, _ in newer } }
            throw error
        }
    }
}
