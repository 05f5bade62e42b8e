import Storage

extension Schema {
    /// What somebody did is found by who it was, for accounts ask for all of theirs; and each
    /// sign-in looks for the links that were sent to an account.
    static let accountRecord = Migration(
        10, "account_record",
        [
            .both("CREATE INDEX mail_links_of_account ON mail_links (account_id, purpose)"),
            .both("CREATE INDEX audit_entries_of_actor ON audit_entries (actor_id, occurred_at)"),
        ])

    /// A mail is read later than a sign-in lasts: its link says what it goes on with.
    static let attemptsOfMails = Migration(
        20, "attempts_of_mails",
        step("ALTER TABLE address_requests ADD COLUMN attempt TEXT")
            + step("ALTER TABLE mail_links ADD COLUMN attempt TEXT"))
}
