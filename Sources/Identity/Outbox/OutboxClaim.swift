import Storage

/// A message that one worker has for the time of its lease.
struct ClaimedMessage: Sendable {
    let id: String
    let organization: String?
    let recipient: String
    let lane: String
    let content: [UInt8]
    /// This one included, from 1.
    let attempts: Int64

    init(_ row: Row) throws(StorageFailure) {
        id = try row.text("id")
        organization = try row.text(orNull: "organization_id")
        recipient = try row.text("recipient")
        lane = try row.text("lane")
        content = try row.bytes("content")
        attempts = try row.integer("attempts")
    }
}

/// Who has which message, and what becomes of it afterwards.
struct OutboxClaim: Sendable {
    /// This process's name among those that deliver.
    let owner: String

    /// Longer than any attempt takes.
    static let leaseSeconds: Int64 = 120
    /// Messages of one lane that are under way at once on all nodes. A lane is an organization, or
    /// a recipient where the message is no organization's; the others do not wait behind it.
    static let laneMax = 3
    /// Lanes that are looked into at once.
    private static let lanesMax: Int64 = 64

    /// Takes messages that are due, from each lane its first before any lane's second.
    /// - Parameter now: Microseconds since 1970.
    /// - Parameter lane: Behind which to begin, so that the lanes take turns; empty: at the first.
    func messages(
        _ database: any Database, limit: Int, now: Int64, after lane: String = ""
    ) async throws -> [ClaimedMessage] {
        let statement = Statement(
            Self.claim,
            [
                .text(owner), .integer(now + Self.leaseSeconds * 1_000_000), .integer(now),
                .text(lane), .integer(Self.lanesMax), .integer(Int64(limit)),
            ])
        return try await database.transaction(in: .system) { transaction in
            try await transaction.query(statement).map { row in try ClaimedMessage(row) }
        }
    }

    /// Goes from lane to lane by the index: with 100,000 messages waiting, numbering them all took
    /// 200 ms and this takes one. What is under way in a lane is also what is due first, so that
    /// the lane's first few are all that may be taken.
    ///
    /// The guard stands outside as well, where PostgreSQL looks at a changed row again.
    private static let claim = """
        UPDATE messages SET lease_owner = $1, lease_until = $2, attempts = attempts + 1
        WHERE id IN (
            WITH RECURSIVE lanes (lane, number) AS (
                SELECT MIN(lane), 1 FROM messages
                WHERE status = 'pending' AND next_attempt_at <= $3 AND lease_until < $3
                    AND lane > $4
                UNION ALL
                SELECT (
                    SELECT MIN(m.lane) FROM messages AS m
                    WHERE m.status = 'pending' AND m.next_attempt_at <= $3
                        AND m.lease_until < $3 AND m.lane > lanes.lane
                ), number + 1
                FROM lanes WHERE lane IS NOT NULL AND number < $5
            )
            SELECT id FROM (\(firsts)) AS firsts
            WHERE id IS NOT NULL ORDER BY place, lane LIMIT $6
        ) AND status = 'pending' AND lease_until < $3
        RETURNING id, organization_id, recipient, lane, content, attempts
        """

    /// SQLite wants a number behind OFFSET.
    private static let firsts = (0..<laneMax).map { place in
        """
        SELECT lane, \(place) AS place, (
            SELECT CASE WHEN m.lease_until < $3 THEN m.id END FROM messages AS m
            WHERE m.status = 'pending' AND m.lane = lanes.lane AND m.next_attempt_at <= $3
            ORDER BY m.next_attempt_at, m.id LIMIT 1 OFFSET \(place)
        ) AS id FROM lanes
        """
    }.joined(separator: " UNION ALL ")

    func complete(_ message: ClaimedMessage, _ database: any Database, now: Int64) async throws {
        try await end(
            message, database,
            "status = 'delivered', content = NULL, last_error = NULL, delivered_at = $4",
            [.integer(now)])
    }

    func postpone(
        _ message: ClaimedMessage, _ database: any Database, until instant: Int64, reason: String
    ) async throws {
        try await end(
            message, database, "next_attempt_at = $4, last_error = $5",
            [.integer(instant), .text(reason)])
    }

    func giveUp(
        _ message: ClaimedMessage, _ database: any Database, now: Int64, reason: String
    ) async throws {
        try await end(
            message, database, "status = 'dead', died_at = $4, last_error = $5",
            [.integer(now), .text(reason)])
    }

    /// As if it had never been taken.
    func giveBack(_ message: ClaimedMessage, _ database: any Database) async throws {
        try await end(message, database, "attempts = attempts - 1", [])
    }

    /// Changes nothing where the lease has ended and another has the message.
    private func end(
        _ message: ClaimedMessage, _ database: any Database, _ change: String,
        _ values: [SQLValue]
    ) async throws {
        let statement = Statement(
            """
            UPDATE messages SET lease_owner = NULL, lease_until = 0, \(change)
            WHERE id = $1 AND lease_owner = $2 AND attempts = $3 AND status = 'pending'
            """, [.text(message.id), .text(owner), .integer(message.attempts)] + values)
        try await database.transaction(in: .system) { transaction in
            try await transaction.execute(statement)
        }
    }
}
