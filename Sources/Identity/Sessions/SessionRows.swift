public import Storage

/// The rows of sessions: how they are looked up, ended and counted.
public enum SessionRows {
    /// The session of a cookie, whoever's it is.
    public static func finding(_ cookie: OpaqueToken) -> Statement {
        Statement(
            """
            SELECT s.secret_digest, s.account_id, s.organization_id, s.acr, s.signed_in_at,
                s.last_active_at, s.idle_expires_at, s.expires_at, s.revoked_at, s.site, e.method
            FROM sessions s LEFT JOIN session_evidence e ON e.session_id = s.id
            WHERE s.id = $1 AND s.kind = 'browser' ORDER BY e.place
            """, [.text(cookie.id)])
    }

    /// Those of an account that are good, newest first.
    static func live(of account: String, now: Int64) -> Statement {
        Statement(
            """
            SELECT s.id, s.kind, s.client_id, s.organization_id, s.network_address, s.user_agent,
                s.acr, s.signed_in_at, s.created_at, s.last_active_at, s.idle_expires_at,
                s.expires_at, s.site
            FROM sessions s
            WHERE s.account_id = $1 AND s.revoked_at IS NULL AND s.idle_expires_at > $2
                AND s.expires_at > $2
            ORDER BY s.created_at DESC, s.id DESC
            """, [.text(account), .integer(now)])
    }

    /// The ids of those that an account has beside its newest ones.
    static func beyond(_ count: Int, of account: String, now: Int64) -> Statement {
        Statement(
            """
            SELECT id FROM sessions
            WHERE account_id = $1 AND revoked_at IS NULL AND idle_expires_at > $2
                AND expires_at > $2
            ORDER BY created_at DESC, id DESC LIMIT 1000 OFFSET $3
            """, [.text(account), .integer(now), .integer(Int64(count))])
    }

    /// What was handed over from one session comes from another one from now on.
    static func passing(from old: String, to new: String) -> Statement {
        Statement(
            "UPDATE sessions SET handed_over_by = $2 WHERE handed_over_by = $1",
            [.text(old), .text(new)])
    }

    /// Ends sessions: they, what was handed over from them, their refresh tokens and their access
    /// tokens are of no use from now on.
    /// - Parameter reason: A word for the record.
    static func revoke(
        _ ids: [String], for reason: String, in transaction: Transaction, now: Int64
    ) async throws -> [Revocation] {
        var revoked: [Revocation] = []
        for id in ids {
            let revocation = Revocation(.session, id, now: now)
            let (row, time, word) = (
                SQLValue.text(id), SQLValue.integer(now), SQLValue.text(reason)
            )
            try transaction.add(
                Statement(
                    """
                    UPDATE sessions SET revoked_at = $2, revoked_for = $3
                    WHERE (id = $1 OR handed_over_by = $1) AND revoked_at IS NULL
                    """, [row, time, word]),
                Statement(
                    """
                    UPDATE refresh_families SET revoked_at = $2, revoked_for = $3
                    WHERE session_id = $1 AND revoked_at IS NULL
                    """, [row, time, word]),
                revocation.insertion(now: now))
            revoked.append(revocation)
        }
        return revoked
    }

    /// Ends all that are good but one, of an account or of everybody, in a few statements.
    /// - Parameter organization: Those that are good for it alone.
    static func revokeEvery(
        of account: String? = nil, boundTo organization: String? = nil,
        except kept: String? = nil, for reason: String, in transaction: Transaction, now: Int64
    ) async throws -> [Revocation] {
        var values: [SQLValue] = [.integer(now), .text(reason)]
        var whose = ""
        let bound = SessionRows.bound(of: account)
        for (column, id) in [("account_id", account), (bound, organization)] {
            guard let id else { continue }
            values.append(.text(id))
            whose += " AND \(column) = $\(values.count)"
        }
        let ended = try await transaction.query(
            Statement(
                """
                UPDATE sessions SET revoked_at = $1, revoked_for = $2
                WHERE revoked_at IS NULL AND idle_expires_at > $\(values.count + 2)
                    AND expires_at > $\(values.count + 2) AND id <> $\(values.count + 1)\(whose)
                RETURNING id
                """, values + [.text(kept ?? ""), .integer(justEnded(now))]))
        let these = "sessions WHERE revoked_at = $1 AND revoked_for = $2\(whose)"
        try transaction.add(
            Statement(
                """
                UPDATE refresh_families SET revoked_at = $1, revoked_for = $2
                WHERE revoked_at IS NULL AND session_id IN (SELECT id FROM \(these))
                """, values))
        let revocations = try ended.map { Revocation(.session, try $0.text("id"), now: now) }
        guard let end = revocations.first?.expiresAt else { return [] }
        try transaction.add(
            Statement(
                """
                INSERT INTO revocations (kind, subject, revoked_at, expires_at)
                SELECT 'session', id, revoked_at, revoked_at + \(end - now) FROM \(these)
                ON CONFLICT (kind, subject) DO NOTHING
                """, values))
        return revocations
    }

