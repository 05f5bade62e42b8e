import Decisions
import RegoMachine
import Storage

/// A session as it is made, and what its owner is given.
struct NewSession: Sendable {
    let id: String
    let account: String
    let attempt: Attempt
    let kind: SessionCreation.Kind
    let assurance: String
    /// Of the request that made it.
    let networkAddress: String
    let userAgent: String?
    /// Where it does not begin with what was shown.
    let handed: HandedSession?
    /// Of the decision that allowed it.
    let decision: String
    /// For the cookie of a browser.
    let secret: OpaqueToken
    /// How long it lives at most.
    let seconds: Int64
    /// Where the client had none.
    var device: OpaqueToken?
    var tokens: SessionTokens?
    /// Sessions that ended because of this one.
    var revoked: [Revocation] = []

    init(
        _ creation: SessionCreation, account: String, _ decision: FurtherDecision, host: Host
    ) {
        secret = OpaqueToken(.session, host)
        id = secret.id
        seconds = creation.call.facilities.lifetimes.sessionSeconds
        self.account = account
        attempt = creation.attempt
        kind = creation.kind
        handed = creation.handed
        networkAddress = creation.call.request.address
        userAgent = creation.call.request.userAgent
        self.decision = decision.id
        assurance = decision.verdict.assurance ?? "none"
    }

    /// - Throws: `Fault.alreadyCompleted` where the attempt has given its session.
    func insert(
        in transaction: Transaction, now: Int64, _ lifetimes: SessionLifetimes
    ) async throws {
        do throws(StorageFailure) {
            try await transaction.execute(insertion(now, lifetimes))
        } catch {
            throw NewSession.fault(error)
        }
        for (place, evidence) in attempt.evidence.enumerated() {
            try transaction.add(
                Statement(
                    "INSERT INTO session_evidence VALUES ($1, $2, $3, $4, $5, $6)",
                    [
                        .text(id), .integer(Int64(place)), .text(evidence.method.rawValue),
                        SQLValue(evidence.connection), .integer(evidence.at),
                        .boolean(evidence.isDeviceBound),
                    ]))
        }
    }

    /// For a client that has no cookies.
    var tokenOfDevice: JSON? { kind == .token ? device.map { .text($0.text) } : nil }

    private static func fault(_ failure: StorageFailure) -> any Error {
        switch failure {
        case .constraint(.unique, name: "sessions_attempt_key"): Fault(.alreadyCompleted)
        case .constraint(.foreignKey, _):
            Fault.invalid([.init("/organization", "is no organization")])
        default: failure
        }
    }

    private func insertion(_ now: Int64, _ lifetimes: SessionLifetimes) -> Statement {
        Statement(
            """
            INSERT INTO sessions (
                id, account_id, client_id, kind, secret_digest, attempt_id, organization_id,
                network_address, user_agent, acr, signed_in_at, created_at, last_active_at,
                idle_expires_at, expires_at, site, handed_over_by
            ) VALUES (
                $1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $12, $13, $14, $15, $16
            )
            """,
            [
                .text(id), .text(account), .text(attempt.client), .text(kind.rawValue),
                kind == .browser ? .bytes(secret.digest) : .null, .text(attempt.id),
                SQLValue(attempt.organization), .text(networkAddress), SQLValue(userAgent),
                .text(assurance), .integer(handed?.signedInAt ?? now), .integer(now),
                .integer(now + lifetimes.idleSeconds * 1_000_000),
                .integer(end(now, lifetimes)), SQLValue(attempt.site), SQLValue(handed?.id),
            ])
    }

    /// Not after the one that it comes from.
    func end(_ now: Int64, _ lifetimes: SessionLifetimes) -> Int64 {
        min(now + lifetimes.sessionSeconds * 1_000_000, handed?.expiresAt ?? .max)
    }
}

/// What a client that is no browser is given.
struct SessionTokens: Sendable {
    let access: String
    let accessToken: AccessToken
    let refresh: OpaqueToken

