import Storage

extension Schema {
    /// The keys that sign tokens, sealed. Of those that sign, or will, there is one each.
    static let signingKeys = Migration(
        7, "signing_keys",
        step(
            """
            CREATE TABLE signing_keys (
                id TEXT PRIMARY KEY, algorithm TEXT NOT NULL,
                state TEXT NOT NULL CHECK (state IN ('next', 'active', 'retired')),
                public_key BYTES NOT NULL, private_key BYTES, created_at BIGINT NOT NULL,
                activated_at BIGINT, retired_at BIGINT, expires_at BIGINT,
                CONSTRAINT signing_keys_retired CHECK (
                    (state = 'retired') = (private_key IS NULL)
                    AND (state = 'retired') = (expires_at IS NOT NULL))
            )
            """) + [
                .both(
                    """
                    CREATE UNIQUE INDEX signing_keys_state_key ON signing_keys (state)
                    WHERE state <> 'retired'
                    """)
            ])
}
