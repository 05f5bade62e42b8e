import Decisions
import Storage

/// The endpoints of tokens, as OAuth has them.
struct TokenFlow: Flow {
    static let name = "tokens"

    let operations = [
        Operation(
            .post, "/oauth2/token", "token:refresh", "New tokens for a refresh token",
            answer: .json(200, Shape.object(SessionTokens.fields)), loader: loader,
            work: .prepared { call, _ in
                // Signed and sealed beforehand: the transactions of others wait for this one.
                let prepared = try Renewal(call)
                return { call, transaction in
                    let isGood = prepared?.rows == call.resource.rows.first
                    let renewal = isGood ? prepared : try Renewal(call)
                    return try await refresh(call, renewal, transaction)
                }
            }
        ).with {
            $0.body = .object([
                .init("grant_type", .choice(["refresh_token"])),
                .init("refresh_token", OpaqueToken.shape),
                .init(
                    "client_id", .text(0...256), isRequired: false,
                    "The client that the token was given to."),
            ])
            $0.traits = [.secret, .oauth]
            // Whose token it is, and so which organization's members are looked at, its row says.
            $0.reach = .everywhere
            $0.turn = { request in
                let text = request.body?["refresh_token"]?.text ?? ""
                return OpaqueToken(.refresh, text)?.id
            }
            $0.onDenial = { call, transaction in try await endFamily(call, transaction) }
        },
        Operation(
            .post, "/oauth2/revoke", "token:revoke", "End what a token stands for",
            answer: .empty, loader: Loader("token"),
            work: .write { call, transaction in
                try await TokenRevocation(call).run(in: transaction)
            }
        ).with {
            $0.body = .object([
                .init("token", .text(1...8_192)),
                .init("token_type_hint", .text(0...100), isRequired: false),
            ])
            $0.traits = [.secret, .oauth]
        },
        Operation(
            .post, "/oauth2/introspect", "token:introspect", "What a token is good for",
            answer: .json(200, TokenIntrospection.shape), loader: Loader("token"),
            work: .write { call, transaction in
                .json(try await TokenIntrospection(call).json(in: transaction))
            }
        ).with {
            $0.body = .object([
                .init("token", .text(1...8_192)),
                .init("token_type_hint", .text(0...100), isRequired: false),
            ])
            $0.traits = [.secret, .oauth]
        },
    ]

    /// The token and all that it depends on.
    private static let loader = Loader(
        "token",
        { request in
            let shown = request.body?["refresh_token"]?.text ?? ""
            return OpaqueToken(.refresh, shown).map { [RefreshRow.finding($0)] } ?? []
        },
        read: { (rows, request) throws(StorageFailure) in
            guard let row = try RefreshRow(rows.first ?? []) else {
                return ResourceFacts(exists: true, attributes: ["known": false])
            }
            return ResourceFacts(
                id: row.family, exists: true, account: row.principal,
                attributes: [
                    "known": true, "named_client": JSON(namedClient(request)),
                    "refresh": row.facts(
                        graceSeconds: request.lifetimes.refreshGraceSeconds, now: request.time),
                ], rows: rows)
        })

    /// What is sent without a value is not sent.
    /// - Source: RFC 6749, section 3.2.
    private static func namedClient(_ request: RequestFacts) -> String? {
        guard let name = request.body?["client_id"]?.text, !name.isEmpty else { return nil }
        return name
    }

    private static func refresh(
        _ call: OperationCall, _ renewal: Renewal?, _ transaction: Transaction
    ) async throws -> Reply {
        guard let renewal else { throw Fault(.invalidCredentials) }
        let (row, facilities, now) = (renewal.row, call.facilities, call.request.time)
        if let successor = renewal.successor {
            let isFirst = try await facilities.refreshTokens.rotate(
                row, to: successor, in: transaction, now: now)
            guard isFirst else { throw Fault(.invalidCredentials) }
        }
        if let session = row.session, SessionActivity.isDue(session.lastActiveAt, now: now) {
            try transaction.add(
                SessionActivity.update(
                    session.id, now, idle: facilities.lifetimes.idleSeconds * 1_000_000))
        }
        var reply = Reply.json(.object(present: renewal.tokens.members))
        reply.changed = row.family
        reply.details = ["account": .text(row.principal), "repeated": .boolean(row.usedAt != nil)]
        return reply
    }

    /// What the policy demands where a token was used twice: the thief and the owner both start
    /// again, and the owner learns why.
    private static func endFamily(
        _ call: OperationCall, _ transaction: Transaction
    ) async throws -> [Revocation] {
        guard call.verdict.obligations.contains(.revokeFamily),
            let row = try RefreshRow(call.resource.rows.first ?? []), row.familyRevokedAt == nil
        else { return [] }
        let now = call.request.time
        try await transaction.execute(
            Statement(
                """
                UPDATE refresh_families SET revoked_at = $2, revoked_for = 'replayed'
                WHERE id = $1 AND revoked_at IS NULL
                """, [.text(row.family), .integer(now)]))
        var revoked: [Revocation] = []
        if let session = row.session {
            revoked = try await SessionRows.revoke(
                [session.id], for: "refresh_replayed", in: transaction, now: now)
        }
        try await tell(row.principal, call, transaction)
        return revoked
    }

    private static func tell(
        _ account: String, _ call: OperationCall, _ transaction: Transaction
    ) async throws {
        let rows = try await transaction.query(AccountAddresses.primary(of: account))
        guard let address = MailAddress(try rows.first?.text("address") ?? "") else { return }
        let mail = TokenReuseMail(
            client: "Ostiary", used: call.circumstances,
            sessionsLink: call.facilities.issuer + "/account")
        try await call.outbox.append(mail, to: address, organization: nil, in: transaction)
    }
}

/// What somebody is given for a refresh token, as its rows were: the next one, or where the token
/// was used, the same one again.
private struct Renewal: Sendable {
    let rows: [Row]
    let row: RefreshRow
    /// `nil`: it is kept already.
    let successor: RefreshTokens.Successor?
    let tokens: SessionTokens

    /// - Returns: `nil` where the token is none that anything is given for.
    init?(_ call: OperationCall) throws {
        let (facilities, now) = (call.facilities, call.request.time)
        guard let row = try RefreshRow(call.resource.rows.first ?? []) else { return nil }
        let successor =
            row.usedAt == nil ? try facilities.refreshTokens.successor(of: row, now: now) : nil
        let issued = try successor?.issued ?? facilities.refreshTokens.repeated(row)
        guard let issued else { return nil }
        self.row = row
        self.successor = successor
        rows = call.resource.rows.first ?? []
        tokens = try SessionTokens.renewed(row, issued, facilities)
    }
}
