/// A mail to one recipient, ready to be sent.
public struct Mail: Sendable, Hashable {
    /// Stable over every attempt to send it: `msg_…`.
    public let id: String
    public let recipient: MailAddress
    public let subject: String
    public let text: String
    public let html: String

    /// What would become a header of its own.
    public struct Fault: Error, Sendable, Hashable, CustomStringConvertible {
        public let field: String
        public var description: String { "the \(field) of a mail holds a control character" }
    }

    /// - Throws: `Fault` where the id or the subject holds a line end or another control character.
    public init(
        id: String, recipient: MailAddress, subject: String, text: String, html: String
    ) throws(Fault) {
        try Mail.require(id, "id")
        try Mail.require(subject, "subject")
        self.id = id
        self.recipient = recipient
        self.subject = subject
        self.text = text
        self.html = html
    }

    static func require(_ text: String, _ field: String) throws(Fault) {
        if text.unicodeScalars.contains(where: { $0.properties.generalCategory == .control }) {
            throw Fault(field: field)
        }
    }
}

/// Who a mail comes from.
public struct MailOrigin: Sendable, Hashable {
    public let name: String
    public let address: MailAddress

    /// - Throws: `Mail.Fault` where the name holds a control character.
    public init(name: String, address: MailAddress) throws(Mail.Fault) {
        try Mail.require(name, "sender's name")
        self.name = name
        self.address = address
    }
}