    /// Clocks may differ: a token of a session that has just ended is taken for that long.
    private static func justEnded(_ now: Int64) -> Int64 {
        now - AccessToken.skewSeconds * 1_000_000
    }

    /// The column of the organization. Of one account, SQLite would rather read all rows of the
    /// organization than those few.
    private static func bound(of account: String?) -> String {
        account == nil ? "organization_id" : "COALESCE(organization_id, '')"
    }

    /// Ends what is good for one organization alone, of one principal or of everybody: sessions,
    /// and refresh tokens, also those that no session stands behind.
    static func revokeBound(
        to organization: String, of principal: String? = nil, for reason: String,
        in transaction: Transaction, now: Int64
    ) async throws -> [Revocation] {
        var values: [SQLValue] = [.integer(now), .text(reason), .text(organization)]
        if let principal { values.append(.text(principal)) }
        try transaction.add(
            Statement(
                """
                UPDATE refresh_families SET revoked_at = $1, revoked_for = $2
                WHERE revoked_at IS NULL AND grant_id IN (
                    SELECT id FROM grants WHERE \(bound(of: principal)) = $3
                        \(principal == nil ? "" : "AND principal_id = $4"))
                """, values))
        return try await revokeEvery(
            of: principal, boundTo: organization, for: reason, in: transaction, now: now)
    }

    /// Ends all of an account's but one.
    static func revokeAll(
        of account: String, except kept: String? = nil, for reason: String,
        in transaction: Transaction, now: Int64
    ) async throws -> [Revocation] {
        let rows = try await transaction.query(live(of: account, now: justEnded(now)))
        let ids = try rows.map { try $0.text("id") }.filter { $0 != kept }
        return try await revoke(ids, for: reason, in: transaction, now: now)
    }
}

extension SessionRows {
    /// Who shows a cookie; `nil`: it opens nothing, or not any more.
    /// - Parameter rows: Those of `finding`.
    /// - Parameter now: Microseconds since 1970.
    public static func credential(
        _ cookie: OpaqueToken, _ rows: [Row], now: Int64
    ) throws(StorageFailure) -> Credential? {
        guard let row = rows.first, try row.integer(orNull: "revoked_at") == nil,
            let digest = try row.bytes(orNull: "secret_digest"), cookie.isOf(digest),
            try row.integer("idle_expires_at") > now, try row.integer("expires_at") > now
        else { return nil }
        var references: [String] = []
        for row in rows {
            let method = try row.text(orNull: "method").flatMap(Evidence.Method.init)
            if let method, !references.contains(method.reference) {
                references.append(method.reference)
            }
        }
        var credential = Credential(
            kind: .session, id: cookie.id, principal: try row.text("account_id"),
            organization: try row.text(orNull: "organization_id"), scopes: ["*"])
        credential.session = SessionFacts(
            id: cookie.id, methods: references, assurance: try row.text("acr"),
            signedInAt: try row.integer("signed_in_at"), site: try row.text(orNull: "site"))
        return credential
    }

    /// - Returns: Whether the session's last activity is to be written again.
    public static func isStale(_ rows: [Row], now: Int64) -> Bool {
        let last = try? rows.first?.integer("last_active_at")
        return last.map { SessionActivity.isDue($0, now: now) } ?? false
    }
}

extension Credential {
    /// Who shows an access token that was found to be ours.
    public init(_ token: AccessToken) {
        self.init(
            kind: .token, id: token.id, principal: token.subject,
            organization: token.organization, scopes: token.scopes)
        guard let id = token.session else { return }
        session = SessionFacts(
            id: id, methods: token.signIn.methods, assurance: token.signIn.assurance,
            signedInAt: token.signIn.at * 1_000_000)
    }
}
