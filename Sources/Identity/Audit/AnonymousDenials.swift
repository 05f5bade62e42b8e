public import RegoMachine
public import Storage
import Synchronization

/// Denials of callers without a credential, and credentials that were rejected, counted by address,
/// action and minute: whoever knocks a thousand times makes one row of the record, not a thousand.
public final class AnonymousDenials: Sendable {
    private struct Kind: Hashable {
        let address: String
        let action: String
        let organization: String?
        let outcome: AuditEntry.Outcome
        let minute: Int64
    }

    private struct Count {
        var calls = 0
        /// One of the decisions, to look at; none was asked about who is rejected.
        let decision: String?
    }

    /// Addresses are many where one has a whole network: past this many kinds, one stands for all.
    private static let kindsMax = 10_000
    private static let microseconds: Int64 = 60_000_000

    private let counts = Mutex<[Kind: Count]>([:])

    public init() {}

    /// - Parameter decision: That denied it; `nil`: the credential was no good.
    public func add(_ request: RequestFacts, decision: String?) {
        let minute = request.time / AnonymousDenials.microseconds
        let kind = Kind(
            address: request.address, action: request.operation.action,
            organization: request.tenant, outcome: decision == nil ? .rejected : .denied,
            minute: minute)
        counts.withLock { counts in
            let isFull = counts.count >= AnonymousDenials.kindsMax && counts[kind] == nil
            let counted =
                isFull
                ? Kind(
                    address: "others", action: "*", organization: nil, outcome: kind.outcome,
                    minute: minute) : kind
            counts[counted, default: Count(decision: decision)].calls += 1
        }
    }

    /// Writes the counts of minutes that have ended into the record.
    /// - Parameter isLast: Also of the one that runs: nobody will come any more.
    /// - Throws: `StorageFailure`; what was not written is counted on.
    public func flush(
        to database: any Database, _ audit: AuditLog, _ host: Host, isLast: Bool = false
    ) async throws {
        let minute = host.now() / 1_000 / AnonymousDenials.microseconds
        let ended = counts.withLock { counts in
            let ended = counts.filter { isLast || $0.key.minute < minute }
            for kind in ended.keys { counts[kind] = nil }
            return ended
        }
        guard !ended.isEmpty else { return }
        let entries = ended.map { kind, count in
            AuditEntry(
                id: AuditEntry.newID(host), organization: kind.organization,
                occurredAt: kind.minute * AnonymousDenials.microseconds, actorKind: .anonymous,
                actor: nil, action: kind.action, outcome: kind.outcome,
                decision: count.decision,
                address: kind.address, details: #"{"count":\#(count.calls)}"#)
        }
        do {
            try await database.transaction(in: .system) { transaction in
                for entry in entries { try audit.append(entry, in: transaction) }
            }
        } catch {
            counts.withLock { $0.merge(ended) { now, _ in now } }
            throw error
        }
    }
}
