import Storage

extension Schema {
    /// What is kept longer than usual, and where chains of the record begin after their old rows
    /// went.
    static let retention = Migration(
        6, "retention",
        step(
            """
            CREATE TABLE legal_holds (
                id TEXT PRIMARY KEY, organization_id TEXT REFERENCES organizations (id),
                reason TEXT NOT NULL, placed_at BIGINT NOT NULL, released_at BIGINT
            )
            """)
            + step(
                """
                CREATE TABLE audit_prunings (
                    chain TEXT PRIMARY KEY, seq BIGINT NOT NULL, hash BYTES NOT NULL,
                    code BYTES NOT NULL, pruned_at BIGINT NOT NULL
                )
                """))
}
