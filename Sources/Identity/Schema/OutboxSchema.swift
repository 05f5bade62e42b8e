import Storage

extension Schema {
    /// What is to be sent. A message without an organization is an account's or the platform's:
    /// every node may leave one, and only the workers see it. The lane is what takes turns.
    static let outbox = Migration(
        4, "outbox",
        step(
            """
            CREATE TABLE messages (
                id TEXT PRIMARY KEY, organization_id TEXT, kind TEXT NOT NULL,
                recipient TEXT NOT NULL, lane TEXT NOT NULL, template TEXT NOT NULL,
                content BYTES,
                status TEXT NOT NULL CHECK (status IN ('pending', 'delivered', 'dead')),
                attempts BIGINT NOT NULL, lease_owner TEXT, lease_until BIGINT NOT NULL,
                next_attempt_at BIGINT NOT NULL, last_error TEXT, created_at BIGINT NOT NULL,
                delivered_at BIGINT, died_at BIGINT,
                CONSTRAINT messages_content CHECK (
                    (status = 'delivered') = (content IS NULL))
            )
            """) + Identity.roles.wall(around: "messages") + [
                .postgresql(
                    """
                    CREATE POLICY messages_of_nobody ON messages
                    FOR INSERT TO "\(Identity.roles.application)"
                    WITH CHECK (organization_id IS NULL)
                    """),
                .both(
                    """
                    CREATE INDEX messages_due ON messages (lane, next_attempt_at, id)
                    WHERE status = 'pending'
                    """),
                .both(
                    """
                    CREATE INDEX messages_delivered ON messages (delivered_at)
                    WHERE delivered_at IS NOT NULL
                    """),
                .both(
                    "CREATE INDEX messages_dead ON messages (died_at) WHERE died_at IS NOT NULL"),
            ])
}
