import Storage

/// Ends what a token stands for, whoever has it. One that is none of ours, or not any more, is
/// ended already.
/// - Source: RFC 7009, section 2.
struct TokenRevocation: Sendable {
    private let call: OperationCall

    init(_ call: OperationCall) { self.call = call }

    private var now: Int64 { call.request.time }

    func run(in transaction: Transaction) async throws -> Reply {
        let text = call.text("token") ?? ""
        var reply = Reply(.none, status: 200)
        if let shown = OpaqueToken(.refresh, text) {
            reply.revoked = try await endFamily(shown, in: transaction)
            reply.changed = reply.revoked.first?.subject
        } else if let token = call.facilities.accessTokens.token(
            text, for: call.facilities.issuer)
        {
            let revocation = Revocation(.token, token.id, now: now)
            try await transaction.execute(revocation.insertion(now: now))
            reply.revoked = [revocation]
            reply.changed = token.id
        }
        return reply
    }

    private func endFamily(
        _ shown: OpaqueToken, in transaction: Transaction
    ) async throws -> [Revocation] {
        guard let row = try RefreshRow(try await transaction.query(RefreshRow.finding(shown)))
        else { return [] }
        try await transaction.execute(
            Statement(
                """
                UPDATE refresh_families SET revoked_at = $2, revoked_for = 'revoked'
                WHERE id = $1 AND revoked_at IS NULL
                """, [.text(row.family), .integer(now)]))
        guard let session = row.session, !session.isRevoked else { return [] }
        return try await SessionRows.revoke(
            [session.id], for: "revoked", in: transaction, now: now)
    }
}

/// What an access token is good for at this moment, for the organization that asks: what concerns
/// another one is as no token. One that is good for no organization alone concerns those that its
/// subject is a member of.
/// - Source: RFC 7662, section 2.2.
struct TokenIntrospection: Sendable {
    private let call: OperationCall

    init(_ call: OperationCall) { self.call = call }

    private static let parts: [Shape.Field] = [
        .init("active", .boolean),
        .init("amr", .array(of: .text(1...255), count: 0...16), isRequired: false),
    ]

    static let shape = Shape.object(
        parts
            + [
                "scope", "client_id", "token_type", "sub", "aud", "iss", "jti", "sid", "org", "acr",
            ].map { .init($0, .text(0...4_096), isRequired: false) }
            + ["exp", "iat", "auth_time"].map {
                .init($0, .integer(0...253_402_300_799), isRequired: false)
            })

    func json(in transaction: Transaction) async throws -> JSON {
        let issuer = call.facilities.issuer
        guard let token = call.facilities.accessTokens.token(call.text("token") ?? "", for: issuer),
            let asker = call.tenant?.id, token.organization ?? asker == asker,
            try await isGood(token, for: asker, in: transaction)
        else { return ["active": false] }
        return .object(present: [
            ("active", true), ("scope", .text(token.scopes.joined(separator: " "))),
            ("client_id", .text(token.client)), ("token_type", "Bearer"),
            ("sub", .text(token.subject)), ("aud", .text(token.audience)), ("iss", .text(issuer)),
            ("jti", .text(token.id)), ("sid", token.session.map(JSON.text)),
            ("org", token.organization.map(JSON.text)), ("acr", .text(token.signIn.assurance)),
            ("amr", .array(token.signIn.methods.map(JSON.text))),
            ("exp", .integer(token.expiresAt)), ("iat", .integer(token.issuedAt)),
            ("auth_time", .integer(token.signIn.at)),
        ])
    }

    private func isGood(
        _ token: AccessToken, for organization: String, in transaction: Transaction
    ) async throws -> Bool {
        let rows = try await transaction.query([
            Revocations.finding(token, now: call.request.time),
            AccountAddresses.password(of: token.subject),
            MembershipFacts.finding(token.subject, organization),
        ])
        return try rows[0].isEmpty && AddressOwner(rows[1])?.account.status == "active"
            && MembershipFacts.isActive(rows[2])
    }
}
