public import Storage
import Synchronization

/// Decisions on their way to the store. What only reads does not wait for a disk: its decision
/// stands here until a worker writes it together with its neighbours, and is found here meanwhile.
///
/// The buffer is bounded. Where the store is slower than requests, the newest decisions are not
/// kept, and are counted: a read that was allowed is served all the same. Decisions about changes
/// never come here; they are written in the transaction that changes.
public final class DecisionBuffer: Sendable {
    private struct State {
        var waiting: [String: DecisionRecord] = [:]
        /// Taken by a writer, the newest batches last. They stay a few flushes longer: who has
        /// asked the database just before they were written finds them here.
        var leaving: [[String: DecisionRecord]] = []
        var dropped: UInt64 = 0
    }

    public static let recordsMax = 20_000
    /// Of one transaction.
    private static let batchMax = 1_000
    private static let batchesKept = 8

    private let state = Mutex(State())

    public init() {}

    public func add(_ record: DecisionRecord) {
        state.withLock { state in
            guard state.waiting.count < DecisionBuffer.recordsMax else {
                state.dropped += 1
                return
            }
            state.waiting[record.id] = record
        }
    }

    /// Decisions that were not kept since the start.
    public var dropped: UInt64 { state.withLock { $0.dropped } }

    func record(_ id: String) -> DecisionRecord? {
        state.withLock { state in
            state.waiting[id] ?? state.leaving.lazy.compactMap { $0[id] }.first
        }
    }

    /// Writes what there is.
    /// - Throws: `StorageFailure`; what was not written stays.
    public func flush(to database: any Database) async throws {
        while true {
            let batch = take()
            if batch.isEmpty { return }
            do {
                try await database.transaction(in: .system) { transaction in
                    for record in batch { try transaction.add(record.insertion) }
                }
            } catch {
                giveBack(batch)
                throw error
            }
        }
    }

    private func take() -> [DecisionRecord] {
        state.withLock { state in
            let batch = state.waiting.values.sorted { $0.id < $1.id }
                .prefix(DecisionBuffer.batchMax)
            for record in batch { state.waiting[record.id] = nil }
            state.leaving.append(Dictionary(uniqueKeysWithValues: batch.map { ($0.id, $0) }))
            if state.leaving.count > DecisionBuffer.batchesKept { state.leaving.removeFirst() }
            return Array(batch)
        }
    }

    private func giveBack(_ batch: [DecisionRecord]) {
        state.withLock { state in
            for record in batch { state.waiting[record.id] = record }
        }
    }
}
