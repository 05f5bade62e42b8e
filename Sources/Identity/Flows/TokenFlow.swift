import Decisions
import Storage

/// The endpoints of tokens, as OAuth has them.
struct TokenFlow: Flow {
    static let name = "tokens"

    let operations = [
        Operation(
            .post, "/oauth2/token", "token:refresh", "New tokens for a refresh token",
            answer: .json(200, Shape.object(SessionTokens.fields)), loader: loader,
            work: .write { call, transaction in try await refresh(call, transaction) }
        ).with {
            $0.body = .object([
                .init("grant_type", .choice(["refresh_token"])),
                .init("refresh_token", OpaqueToken.shape),
            ])
            $0.traits = [.secret, .oauth]
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
                    "known": true,
                    "refresh": row.facts(
                        graceSeconds: request.lifetimes.refreshGraceSeconds, now: request.time),
                ], rows: rows)
        })

    private static func refresh(
        _ call: OperationCall, _ transaction: Transaction
    ) async throws -> Reply {
        guard let row = try RefreshRow(call.resource.rows.first ?? []) else {
            throw Fault(.invalidCredentials)
        }
        let (facilities, now) = (call.facilities, call.request.time)
        let issued =
            row.usedAt == nil
            ? try await facilities.refreshTokens.rotate(row, in: transaction, now: now)
            : try facilities.refreshTokens.repeated(row)
        guard let issued else { throw Fault(.invalidCredentials) }
        if let session = row.session {
            try transaction.add(
                SessionActivity.update(
                    session.id, now, idle: facilities.lifetimes.idleSeconds * 1_000_000))
        }
        let tokens = try SessionTokens.renewed(row, issued, facilities)
        var reply = Reply.json(.object(present: tokens.members))
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
