import Storage

extension Schema {
    /// How people come in, and what they hold once they are in. All of it is an account's, which
    /// belongs to no organization.
    static let signingIn = Migration(
        9, "signing_in", recordOfNobody + decisionsOfNobody + proofs + failures + sessions + tokens)

    /// What is done without an organization is recorded by nodes, too; only workers read it.
    private static let recordOfNobody: [Migration.Step] = ["audit_entries", "decisions"].map {
        .postgresql(
            """
            CREATE POLICY \($0)_of_nobody ON \($0)
            FOR INSERT TO "\(Identity.roles.application)" WITH CHECK (organization_id IS NULL)
            """)
    }

    /// Decisions about accounts that ask outside of any organization, which their owners read.
    private static let decisionsOfNobody: [Migration.Step] = [
        .postgresql(
            """
            CREATE POLICY decisions_read_of_nobody ON decisions
            FOR SELECT TO "\(Identity.roles.application)" USING (organization_id IS NULL)
            """),
        .both("CREATE INDEX decisions_of_subject ON decisions (subject_id, decided_at)"),
    ]

    /// Of an address: what was asked for by whoever named it, and what the mail to it holds.
    private static let proofs =
        step(
            """
            CREATE TABLE pending_registrations (
                id TEXT PRIMARY KEY, address TEXT NOT NULL, address_key TEXT NOT NULL,
                display_name TEXT NOT NULL, password_hash TEXT, created_at BIGINT NOT NULL,
                expires_at BIGINT NOT NULL
            )
            """)
        + step(
            """
            CREATE TABLE address_requests (
                id TEXT PRIMARY KEY, purpose TEXT NOT NULL, address TEXT NOT NULL,
                account_id TEXT REFERENCES accounts (id), registration_id TEXT, attempt_id TEXT,
                network_address TEXT NOT NULL, user_agent TEXT, made_at BIGINT NOT NULL
            )
            """)
        + step(
            """
            CREATE TABLE mail_links (
                id TEXT PRIMARY KEY, purpose TEXT NOT NULL, digest BYTES NOT NULL, code BYTES,
                wrong_codes BIGINT NOT NULL, attempt_id TEXT, registration_id TEXT,
                account_id TEXT REFERENCES accounts (id), address TEXT NOT NULL,
                address_key TEXT NOT NULL, made_at BIGINT NOT NULL, expires_at BIGINT NOT NULL,
                used_at BIGINT
            )
            """)
        + step(
            """
            CREATE TABLE credentials (
                id TEXT PRIMARY KEY, account_id TEXT NOT NULL REFERENCES accounts (id),
                kind TEXT NOT NULL, hash TEXT, sealed BYTES, version BIGINT NOT NULL,
                created_at BIGINT NOT NULL, updated_at BIGINT NOT NULL,
                CONSTRAINT credentials_material CHECK ((hash IS NULL) <> (sealed IS NULL))
            )
            """) + [
            .both("CREATE INDEX messages_to_recipient ON messages (recipient, created_at)"),
            .both("CREATE INDEX pending_by_address ON pending_registrations (address_key)"),
            .both("CREATE INDEX pending_by_age ON pending_registrations (expires_at)"),
            .both("CREATE INDEX address_requests_by_age ON address_requests (made_at, id)"),
            .both("CREATE UNIQUE INDEX mail_links_digest_key ON mail_links (digest)"),
            .both("CREATE INDEX mail_links_of_attempt ON mail_links (attempt_id)"),
            .both("CREATE INDEX mail_links_of_address ON mail_links (address_key, purpose)"),
            .both("CREATE INDEX mail_links_by_age ON mail_links (expires_at)"),
            .both(
                """
                CREATE UNIQUE INDEX credentials_password_key ON credentials (account_id)
                WHERE kind = 'password'
                """),
            .both("CREATE INDEX credentials_of_account ON credentials (account_id)"),
        ]

    /// What keeps guessers out.
    private static let failures =
        step(
            """
            CREATE TABLE sign_in_lanes (
                lane BYTES PRIMARY KEY, failures BIGINT NOT NULL, expires_at BIGINT NOT NULL
            )
            """)
        + step(
            """
            CREATE TABLE known_devices (
                account_id TEXT NOT NULL REFERENCES accounts (id), digest BYTES NOT NULL,
                first_seen_at BIGINT NOT NULL, last_seen_at BIGINT NOT NULL,
                expires_at BIGINT NOT NULL, PRIMARY KEY (account_id, digest)
            )
            """) + [
            .both("CREATE INDEX sign_in_lanes_by_age ON sign_in_lanes (expires_at)"),
            .both("CREATE INDEX known_devices_by_age ON known_devices (expires_at)"),
        ]