    /// - Throws: `StorageFailure`, `SigningFailure`.
    static func begin(
        _ session: NewSession, _ facilities: Facilities, in transaction: Transaction, now: Int64
    ) throws -> SessionTokens {
        let grant = Identifier(.grant, facilities.host).text
        try transaction.add(
            Statement(
                """
                INSERT INTO grants (
                    id, principal_id, client_id, organization_id, scopes, created_at
                ) VALUES ($1, $2, $3, $4, '*', $5)
                """,
                [
                    .text(grant), .text(session.account), .text(session.attempt.client),
                    SQLValue(session.attempt.organization), .integer(now),
                ]))
        let issued = try facilities.refreshTokens.begin(
            grant, session: session.id, sessionEnd: session.end(now, facilities.lifetimes),
            in: transaction, now: now)
        let token = AccessToken(
            id: issued.accessToken, subject: session.account, audience: facilities.issuer,
            client: session.attempt.client, issuedAt: issued.at / 1_000_000,
            end: end(now, session.end(now, facilities.lifetimes), facilities), scopes: ["*"],
            session: session.id, organization: session.attempt.organization,
            signIn: .init(
                methods: session.attempt.evidence.references, assurance: session.assurance,
                at: now / 1_000_000))
        return try signed(token, issued.secret, facilities)
    }

    /// Those that follow on a refresh token, or the same ones again.
    static func renewed(
        _ row: RefreshRow, _ issued: RefreshTokens.Issued, _ facilities: Facilities
    ) throws(Fault) -> SessionTokens {
        let session = row.session
        let methods = session?.methods ?? []
        let references = Evidence.Method.allCases.filter(methods.contains).map(\.reference)
        let token = AccessToken(
            id: issued.accessToken, subject: row.principal, audience: facilities.issuer,
            client: row.client, issuedAt: issued.at / 1_000_000,
            end: end(active(session, issued), row.familyExpiresAt, facilities), scopes: row.scopes,
            session: session?.id, organization: row.organization,
            signIn: .init(
                methods: references, assurance: session?.assurance ?? "none",
                at: (session?.signedInAt ?? issued.at) / 1_000_000))
        return try signed(token, issued.secret, facilities)
    }

    /// No token outlives its session: not if that is used no more, and not if it is.
    private static func end(
        _ active: Int64, _ sessionEnd: Int64, _ facilities: Facilities
    ) -> Int64 {
        let idle = active + facilities.lifetimes.idleSeconds * 1_000_000
        return min(idle, sessionEnd) / 1_000_000
    }

    /// The session's last activity, as it is once the tokens are given.
    private static func active(
        _ session: RefreshRow.Session?, _ issued: RefreshTokens.Issued
    ) -> Int64 {
        guard let session, !SessionActivity.isDue(session.lastActiveAt, now: issued.at) else {
            return issued.at
        }
        return session.lastActiveAt
    }

    private static func signed(
        _ token: AccessToken, _ refresh: OpaqueToken, _ facilities: Facilities
    ) throws(Fault) -> SessionTokens {
        do throws(SigningFailure) {
            let text = try facilities.accessTokens.text(of: token)
            return SessionTokens(access: text, accessToken: token, refresh: refresh)
        } catch {
            var fault = Fault(.storeUnavailable, "no token can be signed at the moment")
            fault.retryAfterSeconds = 1
            throw fault
        }
    }

    /// - Source: RFC 6749, section 5.1.
    var members: [(String, JSON?)] {
        [
            ("access_token", .text(access)), ("token_type", "Bearer"),
            ("expires_in", .integer(accessToken.expiresAt - accessToken.issuedAt)),
            ("refresh_token", .text(refresh.text)),
            ("scope", .text(accessToken.scopes.joined(separator: " "))),
        ]
    }

    static let fields: [Shape.Field] = [
        .init("access_token", .text(1...8_192), isRequired: false),
        .init("token_type", .choice(["Bearer"]), isRequired: false),
        .init("expires_in", .integer(1...86_400), isRequired: false, "Seconds."),
        .init("refresh_token", .text(1...200), isRequired: false, "Good for one use."),
        .init("scope", .text(0...4_096), isRequired: false),
    ]
}
