/// Hands mails on. A failure to do so is an answer, for the outbox asks again.
public protocol MailSender: Sendable {
    /// - Returns: Soon after the task was cancelled, if not before.
    func send(_ mail: Mail) async -> MailOutcome
}

/// What came of sending a mail; reasons are for the log and the operator.
public enum MailOutcome: Sendable, Hashable {
    /// Somebody else answers for it from now on.
    case accepted
    /// It will not be taken later either.
    case refused(String)
    /// It was not taken now, or nobody knows whether it was.
    case failed(String)
}
