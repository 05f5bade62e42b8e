import CSQLite

/// SQLite's status and message as a failure of this room.
enum SQLiteFailure {
    /// - Parameter uniqueIndexes: Those of a table, asked where one of them is to be named.
    static func of(
        _ status: Int32, _ message: String, uniqueIndexes: (String) -> [SQLiteIndexes.Index]
    ) -> StorageFailure {
        switch status {
        case CSQLITE.unique, CSQLITE.primaryKey, CSQLITE.rowID:
            return .constraint(.unique, name: uniqueName(detail(message), uniqueIndexes))
        case CSQLITE.foreignKey: return .constraint(.foreignKey, name: nil)
        case CSQLITE.notNull: return .constraint(.notNull, name: detail(message))
        case CSQLITE.check: return .constraint(.check, name: detail(message))
        default: break
        }
        switch status & 0xFF {
        case SQLITE_BUSY, SQLITE_LOCKED: return .conflict
        case SQLITE_INTERRUPT: return .timeout
        // What fails here is the disk or the memory, and may be mended.
        case SQLITE_FULL, SQLITE_IOERR, SQLITE_NOMEM, SQLITE_CANTOPEN, SQLITE_CORRUPT,
            SQLITE_NOTADB:
            return .unavailable(retryAfterSeconds: 10)
        default: return .invalid(message)
        }
    }

    /// What follows the colon of `UNIQUE constraint failed: t.a, t.b`.
    private static func detail(_ message: String) -> String {
        let parts = message.split(separator: ": ", maxSplits: 1)
        return String(parts.last ?? "")
    }

    /// The name that PostgreSQL would give: of the index if it was made under a name, else what it
    /// makes of table and columns.
    private static func uniqueName(
        _ detail: String, _ indexes: (String) -> [SQLiteIndexes.Index]
    ) -> String {
        // An index over expressions is named instead of its columns: `index 'name'`.
        if detail.hasPrefix("index '") { return String(detail.dropFirst(7).dropLast()) }
        let places = detail.split(separator: ", ").map { $0.split(separator: ".", maxSplits: 1) }
        guard let table = places.first?.first.map(String.init) else { return detail }
        let columns = places.compactMap { $0.last.map(String.init) }
        let found = indexes(table).first { $0.columns == columns }
        switch found?.origin {
        case "c": return found?.name ?? detail
        case "u": return "\(table)_\(columns.joined(separator: "_"))_key"
        // A primary key over one integer has no index of its own.
        default: return "\(table)_pkey"
        }
    }
}

/// Extended status codes; their macros are sums, which Swift does not import.
private enum CSQLITE {
    static let check = SQLITE_CONSTRAINT | (1 << 8)
    static let foreignKey = SQLITE_CONSTRAINT | (3 << 8)
    static let notNull = SQLITE_CONSTRAINT | (5 << 8)
    static let primaryKey = SQLITE_CONSTRAINT | (6 << 8)
    static let unique = SQLITE_CONSTRAINT | (8 << 8)
    static let rowID = SQLITE_CONSTRAINT | (10 << 8)
}

/// What the schema says of unique indexes.
enum SQLiteIndexes {
    struct Index {
        let name: String
        /// `c` where it was made as an index, `u` and `pk` where by the table.
        let origin: String
        let columns: [String]
    }

    static func unique(of table: String, on connection: SQLiteConnection) -> [Index] {
        let sql = """
            SELECT l.name AS name, l.origin AS origin, i.name AS part
            FROM pragma_index_list($1) AS l, pragma_index_info(l.name) AS i
            WHERE l."unique" ORDER BY l.seq, i.seqno
            """
        let rows = (try? connection.run(Statement(sql, [.text(table)])).rows) ?? []
        return rows.reduce(into: [Index]()) { indexes, row in
            guard let name = try? row.text("name"), let origin = try? row.text("origin"),
                let column = try? row.text(orNull: "part")
            else { return }
            if let last = indexes.last, last.name == name {
                indexes.removeLast()
                indexes.append(Index(name: name, origin: origin, columns: last.columns + [column]))
            } else {
                indexes.append(Index(name: name, origin: origin, columns: [column]))
            }
        }
    }
}
