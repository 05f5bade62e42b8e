public import Cryptography

/// Keys for codes over messages, one for each purpose, made of the installation's sealing keys: a
/// code of one purpose is none of another.
public struct MessageKeys: Sendable {
    private let keys: SealingKeys

    public init(keys: SealingKeys) { self.keys = keys }

    enum Purpose: String {
        case shortCode = "short code"
        /// What binds a form to a browser.
        case form
    }

    func code(_ message: [UInt8], for purpose: Purpose) -> [UInt8] {
        keys.code(message.span, purpose: purpose.rawValue)
    }

    /// Also of the keys that were active before.
    func isCode(_ candidate: [UInt8], of message: [UInt8], for purpose: Purpose) -> Bool {
        keys.isCode(candidate.span, of: message.span, purpose: purpose.rawValue)
    }

    /// What ties a form to a browser.
    public func formCode(_ cookie: String) -> [UInt8] { code(Array(cookie.utf8), for: .form) }

    public func isFormCode(_ candidate: [UInt8], of cookie: String) -> Bool {
        isCode(candidate, of: Array(cookie.utf8), for: .form)
    }
}
