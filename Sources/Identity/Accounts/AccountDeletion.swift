import Storage

/// The end of an account: nobody comes in by it any more, and what it had goes, but its id and the
/// record of what it did.
enum AccountDeletion {
    /// Whom it would leave behind without anybody.
    static let loader = Loader(
        "account",
        { request in
            guard let account = request.credential?.principal else { return [] }
            return [
                Statement(AccountStanding.administrators, [.text(account)]),
                owned(by: account, now: request.time),
            ]
        },
        read: { (rows, request) throws(StorageFailure) in
            let id = request.credential?.principal
            guard rows.count == 2, let count = rows[0].first else {
                return ResourceFacts(id: id, exists: true)
            }
            var owned: [JSON] = []
            for row in rows[1] {
                owned.append([
                    "organization": .text(try row.text("id")),
                    "slug": .text(try row.text("slug")),
                    "other_owners": .integer(try row.integer("other_owners")),
                ])
            }
            return ResourceFacts(
                id: id, exists: true,
                attributes: [
                    "other_administrators": .integer(try count.integer("others")),
                    "owned": .array(owned),
                ])
        })

    private static func owned(by account: String, now: Int64) -> Statement {
        Statement(
            """
            SELECT o.id, o.slug, (
                SELECT COUNT(DISTINCT m.id) FROM memberships m
                JOIN accounts a ON a.id = m.principal_id AND a.status = 'active'
                \(ownership)
                WHERE m.organization_id = o.id AND m.status = 'active'
                    AND m.principal_id <> $1 AND (s.expires_at IS NULL OR s.expires_at > $2)
            ) AS other_owners
            FROM organizations o
            WHERE o.status <> 'deleted' AND o.id IN (
                SELECT m.organization_id FROM memberships m \(ownership)
                WHERE m.principal_id = $1)
            ORDER BY o.id
            """, [.text(account), .integer(now)])
    }

    private static let ownership = """
        JOIN membership_roles s
            ON s.organization_id = m.organization_id AND s.membership_id = m.id
        JOIN roles r ON r.organization_id = s.organization_id AND r.id = s.role_id
            AND r.is_system = TRUE AND r.name = 'owner'
        """

    /// What opens something is good no longer; `$1` is the account and `$2` the time.
    private static let ended = [
        """
        UPDATE refresh_families SET revoked_at = $2, revoked_for = 'account_deleted'
        WHERE revoked_at IS NULL AND grant_id IN (SELECT id FROM grants WHERE principal_id = $1)
        """,
        """
        UPDATE api_keys SET revoked_at = $2, version = version + 1
        WHERE principal_id = $1 AND revoked_at IS NULL
        """,
        """
        UPDATE accounts SET status = 'deleted', display_name = 'Deleted account',
            version = version + 1, updated_at = $2
        WHERE id = $1
        """,
    ]

    /// In an order in which nothing refers to what is gone.
    private static let removed = [
        """
        membership_roles WHERE membership_id IN (
            SELECT id FROM memberships WHERE principal_id = $1)
        """,
        "memberships WHERE principal_id = $1", "platform_roles WHERE principal_id = $1",
        "credentials WHERE account_id = $1", "known_devices WHERE account_id = $1",
        "mail_links WHERE account_id = $1", "address_requests WHERE account_id = $1",
        "account_addresses WHERE account_id = $1", "idempotent_answers WHERE principal_id = $1",
    ]

    static func run(_ call: OperationCall, _ transaction: Transaction) async throws -> Reply {
        guard let account = call.subject.id else { throw Fault(.unauthenticated) }
        let now = call.request.time
        try await tell(account, call, transaction)
        var reply = Reply.none
        reply.revoked = try await SessionRows.revokeAll(
            of: account, for: "account_deleted", in: transaction, now: now)
        for sql in ended {
            try await transaction.execute(Statement(sql, [.text(account), .integer(now)]))
        }
        for rows in removed {
            try await transaction.execute(Statement("DELETE FROM \(rows)", [.text(account)]))
        }
        try await transaction.execute(SignInLane(of: account, device: nil).reset)
        reply.cookies = [.forgotten(.session), .forgotten(.attempt), .forgotten(.device)]
        reply.changed = account
        return reply
    }

    private static func tell(
        _ account: String, _ call: OperationCall, _ transaction: Transaction
    ) async throws {
        let rows = try await transaction.query(AccountAddresses.primary(of: account))
        guard let address = MailAddress(try rows.first?.text("address") ?? "") else { return }
        try await call.outbox.append(
            AccountDeletedMail(deleted: call.circumstances), to: address, organization: nil,
            in: transaction)
    }
}
