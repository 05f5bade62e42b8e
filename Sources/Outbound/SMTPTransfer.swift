import CCurl
public import RegoMachine

/// One mail on its way to a server, by libcurl.
/// - Source: RFC 5321.
public struct SMTPTransfer: Sendable {
    /// The envelope's sender, and its one recipient: bare addresses.
    let sender: String
    let recipient: String
    /// Header and body, lines ending with CR LF. Leading dots are doubled on the way.
    let letter: [UInt8]

    /// A longer letter is refused.
    public static let letterBytesMax = 1 << 20
    private static let repliesBytesMax = 1 << 16

    /// What came of it, in the server's words.
    public enum Outcome: Sendable, Hashable {
        /// The server answers for it from now on.
        case accepted
        /// It will not be taken later either.
        case refused(String)
        /// It was not taken now, or nobody knows whether it was.
        case failed(String)
    }

    public init(sender: String, recipient: String, letter: [UInt8]) {
        self.sender = sender
        self.recipient = recipient
        self.letter = letter
    }

    /// Hands the mail over. Blocks, up to the server's `timeoutSeconds`.
    /// - Parameter cancellation: Ends it within about a second.
    public func run(to server: SMTPServer, cancellation: Cancellation? = nil) -> Outcome {
        if let flaw { return .refused(flaw) }
        if let reason = unsafe ccurl_load_failure() {
            return .failed(unsafe String(cString: reason))
        }
        guard let transfer = unsafe ccurl_new(Self.repliesBytesMax, 0) else {
            return .failed("out of memory")
        }
        defer { unsafe ccurl_free(transfer) }
        unsafe prepare(transfer, server)
        let outcome = unsafe CurlTransfer.withCancellation(cancellation, transfer) {
            unsafe ccurl_perform(transfer)
        }
        if outcome == CCURL_OK { return .accepted }
        if outcome == CCURL_TIMED_OUT { return .failed("the server did not answer in time") }
        let message = unsafe String(cString: ccurl_message(transfer))
        let replies = unsafe CurlTransfer.bytes(ccurl_head, transfer)
        return SMTPTransfer.outcome(SMTPReply(last: replies), otherwise: message)
    }

    @unsafe private func prepare(_ transfer: OpaquePointer, _ server: SMTPServer) {
        unsafe ccurl_set_url(transfer, server.url)
        unsafe ccurl_set_timeout(transfer, server.timeoutSeconds * 1_000)
        if server.requiresTLS { unsafe ccurl_require_tls(transfer) }
        if let login = server.login {
            unsafe ccurl_set_login(transfer, login.user, login.password)
        }
        if !server.roots.isEmpty {
            unsafe server.roots.withUnsafeBytes { roots in
                unsafe ccurl_set_roots(transfer, roots.baseAddress, roots.count, false)
            }
        }
        unsafe letter.withUnsafeBytes { letter in
            unsafe ccurl_set_mail(
                transfer, sender, recipient, letter.baseAddress, letter.count)
        }
    }

    /// A line end in an address would be a command of its own.
    private var flaw: String? {
        let arePlain = [sender, recipient].allSatisfy { address in
            !address.isEmpty
                && address.utf8.allSatisfy { byte in
                    (0x21...0x7E).contains(byte) && byte != UInt8(ascii: "<")
                        && byte != UInt8(ascii: ">")
                }
        }
        if !arePlain { return "an address of the envelope is none" }
        return letter.count > Self.letterBytesMax
            ? "the letter exceeds \(Self.letterBytesMax) bytes" : nil
    }

    private static func outcome(_ reply: SMTPReply?, otherwise message: String) -> Outcome {
        guard let reply, reply.code >= 400 else { return .failed(message) }
        return reply.isFinal ? .refused(reply.text) : .failed(reply.text)
    }
}

/// What a server answered to a command.
struct SMTPReply {
    let code: Int
    /// Code and words.
    let text: String

    /// - Parameter replies: All that the server said. The last line counts that answers to more
    ///   than the farewell.
    init?(last replies: [UInt8]) {
        let lines = replies.split { $0 == UInt8(ascii: "\n") || $0 == UInt8(ascii: "\r") }
            .map { String(decoding: $0, as: UTF8.self) }
        guard let text = lines.last(where: { !$0.hasPrefix("221") }), let code = Int(text.prefix(3))
        else { return nil }
        self.code = code
        self.text = text
    }

    /// Whether the recipient or the letter is the reason. Other codes from 500 speak of the relay,
    /// of its trust in us or of our command, which an operator may mend.
    var isFinal: Bool { [550, 551, 552, 553, 555, 556].contains(code) }
}
