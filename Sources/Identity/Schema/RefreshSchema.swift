import Storage

extension Schema {
    /// A family knows its newest token: whoever uses it reads and writes the family's row, and
    /// leaves a row behind for the next one. PostgreSQL keeps apart by the page what transactions
    /// read and write in an index: where each looked for its token among all of them, those of
    /// strangers whose tokens stood on one page undid one another, until some gave up.
    static let newestTokens = Migration(
        18, "newest_tokens",
        step("ALTER TABLE refresh_families ADD COLUMN newest_place BIGINT NOT NULL DEFAULT 0")
            + step("ALTER TABLE refresh_families ADD COLUMN newest_digest BYTES")
            + step("ALTER TABLE refresh_families ADD COLUMN newest_expires_at BIGINT") + [
                .both(
                    """
                    UPDATE refresh_families SET newest_place = COALESCE((
                        SELECT MAX(t.place) FROM refresh_tokens t
                        WHERE t.family_id = refresh_families.id), 0)
                    """),
                .both(
                    """
                    UPDATE refresh_families SET newest_digest = (
                            SELECT t.digest FROM refresh_tokens t
                            WHERE t.family_id = refresh_families.id AND t.place = newest_place),
                        newest_expires_at = (
                            SELECT t.expires_at FROM refresh_tokens t
                            WHERE t.family_id = refresh_families.id AND t.place = newest_place)
                    """),
                // A token was used when its successor was made.
                .both("ALTER TABLE refresh_tokens DROP COLUMN used_at"),
                // Room beside each row for its next version, so that no index is written for it.
                .postgresql("ALTER TABLE refresh_families SET (fillfactor = 50)"),
            ])
}
