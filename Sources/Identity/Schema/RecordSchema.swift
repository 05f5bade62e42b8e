import Storage

extension Schema {
    /// Each change writes a decision and an entry of the record, each sign-in a session and a grant
    /// as well, and each index of theirs is a page more that has to reach the disk before anybody
    /// is answered. So there is none for rows that are never looked for by it, none by the time
    /// that a row was made: ids sort by it, and none by when a token ends: it goes with its family.
    static let records = Migration(
        17, "records",
        [
            .both("DROP INDEX audit_entries_seq_key"),
            .both(
                """
                CREATE UNIQUE INDEX audit_entries_seq_key ON audit_entries (chain, seq)
                WHERE seq IS NOT NULL
                """),
            .both("DROP INDEX audit_entries_of_actor"),
            .both(
                """
                CREATE INDEX audit_entries_of_actor ON audit_entries (actor_id, occurred_at)
                WHERE actor_id IS NOT NULL
                """),
            .both("DROP INDEX sessions_handed_over"),
            .both(
                """
                CREATE INDEX sessions_handed_over ON sessions (handed_over_by)
                WHERE handed_over_by IS NOT NULL
                """),
            .both("DROP INDEX decisions_by_age"),
            .both("DROP INDEX grants_by_age"),
            .both("DROP INDEX refresh_tokens_by_age"),
        ])
}
