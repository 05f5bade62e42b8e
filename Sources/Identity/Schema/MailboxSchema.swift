import Storage

extension Schema {
    /// Mails that were asked for are counted by who has asked, in rows of their own: links are
    /// deleted before their time, and messages do not say what they are answers to. `network` is
    /// NULL where the account knows the device.
    static let mailboxes = Migration(
        21, "mailboxes",
        step(
            """
            CREATE TABLE asked_mails (
                id TEXT PRIMARY KEY, address_key TEXT NOT NULL, network TEXT,
                asked_at BIGINT NOT NULL
            )
            """) + step("ALTER TABLE address_requests ADD COLUMN network TEXT")
            + step("ALTER TABLE address_requests ADD COLUMN device_digest BYTES") + [
                .both("CREATE INDEX asked_mails_of_address ON asked_mails (address_key, asked_at)"),
                .both("DROP INDEX messages_to_recipient"),
                .both("DROP INDEX mail_links_of_address"),
            ])
}
