import Storage

/// How many mails an address gets, whoever asks for them: nobody is to fill another's mailbox.
enum MailboxLimit {
    private static let mailsOfHour: Int64 = 10

    /// - Returns: Whether there may be one more. Messages are the workers' to see: a node that asks
    ///   counts links.
    static func allows(
        _ address: MailAddress, in transaction: Transaction, now: Int64
    ) async throws -> Bool {
        let since = SQLValue.integer(now - 3_600 * 1_000_000)
        let rows = try await transaction.query([
            Statement(
                "SELECT COUNT(*) AS count FROM mail_links WHERE address_key = $1 AND made_at > $2",
                [.text(address.key), since]),
            Statement(
                "SELECT COUNT(*) AS count FROM messages WHERE recipient = $1 AND created_at > $2",
                [.text(address.key), since]),
        ])
        let counts = try rows.compactMap { try $0.first?.integer("count") }
        return counts.allSatisfy { $0 < mailsOfHour }
    }
}
