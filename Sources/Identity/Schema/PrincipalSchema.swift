import Storage

extension Schema {
    /// Realm, principals, organizations, memberships and roles.
    static let principals = Migration(
        1, "principals",
        realms + organizations + accounts + memberships + roles)

    private static let realms =
        step("CREATE TABLE realms (id TEXT PRIMARY KEY, created_at BIGINT NOT NULL)")
        + [.both("INSERT INTO realms VALUES ('default', 0)")]

    private static let organizations =
        step(
            """
            CREATE TABLE organizations (
                id TEXT PRIMARY KEY, realm_id TEXT NOT NULL REFERENCES realms (id),
                slug TEXT NOT NULL, name TEXT NOT NULL, tier TEXT NOT NULL,
                status TEXT NOT NULL CHECK (status IN ('active', 'suspended', 'deleted')),
                version BIGINT NOT NULL, created_at BIGINT NOT NULL, updated_at BIGINT NOT NULL,
                deleted_at BIGINT
            )
            """)
        + [
            .both("CREATE UNIQUE INDEX organizations_slug_key ON organizations (realm_id, slug)")
        ]

    /// A principal is what memberships, roles and the audit refer to; a service account belongs to
    /// one organization, an account and a client to none.
    private static let accounts =
        step(
            """
            CREATE TABLE principals (
                id TEXT PRIMARY KEY, realm_id TEXT NOT NULL REFERENCES realms (id),
                kind TEXT NOT NULL CHECK (kind IN ('account', 'service', 'client')),
                organization_id TEXT REFERENCES organizations (id),
                created_at BIGINT NOT NULL,
                CONSTRAINT principals_owner CHECK (
                    (kind = 'service') = (organization_id IS NOT NULL))
            )
            """)
        + step(
            """
            CREATE TABLE accounts (
                id TEXT PRIMARY KEY REFERENCES principals (id), display_name TEXT NOT NULL,
                status TEXT NOT NULL CHECK (status IN ('active', 'suspended', 'deleted')),
                managed_by TEXT REFERENCES organizations (id), version BIGINT NOT NULL,
                created_at BIGINT NOT NULL, updated_at BIGINT NOT NULL
            )
            """)
        + step(
            """
            CREATE TABLE platform_roles (
                principal_id TEXT NOT NULL REFERENCES principals (id), role TEXT NOT NULL,
                granted_at BIGINT NOT NULL, PRIMARY KEY (principal_id, role)
            )
            """)

    private static let memberships =
        tenantTable(
            "memberships",
            """
            id TEXT NOT NULL UNIQUE, organization_id TEXT NOT NULL REFERENCES organizations (id),
            principal_id TEXT NOT NULL REFERENCES principals (id),
            status TEXT NOT NULL CHECK (status IN ('active', 'suspended')),
            source TEXT NOT NULL CHECK (source IN ('manual', 'invitation', 'jit', 'scim')),
            profile TEXT NOT NULL, version BIGINT NOT NULL, created_at BIGINT NOT NULL,
            updated_at BIGINT NOT NULL, PRIMARY KEY (organization_id, id)
            """) + [
            .both(
                """
                CREATE UNIQUE INDEX memberships_principal_key
                ON memberships (organization_id, principal_id)
                """),
            .both("CREATE INDEX memberships_of_principal ON memberships (principal_id)"),
        ]

    private static let roles =
        tenantTable(
            "roles",
            """
            id TEXT NOT NULL UNIQUE, organization_id TEXT NOT NULL REFERENCES organizations (id),
            name TEXT NOT NULL, rank BIGINT NOT NULL, is_system BOOLEAN NOT NULL,
            permissions TEXT NOT NULL, version BIGINT NOT NULL, created_at BIGINT NOT NULL,
            updated_at BIGINT NOT NULL, PRIMARY KEY (organization_id, id)
            """)
        + [.both("CREATE UNIQUE INDEX roles_name_key ON roles (organization_id, name)")]
        // A role that somebody has cannot go: the reference holds it.
        + tenantTable(
            "membership_roles",
            """
            organization_id TEXT NOT NULL, membership_id TEXT NOT NULL, role_id TEXT NOT NULL,
            granted_at BIGINT NOT NULL, expires_at BIGINT,
            PRIMARY KEY (organization_id, membership_id, role_id),
            FOREIGN KEY (organization_id, membership_id)
                REFERENCES memberships (organization_id, id),
            FOREIGN KEY (organization_id, role_id) REFERENCES roles (organization_id, id)
            """)
        + [
            .both(
                """
                CREATE INDEX membership_roles_of_role
                ON membership_roles (organization_id, role_id)
                """)
        ]
}
