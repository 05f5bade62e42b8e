import RegoMachine
import Synchronization

/// The answers that a process keeps from one query to the next, least recently used out first.
final class ResponseCache: Sendable {
    /// Of keys, heads and bodies together.
    static let bytesMax = 64 << 20
    /// What an entry costs besides its texts.
    private static let entryBytes = 256

    private struct Entry {
        var stored: StoredResponse
        var bytes: Int
        var lastUse: UInt64
    }
    private struct State {
        var entries: [[UInt8]: Entry] = [:]
        var bytes = 0
        var uses: UInt64 = 0
    }
    private let state = Mutex(State())
    private let bytesMax: Int

    init(bytesMax: Int = ResponseCache.bytesMax) {
        self.bytesMax = bytesMax
    }

    func response(_ key: [UInt8]) -> StoredResponse? {
        state.withLock { state in
            state.uses += 1
            state.entries[key]?.lastUse = state.uses
            return state.entries[key]?.stored
        }
    }

    /// An answer that alone exceeds the bound is not kept; `nil` forgets the one before.
    func keep(_ key: [UInt8], _ stored: StoredResponse?) {
        state.withLock { state in
            if let old = state.entries.removeValue(forKey: key) { state.bytes -= old.bytes }
            guard let stored else { return }
            let bytes = Self.entryBytes + key.count + Self.bytes(of: stored.response)
            guard bytes <= bytesMax else { return }
            while state.bytes + bytes > bytesMax,
                let oldest = state.entries.min(by: { $0.value.lastUse < $1.value.lastUse })
            {
                state.bytes -= oldest.value.bytes
                state.entries[oldest.key] = nil
            }
            state.uses += 1
            state.entries[key] = Entry(stored: stored, bytes: bytes, lastUse: state.uses)
            state.bytes += bytes
        }
    }

    private static func bytes(of response: HTTPResponse) -> Int {
        response.headers.reduce(response.body.count) { sum, field in
            field.values.reduce(sum + field.name.utf8.count) { $0 + $1.utf8.count + 16 }
        }
    }
}
