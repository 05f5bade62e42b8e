import Storage

extension Schema {
    /// Whether the installation is under maintenance: one row, which every node reads.
    static let maintenance = Migration(
        12, "maintenance",
        step(
            """
            CREATE TABLE maintenance (
                name TEXT PRIMARY KEY CHECK (name = 'installation'), is_on BOOLEAN NOT NULL,
                message TEXT NOT NULL, reason TEXT NOT NULL, since BIGINT NOT NULL,
                ends_at BIGINT, started_by TEXT REFERENCES accounts (id), version BIGINT NOT NULL
            )
            """) + [
                .both(
                    """
                    INSERT INTO maintenance VALUES
                    ('installation', FALSE, '', '', 0, NULL, NULL, 1)
                    """)
            ])
}
