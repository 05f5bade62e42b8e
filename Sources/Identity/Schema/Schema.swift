import Storage

/// The tables, by migration. A migration that was released is never changed.
enum Schema {
    /// One statement for both databases. `TEXT` is ordered by its bytes on both, whatever language
    /// a PostgreSQL server is set to, and `BYTES` is what each calls bytes.
    static func step(_ sql: String) -> [Migration.Step] {
        [
            .sqlite(sql.replacing("BYTES", with: "BLOB")),
            .postgresql(
                sql.replacing("TEXT", with: "TEXT COLLATE \"C\"")
                    .replacing("BYTES", with: "BYTEA")),
        ]
    }

    /// A tenant's table: its rows name their organization, which PostgreSQL enforces and every
    /// foreign key repeats.
    static func tenantTable(_ name: String, _ columns: String) -> [Migration.Step] {
        step("CREATE TABLE \(name) (\(columns))") + Identity.roles.wall(around: name)
    }
}