    /// Of one attempt comes one session. That one was revoked is kept twice: beside it, and
    /// where nodes look for what is new.
    private static let sessions =
        step(
            """
            CREATE TABLE sessions (
                id TEXT PRIMARY KEY, account_id TEXT NOT NULL REFERENCES accounts (id),
                client_id TEXT NOT NULL, kind TEXT NOT NULL CHECK (kind IN ('browser', 'token')),
                secret_digest BYTES, attempt_id TEXT NOT NULL,
                organization_id TEXT REFERENCES organizations (id), connection_id TEXT,
                idp_session_index TEXT, network_address TEXT NOT NULL, user_agent TEXT,
                acr TEXT NOT NULL, signed_in_at BIGINT NOT NULL, created_at BIGINT NOT NULL,
                last_active_at BIGINT NOT NULL, idle_expires_at BIGINT NOT NULL,
                expires_at BIGINT NOT NULL, revoked_at BIGINT, revoked_for TEXT,
                CONSTRAINT sessions_secret CHECK (
                    (kind = 'browser') = (secret_digest IS NOT NULL))
            )
            """)
        + step(
            """
            CREATE TABLE session_evidence (
                session_id TEXT NOT NULL REFERENCES sessions (id) ON DELETE CASCADE,
                place BIGINT NOT NULL, method TEXT NOT NULL, connection_id TEXT,
                shown_at BIGINT NOT NULL,
                is_device_bound BOOLEAN NOT NULL, PRIMARY KEY (session_id, place)
            )
            """)
        + step(
            """
            CREATE TABLE revocations (
                kind TEXT NOT NULL CHECK (kind IN ('session', 'token')), subject TEXT NOT NULL,
                revoked_at BIGINT NOT NULL, expires_at BIGINT NOT NULL,
                PRIMARY KEY (kind, subject)
            )
            """) + [
            .both("CREATE UNIQUE INDEX sessions_attempt_key ON sessions (attempt_id)"),
            .both("CREATE INDEX sessions_of_account ON sessions (account_id, created_at)"),
            .both("CREATE INDEX sessions_by_age ON sessions (expires_at)"),
            .both("CREATE INDEX revocations_by_time ON revocations (revoked_at)"),
            .both("CREATE INDEX revocations_by_age ON revocations (expires_at)"),
        ]

    /// A family is the line of one refresh token: of each, its successor was given out once.
    private static let tokens =
        step(
            """
            CREATE TABLE grants (
                id TEXT PRIMARY KEY, principal_id TEXT NOT NULL REFERENCES principals (id),
                client_id TEXT NOT NULL, organization_id TEXT REFERENCES organizations (id),
                scopes TEXT NOT NULL, created_at BIGINT NOT NULL
            )
            """)
        + step(
            """
            CREATE TABLE refresh_families (
                id TEXT PRIMARY KEY, grant_id TEXT NOT NULL REFERENCES grants (id),
                session_id TEXT REFERENCES sessions (id), confirmation TEXT,
                created_at BIGINT NOT NULL, expires_at BIGINT NOT NULL, revoked_at BIGINT,
                revoked_for TEXT
            )
            """)
        + step(
            """
            CREATE TABLE refresh_tokens (
                family_id TEXT NOT NULL REFERENCES refresh_families (id), place BIGINT NOT NULL,
                digest BYTES NOT NULL, sealed BYTES NOT NULL, access_token_id TEXT NOT NULL,
                issued_at BIGINT NOT NULL, expires_at BIGINT NOT NULL, used_at BIGINT,
                PRIMARY KEY (family_id, place)
            )
            """) + [
            .both("CREATE INDEX grants_by_age ON grants (created_at)"),
            .both("CREATE INDEX grants_of_principal ON grants (principal_id)"),
            .both("CREATE INDEX refresh_families_of_session ON refresh_families (session_id)"),
            .both("CREATE INDEX refresh_families_of_grant ON refresh_families (grant_id)"),
            .both("CREATE INDEX refresh_families_by_age ON refresh_families (expires_at)"),
            .both("CREATE INDEX refresh_tokens_by_age ON refresh_tokens (expires_at)"),
            .both("CREATE UNIQUE INDEX refresh_tokens_digest_key ON refresh_tokens (digest)"),
        ]
}
