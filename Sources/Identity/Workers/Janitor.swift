public import RegoMachine
public import Storage

/// Removes rows whose time is over, a bounded number in each transaction.
public struct Janitor: Sendable {
    /// Rows of a table that go once an instant in them is old enough.
    struct Expiry: Sendable {
        let table: String
        /// What is unique in the table: a column, or several with commas.
        let key: String
        let age: Age
        /// How long a row is kept after it.
        let keptSeconds: Int64
        /// Of SQL, what a row must also fulfil.
        var condition = "TRUE"

        /// What tells of the instant.
        enum Age {
            /// A column that holds it, or nothing in a row that stays.
            case column(String)
            /// The ids of the rows, which sort by when they were made.
            case id(Identifier.Kind)
        }

        /// Of rows that are old enough.
        /// - Parameter instant: Microseconds since 1970.
        fileprivate func isBefore(_ instant: Int64) -> (sql: String, value: SQLValue) {
            switch age {
            case .column(let column): ("\(column) < $1", .integer(instant))
            case .id(let kind): ("id < $1", .text(Identifier.bound(kind, before: instant)))
            }
        }
    }

    /// Of every installation.
    private static let everywhere = [
        Expiry(table: "messages", key: "id", age: .column("delivered_at"), keptSeconds: 7 * day),
        Expiry(table: "messages", key: "id", age: .column("died_at"), keptSeconds: 30 * day),
        Expiry(
            table: "idempotent_answers", key: "principal_id, key_digest",
            age: .column("expires_at"), keptSeconds: 0),
        Expiry(table: "api_keys", key: "id", age: .column("revoked_at"), keptSeconds: 90 * day),
        Expiry(table: "api_keys", key: "id", age: .column("expires_at"), keptSeconds: 90 * day),
        Expiry(
            table: "pending_registrations", key: "id", age: .column("expires_at"), keptSeconds: 0),
        Expiry(table: "domains", key: "id", age: .column("expires_at"), keptSeconds: 0),
        Expiry(table: "mail_links", key: "id", age: .column("expires_at"), keptSeconds: 0),
        Expiry(
            table: "asked_mails", key: "id", age: .id(.addressRequest),
            keptSeconds: MailboxLimit.seconds),
        Expiry(table: "sign_in_lanes", key: "lane", age: .column("expires_at"), keptSeconds: 0),
        Expiry(
            table: "known_devices", key: "account_id, digest", age: .column("expires_at"),
            keptSeconds: 0),
        Expiry(
            table: "revocations", key: "kind, subject", age: .column("expires_at"), keptSeconds: 0),
        Expiry(
            table: "refresh_tokens", key: "family_id, used_digest", age: .column("expires_at"),
            keptSeconds: 30 * day,
            condition: "family_id IN (SELECT id FROM refresh_families WHERE expires_at < $1)"),
        Expiry(
            table: "refresh_families", key: "id", age: .column("expires_at"), keptSeconds: 30 * day,
            condition: """
                NOT EXISTS (
                    SELECT 1 FROM refresh_tokens t WHERE t.family_id = refresh_families.id)
                """),
        // What led to a session stays as long as whoever looks into it may ask.
        Expiry(
            table: "sessions", key: "id", age: .column("expires_at"), keptSeconds: 90 * day,
            condition: """
                NOT EXISTS (
                    SELECT 1 FROM refresh_families f WHERE f.session_id = sessions.id)
                """),
        Expiry(
            table: "grants", key: "id", age: .id(.grant), keptSeconds: 90 * day,
            condition: """
                NOT EXISTS (SELECT 1 FROM refresh_families f WHERE f.grant_id = grants.id)
                """),
    ]

    private static let day: Int64 = 86_400
    private static let batchRows = 500

    private let lease: Lease
    let expiries: [Expiry]

    /// - Parameter owner: This node's name among those that sweep.
    public init(owner: String, decisionsKeptDays: Int) {
        lease = Lease("janitor", owner: owner, seconds: 300)
        let decisions = Expiry(
            table: "decisions", key: "id", age: .id(.decision),
            keptSeconds: Int64(decisionsKeptDays) * Janitor.day,
            condition: LegalHold.none(on: "decisions.organization_id"))
        expiries = Janitor.everywhere + [decisions]
    }

    /// Each minute, on one node.
    public func job(_ database: any Database, _ host: Host) -> Job {
        Job("janitor", everySeconds: 60) {
            _ = try await sweep(database, now: host.now() / 1_000)
        }
    }

    /// - Parameter now: Microseconds since 1970.
    /// - Returns: How many rows went; none where another node sweeps.
    /// - Throws: `StorageFailure`; what went before it is gone.
    public func sweep(_ database: any Database, now: Int64) async throws -> Int {
        let swept = try await lease.whileHeld(database, now: now) {
            var rows = 0
            for expiry in expiries {
                rows += try await Janitor.sweep(expiry, database, now: now)
            }
            return rows
        }
        return swept ?? 0
    }

    private static func sweep(
        _ expiry: Expiry, _ database: any Database, now: Int64
    ) async throws -> Int {
        let statement = deletion(of: expiry, now: now)
        var rows = 0
        while !Task.isCancelled {
            let count = try await database.transaction(in: .system) { transaction in
                try await transaction.execute(statement)
            }
            rows += count
            if count < batchRows { break }
        }
        return rows
    }

    /// Of so many rows as go in one transaction.
    static func deletion(of expiry: Expiry, now: Int64) -> Statement {
        let (isBefore, instant) = expiry.isBefore(now - expiry.keptSeconds * 1_000_000)
        return Statement(
            """
            DELETE FROM \(expiry.table) WHERE (\(expiry.key)) IN (
                SELECT \(expiry.key) FROM \(expiry.table) WHERE \(isBefore)
                    AND \(expiry.condition)
                LIMIT \(batchRows))
            """, [instant])
    }
}
