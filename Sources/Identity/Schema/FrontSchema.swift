import Storage

extension Schema {
    /// What the path of a request needs: addresses, keys, decisions, answers that are kept.
    static let front = Migration(
        3, "front",
        step(
            """
            CREATE TABLE account_addresses (
                id TEXT PRIMARY KEY, realm_id TEXT NOT NULL REFERENCES realms (id),
                account_id TEXT NOT NULL REFERENCES accounts (id), address TEXT NOT NULL,
                address_key TEXT NOT NULL, is_primary BOOLEAN NOT NULL, verified_at BIGINT,
                created_at BIGINT NOT NULL
            )
            """)
            + step(
                """
                CREATE TABLE api_keys (
                    id TEXT PRIMARY KEY, principal_id TEXT NOT NULL REFERENCES principals (id),
                    organization_id TEXT NOT NULL REFERENCES organizations (id),
                    name TEXT NOT NULL, secret_digest BYTES NOT NULL, scopes TEXT NOT NULL,
                    created_at BIGINT NOT NULL, expires_at BIGINT, revoked_at BIGINT
                )
                """)
            + tenantTable(
                "decisions",
                """
                id TEXT PRIMARY KEY, organization_id TEXT, decided_at BIGINT NOT NULL,
                action TEXT NOT NULL, subject_kind TEXT NOT NULL, subject_id TEXT,
                is_allowed BOOLEAN NOT NULL, rule TEXT NOT NULL, reasons TEXT NOT NULL,
                input TEXT NOT NULL, revision TEXT NOT NULL, request_id TEXT NOT NULL
                """)
            + step(
                """
                CREATE TABLE idempotent_answers (
                    principal_id TEXT NOT NULL REFERENCES principals (id),
                    key_digest BYTES NOT NULL,
                    request_digest BYTES NOT NULL, status BIGINT NOT NULL, answer TEXT,
                    location TEXT, version BIGINT, expires_at BIGINT NOT NULL,
                    PRIMARY KEY (principal_id, key_digest)
                )
                """) + [
                // Of several accounts that claim an address, one has shown that it is theirs.
                .both(
                    """
                    CREATE UNIQUE INDEX account_addresses_verified_key
                    ON account_addresses (realm_id, address_key) WHERE verified_at IS NOT NULL
                    """),
                .both(
                    "CREATE INDEX account_addresses_of_account ON account_addresses (account_id)"),
                .both("CREATE INDEX api_keys_of_principal ON api_keys (principal_id)"),
                .both(
                    """
                    CREATE INDEX decisions_by_time
                    ON decisions (organization_id, decided_at, id)
                    """),
                .both("CREATE INDEX decisions_by_age ON decisions (decided_at)"),
                .both(
                    "CREATE INDEX idempotent_answers_by_age ON idempotent_answers (expires_at)"),
            ])
}
