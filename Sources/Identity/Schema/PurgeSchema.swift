import Storage

extension Schema {
    /// What the end of a deleted organization needs: a mark by which nobody restores what is half
    /// gone, and its rows found without a look at everybody's.
    static let purge = Migration(
        16, "purge",
        step("ALTER TABLE organizations ADD COLUMN purge_begun_at BIGINT")
            + ["sessions", "grants", "messages"].map { table in
                .both(
                    """
                    CREATE INDEX \(table)_of_organization ON \(table) (organization_id)
                    WHERE organization_id IS NOT NULL
                    """)
            } + [
                .both(
                    """
                    CREATE INDEX accounts_by_manager ON accounts (managed_by)
                    WHERE managed_by IS NOT NULL
                    """),
                .both(
                    """
                    CREATE INDEX organizations_deleted ON organizations (deleted_at)
                    WHERE deleted_at IS NOT NULL
                    """),
            ])
}
