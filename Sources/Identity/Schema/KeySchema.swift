import Storage

extension Schema {
    /// What keys are used for and how their secrets change, and the accounts of programs.
    static let keys = Migration(
        8, "keys",
        [
            "last_used_at BIGINT", "last_used_address TEXT", "rotated_at BIGINT",
            "previous_digest BYTES", "previous_until BIGINT", "version BIGINT NOT NULL DEFAULT 1",
        ].flatMap { step("ALTER TABLE api_keys ADD COLUMN \($0)") } + [
            // They were all there was to ask with: whoever has one may make others by it.
            .both("UPDATE api_keys SET scopes = '* key:*' WHERE scopes = '*'"),
            .both("CREATE INDEX api_keys_of_organization ON api_keys (organization_id, id)"),
            .both(
                """
                CREATE INDEX api_keys_expired ON api_keys (expires_at)
                WHERE expires_at IS NOT NULL
                """),
            .both(
                """
                CREATE INDEX api_keys_revoked ON api_keys (revoked_at)
                WHERE revoked_at IS NOT NULL
                """),
            .both(
                """
                CREATE UNIQUE INDEX principals_organization_key
                ON principals (organization_id, id)
                """),
        ]
            + step(
                """
                CREATE TABLE service_accounts (
                    id TEXT PRIMARY KEY, organization_id TEXT NOT NULL,
                    name TEXT NOT NULL, description TEXT NOT NULL,
                    status TEXT NOT NULL CHECK (status IN ('active', 'suspended', 'deleted')),
                    version BIGINT NOT NULL, created_at BIGINT NOT NULL,
                    updated_at BIGINT NOT NULL,
                    FOREIGN KEY (organization_id, id) REFERENCES principals (organization_id, id)
                )
                """) + [
                .both(
                    """
                    CREATE UNIQUE INDEX service_accounts_name_key
                    ON service_accounts (organization_id, name) WHERE status <> 'deleted'
                    """),
                .both(
                    """
                    CREATE INDEX service_accounts_of_organization
                    ON service_accounts (organization_id, id)
                    """),
            ])
}
