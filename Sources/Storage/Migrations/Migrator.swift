/// Brings a database's schema to what this program expects. Any number of nodes may do so at once.
public enum Migrator {
    /// Applies what is missing, in order, each in a transaction of its own: a failure leaves those
    /// before it applied.
    /// - Parameter database: On PostgreSQL, of the role that owns the tables.
    /// - Parameter now: Microseconds since 1970, for the record.
    /// - Returns: The numbers of those applied by this call.
    /// - Throws: `MigrationFault` before anything is applied, or `StorageFailure`.
    @discardableResult
    public static func run(
        _ database: any Database, _ migrations: [Migration], now: Int64
    ) async throws -> [Int] {
        let ordered = migrations.sorted { $0.number < $1.number }
        let numbers = ordered.map(\.number)
        precondition(Set(numbers).count == numbers.count, "two migrations have one number")
        try await database.schemaChange { try await prepare($0) }
        var applied: [Int] = []
        for migration in ordered {
            let dialect = database.dialect
            let isNew = try await database.schemaChange { transaction in
                let missing = try check(ordered, try await recorded(transaction), dialect)
                guard missing.contains(migration.number) else { return false }
                try await apply(migration, dialect, transaction, now: now)
                return true
            }
            if isNew { applied.append(migration.number) }
        }
        return applied
    }

    private struct Record: Sendable {
        let number: Int
        let name: String
        let checksum: String
    }

    private static func prepare(_ transaction: Transaction) async throws {
        try await transaction.execute(
            Statement(
                """
                CREATE TABLE IF NOT EXISTS schema_migrations (
                    number BIGINT PRIMARY KEY, name TEXT NOT NULL, checksum TEXT NOT NULL,
                    applied_at BIGINT NOT NULL
                )
                """))
    }

    private static func recorded(_ transaction: Transaction) async throws -> [Record] {
        let rows = try await transaction.query(
            Statement("SELECT number, name, checksum FROM schema_migrations ORDER BY number"))
        return try rows.map { row in
            Record(
                number: Int(try row.integer("number")), name: try row.text("name"),
                checksum: try row.text("checksum"))
        }
    }

    /// - Returns: The numbers that are missing.
    private static func check(
        _ known: [Migration], _ records: [Record], _ dialect: Dialect
    ) throws(MigrationFault) -> [Int] {
        for record in records {
            guard let migration = known.first(where: { $0.number == record.number }) else {
                throw .unknown(number: record.number, name: record.name)
            }
            guard migration.checksum(dialect) == record.checksum else {
                throw .changed(number: migration.number, name: migration.name)
            }
        }
        let applied = Set(records.map(\.number))
        let missing = known.filter { !applied.contains($0.number) }
        if let first = missing.first, let last = records.last?.number, first.number < last {
            throw .late(number: first.number, name: first.name)
        }
        return missing.map(\.number)
    }

    private static func apply(
        _ migration: Migration, _ dialect: Dialect, _ transaction: Transaction, now: Int64
    ) async throws {
        for sql in migration.statements.compactMap({ $0.sql(dialect) }) {
            try await transaction.execute(Statement(sql))
        }
        try await transaction.execute(
            Statement(
                "INSERT INTO schema_migrations VALUES ($1, $2, $3, $4)",
                [
                    .integer(Int64(migration.number)), .text(migration.name),
                    .text(migration.checksum(dialect)), .integer(now),
                ]))
    }
}
