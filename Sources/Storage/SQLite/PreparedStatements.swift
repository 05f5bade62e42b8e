import CSQLite

/// A compiled statement with what is the same each time it runs.
@safe final class PreparedStatement {
    let compiled: OpaquePointer
    /// Of `$1`, `$2` and so on.
    let slots: [Int32]
    fileprivate var lastUse: UInt64 = 0
    private var names: [String]?
    /// How often the library had compiled it anew when the names were asked for.
    private var compilations: Int32 = 0

    init(_ compiled: OpaquePointer) {
        unsafe self.compiled = compiled
        slots = unsafe SQLiteParameters.slots(of: compiled)
    }

    /// The names of the columns; of `*`, those that there are since the last change of the schema.
    var columns: [String] {
        let found = unsafe sqlite3_stmt_status(compiled, SQLITE_STMTSTATUS_REPREPARE, 0)
        if let names, found == compilations { return names }
        let read = unsafe SQLiteColumns.names(of: compiled)
        (names, compilations) = (read, found)
        return read
    }
}

/// The compiled statements of one connection; the one that was used longest ago goes first.
struct PreparedStatements {
    private let countMax: Int
    private var entries: [String: PreparedStatement] = [:]
    private var uses: UInt64 = 0

    init(countMax: Int) { self.countMax = countMax }

    mutating func statement(_ sql: String) -> PreparedStatement? {
        guard let found = entries[sql] else { return nil }
        uses += 1
        found.lastUse = uses
        return found
    }

    mutating func keep(_ statement: PreparedStatement, for sql: String) {
        if entries.count >= countMax,
            let oldest = entries.min(by: { $0.value.lastUse < $1.value.lastUse })
        {
            unsafe sqlite3_finalize(oldest.value.compiled)
            entries[oldest.key] = nil
        }
        uses += 1
        statement.lastUse = uses
        entries[sql] = statement
    }

    mutating func finalizeAll() {
        for entry in entries.values { unsafe sqlite3_finalize(entry.compiled) }
        entries = [:]
    }
}
