/// What an access token says: who its bearer is, for whom it was made, and how they signed in.
///
/// Not in it: roles and memberships. Those are read for each request, so that one that was taken
/// away is gone at the next.
/// - Source: RFC 9068, section 2.2.
public struct AccessToken: Sendable, Hashable {
    /// `jti`.
    public let id: String
    public let subject: String
    public let audience: String
    public let client: String
    /// Seconds since 1970, as all instants here.
    public let issuedAt: Int64
    public let expiresAt: Int64
    public let scopes: [String]
    /// `sid`; `nil` where no session stands behind it.
    public let session: String?
    /// `org`; `nil`: of no tenant.
    public let organization: String?
    public let signIn: SignIn
    /// `act`: who acts for the subject (RFC 8693, section 4.1).
    public let actor: String?
    /// `cnf.jkt`: the thumbprint of the key that its bearer proves to have (RFC 9449, section 6).
    public let confirmation: String?

    /// How the subject has signed in.
    public struct SignIn: Sendable, Hashable {
        /// `amr`: the methods, by their names of RFC 8176.
        public let methods: [String]
        /// `acr`: what they amount to.
        public let assurance: String
        /// `auth_time`, seconds since 1970.
        public let at: Int64

        public init(methods: [String], assurance: String, at: Int64) {
            self.methods = methods
            self.assurance = assurance
            self.at = at
        }
    }

    public static let lifetimeSeconds: Int64 = 900
    /// What clocks may differ.
    public static let skewSeconds: Int64 = 30
    static let type = "at+jwt"
    /// Longer ones are not looked at.
    static let textBytesMax = 8_192

    /// - Parameter issuedAt: Seconds since 1970. It lives `lifetimeSeconds` from then on.
    /// - Parameter end: When what stands behind it ends, if that is sooner; seconds since 1970.
    public init(
        id: String, subject: String, audience: String, client: String, issuedAt: Int64,
        end: Int64 = .max, scopes: [String], session: String?, organization: String?,
        signIn: SignIn,
        actor: String? = nil, confirmation: String? = nil
    ) {
        self.id = id
        self.subject = subject
        self.audience = audience
        self.client = client
        self.issuedAt = issuedAt
        expiresAt = min(issuedAt + Self.lifetimeSeconds, max(end, issuedAt + 1))
        self.scopes = scopes
        self.session = session
        self.organization = organization
        self.signIn = signIn
        self.actor = actor
        self.confirmation = confirmation
    }
}

// MARK: Claims

extension AccessToken {
    func claims(issuer: String) -> JSON {
        .object(present: [
            ("iss", .text(issuer)), ("sub", .text(subject)), ("aud", .text(audience)),
            ("exp", .integer(expiresAt)), ("iat", .integer(issuedAt)), ("jti", .text(id)),
            ("sid", session.map(JSON.text)), ("org", organization.map(JSON.text)),
            ("client_id", .text(client)), ("scope", .text(scopes.joined(separator: " "))),
            ("amr", .array(signIn.methods.map(JSON.text))), ("acr", .text(signIn.assurance)),
            ("auth_time", .integer(signIn.at)), ("act", actor.map { ["sub": .text($0)] }),
            ("cnf", confirmation.map { ["jkt": .text($0)] }),
        ])
    }

    /// What every token of ours has, and what some have: a claim that none has is somebody else's.
    private static let shape: Shape = {
        let text = Shape.text(1...255)
        let time = Shape.integer(1...253_402_300_799)
        return .object([
            .init("iss", text), .init("sub", text), .init("aud", text), .init("exp", time),
            .init("iat", time), .init("nbf", time, isRequired: false), .init("jti", text),
            .init("sid", text, isRequired: false), .init("org", text, isRequired: false),
            .init("client_id", text), .init("scope", .text(0...4_096)),
            .init("amr", .array(of: text, count: 0...16)), .init("acr", text),
            .init("auth_time", time),
            .init("act", .object([.init("sub", text)]), isRequired: false),
            .init("cnf", .object([.init("jkt", text)]), isRequired: false),
        ])
    }()

    /// - Parameter now: Seconds since 1970.
    /// - Returns: `nil` where one claim is missing, of another kind, or not as it must be.
    init?(_ claims: JSON, issuer: String, audience: String, now: Int64) {
        guard Self.shape.faults(in: claims).isEmpty, claims["iss"]?.text == issuer,
            claims["aud"]?.text == audience, Self.isTimely(claims, now: now),
            let id = claims["jti"]?.text, let subject = claims["sub"]?.text,
            let client = claims["client_id"]?.text, let issuedAt = claims["iat"]?.integer,
            let expiresAt = claims["exp"]?.integer, let scope = claims["scope"]?.text,
            let methods = claims["amr"]?.elements,
            let assurance = claims["acr"]?.text, let signedInAt = claims["auth_time"]?.integer
        else { return nil }
        self.init(
            id: id, subject: subject, audience: audience, client: client, issuedAt: issuedAt,
            end: expiresAt, scopes: scope.split(separator: " ").map(String.init),
            session: claims["sid"]?.text,
            organization: claims["org"]?.text,
            signIn: SignIn(
                methods: methods.compactMap(\.text), assurance: assurance, at: signedInAt),
            actor: claims["act"]?["sub"]?.text, confirmation: claims["cnf"]?["jkt"]?.text)
    }

    private static func isTimely(_ claims: JSON, now: Int64) -> Bool {
        guard let issuedAt = claims["iat"]?.integer, let expiresAt = claims["exp"]?.integer,
            let signedInAt = claims["auth_time"]?.integer
        else { return false }
        let latest = now + skewSeconds
        return (issuedAt + 1...issuedAt + lifetimeSeconds).contains(expiresAt)
            && now < expiresAt + skewSeconds
            && issuedAt <= latest && signedInAt <= latest
            && claims["nbf"]?.integer ?? issuedAt <= latest
    }
}
