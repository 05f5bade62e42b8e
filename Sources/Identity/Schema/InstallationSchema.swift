import Storage

extension Schema {
    /// What an installation has once: the value by which a node shows that it has the keys, and the
    /// link that makes the first administrator.
    static let installation = Migration(
        5, "installation",
        step(
            """
            CREATE TABLE sealing_checks (
                name TEXT PRIMARY KEY, sealed BYTES NOT NULL, sealed_at BIGINT NOT NULL
            )
            """)
            + step(
                """
                CREATE TABLE setup_links (
                    purpose TEXT PRIMARY KEY, digest BYTES NOT NULL, address TEXT,
                    made_at BIGINT NOT NULL, expires_at BIGINT NOT NULL, used_at BIGINT
                )
                """))
}
