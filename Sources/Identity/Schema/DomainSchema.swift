import Storage

extension Schema {
    /// Names of their own that organizations are served under, and the organization that is the
    /// installation's own.
    static let domains = Migration(11, "domains", domainTable + homes)

    /// Of those who name a domain, one has shown that it is theirs. Which organization a host is of
    /// is asked before there is one: outside of any, what is verified is seen, and nothing else.
    private static let domainTable =
        tenantTable(
            "domains",
            """
            id TEXT NOT NULL UNIQUE, organization_id TEXT NOT NULL REFERENCES organizations (id),
            name TEXT NOT NULL, challenge TEXT NOT NULL,
            state TEXT NOT NULL CHECK (state IN ('pending', 'verified', 'lost')),
            version BIGINT NOT NULL, created_at BIGINT NOT NULL, updated_at BIGINT NOT NULL,
            verified_at BIGINT, checked_at BIGINT, next_check_at BIGINT,
            misses BIGINT NOT NULL, missed_since BIGINT, expires_at BIGINT,
            PRIMARY KEY (organization_id, id),
            CONSTRAINT domains_checked CHECK (
                (state = 'verified') = (next_check_at IS NOT NULL)
                AND (state = 'verified') = (expires_at IS NULL))
            """) + [
            .postgresql(
                """
                CREATE POLICY domains_of_hosts ON domains
                FOR SELECT TO "\(Identity.roles.application)" USING (state = 'verified'
                    AND NULLIF(current_setting('ostiary.organization', true), '') IS NULL)
                """),
            .both(
                """
                CREATE UNIQUE INDEX domains_verified_key ON domains (name)
                WHERE state = 'verified'
                """),
            .both("CREATE UNIQUE INDEX domains_name_key ON domains (organization_id, name)"),
            .both(
                """
                CREATE INDEX domains_by_check ON domains (next_check_at)
                WHERE next_check_at IS NOT NULL
                """),
            .both(
                """
                CREATE INDEX domains_by_age ON domains (expires_at) WHERE expires_at IS NOT NULL
                """),
        ]

    /// The organization that was made with the first administrator: before, it was the first.
    private static let homes =
        step("ALTER TABLE realms ADD COLUMN organization_id TEXT REFERENCES organizations (id)")
        + [
            .both(
                """
                UPDATE realms SET organization_id = (
                    SELECT o.id FROM organizations o WHERE o.realm_id = realms.id
                    ORDER BY o.created_at, o.id LIMIT 1)
                """)
        ]
}
