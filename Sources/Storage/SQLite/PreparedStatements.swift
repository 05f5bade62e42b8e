import CSQLite

/// The compiled statements of one connection; the one that was used longest ago goes first.
@safe struct PreparedStatements {
    @safe private struct Entry {
        let compiled: OpaquePointer
        var lastUse: UInt64
    }

    private let countMax: Int
    private var entries: [String: Entry] = [:]
    private var uses: UInt64 = 0

    init(countMax: Int) { self.countMax = countMax }

    @unsafe mutating func statement(_ sql: String) -> OpaquePointer? {
        uses += 1
        entries[sql]?.lastUse = uses
        return unsafe entries[sql]?.compiled
    }

    @unsafe mutating func keep(_ compiled: OpaquePointer, for sql: String) {
        if entries.count >= countMax,
            let oldest = entries.min(by: { $0.value.lastUse < $1.value.lastUse })
        {
            unsafe sqlite3_finalize(oldest.value.compiled)
            entries[oldest.key] = nil
        }
        entries[sql] = unsafe Entry(compiled: compiled, lastUse: uses)
    }

    mutating func finalizeAll() {
        for entry in entries.values { unsafe sqlite3_finalize(entry.compiled) }
        entries = [:]
    }
}
