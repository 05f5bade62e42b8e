import Storage

extension Schema {
    /// The audit, and the leases of workers. Rows without an organization are the platform's.
    static let audit = Migration(
        2, "audit",
        step(
            """
            CREATE TABLE audit_entries (
                id TEXT PRIMARY KEY, organization_id TEXT, occurred_at BIGINT NOT NULL,
                actor_kind TEXT NOT NULL, actor_id TEXT, action TEXT NOT NULL,
                outcome TEXT NOT NULL
                    CHECK (outcome IN ('allowed', 'denied', 'rejected', 'failed')),
                resource_type TEXT, resource_id TEXT, decision_id TEXT, request_id TEXT,
                address TEXT, details TEXT NOT NULL, key_id TEXT NOT NULL, code BYTES NOT NULL,
                chain TEXT NOT NULL, seq BIGINT, previous BYTES, hash BYTES, sealed_at BIGINT
            )
            """) + Identity.roles.wall(around: "audit_entries")
            + step(
                """
                CREATE TABLE leases (
                    name TEXT PRIMARY KEY, owner TEXT NOT NULL, until BIGINT NOT NULL
                )
                """) + [
                .both("CREATE UNIQUE INDEX audit_entries_seq_key ON audit_entries (chain, seq)"),
                .both(
                    """
                    CREATE INDEX audit_entries_unsealed ON audit_entries (chain, occurred_at, id)
                    WHERE seq IS NULL
                    """),
                .both("CREATE INDEX audit_entries_by_time ON audit_entries (chain, occurred_at)"),
            ])
}
