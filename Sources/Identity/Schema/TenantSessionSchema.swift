import Storage

extension Schema {
    /// Sessions at hosts of organizations: which host, and from which session at the issuer's they
    /// come. That one may be gone: it is no foreign key.
    static let tenantSessions = Migration(
        15, "tenant_sessions",
        step("ALTER TABLE sessions ADD COLUMN site TEXT")
            + step("ALTER TABLE sessions ADD COLUMN handed_over_by TEXT") + [
                .both(
                    """
                    CREATE INDEX sessions_handed_over ON sessions (handed_over_by)
                    """)
            ])
}
