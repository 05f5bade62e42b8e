import Storage

extension Schema {
    /// What an organization was before it was deleted, and how it takes members in.
    static let organizationLife = Migration(
        13, "organization_life",
        step("ALTER TABLE organizations ADD COLUMN former_status TEXT")
            + tenantTable(
                "organization_settings",
                """
                organization_id TEXT PRIMARY KEY REFERENCES organizations (id),
                default_role_id TEXT, email_domains TEXT NOT NULL, version BIGINT NOT NULL,
                updated_at BIGINT NOT NULL,
                FOREIGN KEY (organization_id, default_role_id)
                    REFERENCES roles (organization_id, id)
                """))
}
