/// The cookies that a request brings, of those that are ours.
public struct KnownCookies: Sendable, Hashable {
    private let values: [SetCookie.Name: String]

    public init(_ values: [SetCookie.Name: String] = [:]) { self.values = values }

    public subscript(_ name: SetCookie.Name) -> String? { values[name] }
}

/// A cookie that an answer sets.
public struct SetCookie: Sendable, Hashable {
    public let name: Name
    /// Empty where it is to be forgotten.
    public let value: String
    /// `nil`: until the browser ends.
    public let maxAgeSeconds: Int64?

    public enum Name: String, Sendable, CaseIterable {
        case session
        /// The sign-in that this browser has begun.
        case attempt
        /// A browser that somebody has signed in with.
        case device
        /// What our forms are bound to where there is no session.
        case form

        /// As browsers know it. Where the connection is open, in development, it is a plain one.
        /// - Source: RFC 6265bis, section 4.1.3.2 ("__Host-" prefix).
        public func text(isSecure: Bool) -> String {
            isSecure ? "__Host-ostiary_\(rawValue)" : "ostiary_\(rawValue)"
        }
    }

    public init(_ name: Name, _ value: String, maxAgeSeconds: Int64? = nil) {
        self.name = name
        self.value = value
        self.maxAgeSeconds = maxAgeSeconds
    }

    /// By which a browser goes on with a sign-in.
    static func binding(
        _ secret: OpaqueToken, seconds: Int = Attempt.lifetimeSeconds
    ) -> SetCookie {
        SetCookie(.attempt, secret.text, maxAgeSeconds: Int64(seconds))
    }

    static func forgotten(_ name: Name) -> SetCookie { SetCookie(name, "", maxAgeSeconds: 0) }

    /// The field's value.
    public func text(isSecure: Bool) -> String {
        let age = maxAgeSeconds.map { "; Max-Age=\($0)" } ?? ""
        let secure = isSecure ? "; Secure" : ""
        let pair = "\(name.text(isSecure: isSecure))=\(value)"
        return "\(pair); Path=/\(age); HttpOnly\(secure); SameSite=Lax"
    }
}

extension OperationCall {
    /// By which a browser goes on with a sign-in that it has begun at a page: others are given the
    /// secret itself.
    /// - Parameter purpose: Of the mail by which it goes on, if any.
    func cookies(
        binding secret: OpaqueToken, until purpose: MailLinks.Purpose? = nil
    ) -> [SetCookie] {
        guard request.operation.isPage else { return [] }
        let seconds = purpose.map { $0.lifetimeMinutes * 60 } ?? Attempt.lifetimeSeconds
        return [.binding(secret, seconds: seconds)]
    }
}
