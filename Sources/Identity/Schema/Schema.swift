import Storage

/// The tables, by migration. A migration that was released is never changed.
enum Schema {
    /// A tenant's table: its rows name their organization, which PostgreSQL enforces and every
    /// foreign key repeats.
    static func tenantTable(_ name: String, _ columns: String) -> [Migration.Step] {
        [.both("CREATE TABLE \(name) (\(columns))")] + Identity.roles.wall(around: name)
    }

    /// Bytes, as each dialect calls them, stand as `BYTES` in a statement.
    static func withBytes(_ sql: String) -> [Migration.Step] {
        [
            .sqlite(sql.replacing("BYTES", with: "BLOB")),
            .postgresql(sql.replacing("BYTES", with: "BYTEA")),
        ]
    }
}
