import Cryptography
import HTTPTypes
import Hummingbird
import HummingbirdCore
import Identity
import RegoMachine

/// Ties our forms to the browser, or the session, that they were shown in: what is sent from
/// elsewhere does not have the token that goes with the cookie.
struct FormBinding: Sendable {
    private let keys: MessageKeys
    private let host: Host

    static let field = "form_token"

    init(keys: SealingKeys, host: Host) {
        self.keys = MessageKeys(keys: keys)
        self.host = host
    }

    /// - Returns: The hidden field's value, and the cookie to set where there is none to tie it to.
    func token(_ cookies: KnownCookies) -> (token: String, cookie: SetCookie?) {
        if let bound = FormBinding.bound(cookies) { return (token(for: bound), nil) }
        let made = OpaqueToken(.form, host).text
        return (token(for: made), SetCookie(.form, made))
    }

    func isToken(_ token: String, _ cookies: KnownCookies) -> Bool {
        guard let bound = FormBinding.bound(cookies), let code = [UInt8](hexadecimal: token) else {
            return false
        }
        return keys.isFormCode(code, of: bound)
    }

    private func token(for bound: String) -> String { keys.formCode(bound).hexadecimal }

    private static func bound(_ cookies: KnownCookies) -> String? {
        cookies[.session] ?? cookies[.form]
    }
}

extension PublicFront {
    /// Those of ours, by the names that this issuer gives them. A name that comes twice is none: a
    /// page of another host of the same site may have set one of them.
    func cookies(_ request: Request) -> KnownCookies {
        var found: [SetCookie.Name: [Substring]] = [:]
        let fields = request.headers[values: .cookie]
        for pair in fields.flatMap({ $0.split(separator: ";") }).prefix(64) {
            let parts = pair.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
            guard parts.count == 2 else { continue }
            let name = parts[0].drop { $0 == " " }
            for known in SetCookie.Name.allCases
            where known.text(isSecure: options.issuer.isSecure) == name {
                found[known, default: []].append(parts[1])
            }
        }
        return KnownCookies(found.compactMapValues { $0.count == 1 ? String($0[0]) : nil })
    }

    /// A form without its token.
    /// - Throws: `Fault.csrfFailed` where the token is not this browser's.
    func bound(_ form: JSON, _ arrival: Arrival) throws(Fault) -> JSON {
        let token = form[FormBinding.field]?.text ?? ""
        guard forms.isToken(token, arrival.cookies), case .object(let members) = form else {
            throw Fault(.csrfFailed)
        }
        return .object(members.filter { $0.name != FormBinding.field })
    }
}
