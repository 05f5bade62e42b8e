import Cryptography

/// What a mail says, as the outbox keeps it: subject, text and HTML, sealed. It may hold a link
/// that signs somebody in, and is gone once it was delivered.
struct OutboxContent: Sendable, Hashable {
    let subject: String
    let text: String
    let html: String

    /// Each part with its length before it.
    private var bytes: [UInt8] {
        [subject, text, html].flatMap {
            UInt32($0.utf8.count).bigEndianBytes + Array($0.utf8)
        }
    }

    func sealed(
        _ keys: SealingKeys, id: String, organization: String?
    ) throws(CryptographyError) -> [UInt8] {
        try keys.seal(bytes.span, for: Self.place(id, organization))
    }

    init(subject: String, text: String, html: String) {
        self.subject = subject
        self.text = text
        self.html = html
    }

    /// - Throws: `SealingFault` for what was not sealed for this message.
    init(
        _ sealed: [UInt8], _ keys: SealingKeys, id: String, organization: String?
    ) throws(SealingFault) {
        var rest = try keys.open(sealed.span, for: Self.place(id, organization))[...]
        subject = try Self.part(&rest)
        text = try Self.part(&rest)
        html = try Self.part(&rest)
    }

    private static func part(_ rest: inout ArraySlice<UInt8>) throws(SealingFault) -> String {
        let count = rest.prefix(4).reduce(0) { $0 << 8 | Int($1) }
        guard rest.count >= 4 + count else { throw .malformed }
        defer { rest = rest.dropFirst(4 + count) }
        return String(decoding: rest.dropFirst(4).prefix(count), as: UTF8.self)
    }

    private static func place(_ id: String, _ organization: String?) -> SealedPlace {
        SealedPlace(table: "messages", column: "content", row: id, organization: organization)
    }
}
