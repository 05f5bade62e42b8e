/// Shows mails to whoever runs the program instead of sending them: for development.
public struct ConsoleSender: MailSender {
    private let write: @Sendable (String) -> Void

    /// - Parameter write: Gets one mail at a time, lines with their ends.
    public init(write: @escaping @Sendable (String) -> Void) { self.write = write }

    public func send(_ mail: Mail) async -> MailOutcome {
        write(
            """
            --- \(mail.id)
            To: \(mail.recipient.text)
            Subject: \(mail.subject)

            \(mail.text)
            ---

            """)
        return .accepted
    }
}
