import Decisions
import Storage

/// Signing in by a mail: its link in the same browser, or its code. Whoever has no account gets one
/// by it, for the mail shows that the address is theirs.
struct MailSignInFlow: Flow {
    static let name = "mail_sign_in"

    let operations = [
        Operation(
            .post, "/api/v1/auth/magic-link", "session:attempt",
            "Begin to sign in by mail: a link and a code go to the address",
            answer: .json(202, SignInReply.shape), loader: Loader("session"),
            work: .prepared { call, _ in try await MailAttempt.begin(call).change }
        ).with {
            $0.body = .object([
                .init("email", .text(3...254)),
                .init("organization", .identifier(.organization), isRequired: false),
                .init(
                    "attempt_token", OpaqueToken.shape, isRequired: false,
                    "Of a sign-in under way, which the mail goes on with."),
                .init("device_token", OpaqueToken.shape, isRequired: false),
            ])
            $0.traits = .secret
        },
        Operation(
            .post, "/api/v1/auth/magic-link/redeem", "session:attempt",
            "Sign in by what the mail holds",
            answer: .json(200, SignInReply.shape), loader: Loader("session"),
            work: .prepared { call, database in
                let proof = try await AddressProof.prepare(call, .signIn, database)
                return try await MailSignIn.prepare(proof, .token, call, database).change
            }
        ).with {
            $0.body = AddressProof.body
            $0.traits = .secret
            $0.turn = AddressProof.turn
        },
    ]
}

/// A sign-in by mail that is about to begin.
struct MailAttempt: Sendable {
    let request: AddressRequest
    let attempt: Attempt
    let secret: OpaqueToken

    static func begin(_ call: OperationCall) async throws -> MailAttempt {
        let address = try MailAddress.typed(in: call)
        let attempts = call.facilities.attempts
        let known = try await attempts.goingOn(call)
        let (attempt, secret) =
            known
            ?? attempts.begin(
                organization: call.text("organization"), returnTo: ReturnPath.typed(call))
        if known == nil { try await attempts.keep(attempt) }
        var request = AddressRequest(.signIn, address, call)
        request.attempt = attempt
        return MailAttempt(request: request, attempt: attempt, secret: secret)
    }

    var change: Operation.Change {
        { call, transaction in
            try await transaction.execute(request.insertion)
            var reply = Reply(
                .json(SignInReply.next(attempt, secret: secret, ["mail"])), status: 202)
            reply.cookies = call.cookies(binding: secret, until: .signIn)
            return reply
        }
    }
}

/// What somebody brings who was sent a mail to sign in with.
struct MailSignIn: Sendable {
    let proof: AddressProof
    let kind: SessionCreation.Kind
    let membership: JSON?

    static func prepare(
        _ proof: AddressProof, _ kind: SessionCreation.Kind, _ call: OperationCall,
        _ database: any Database
    ) async throws -> MailSignIn {
        let membership = try await MembershipFacts.find(
            proof.link?.account, proof.attempt.organization, database)
        return MailSignIn(proof: proof, kind: kind, membership: membership)
    }

    var change: Operation.Change {
        { call, transaction in
            try await run(call, transaction).reply(secret: proof.secret, kind)
        }
    }

    func run(
        _ call: OperationCall, _ transaction: Transaction
    ) async throws -> SessionCreation.Outcome {
        let now = call.request.time
        // A link that is opened elsewhere would sign somebody else's browser in.
        guard proof.isBound, let link = try await proof.redeem(in: transaction, now: now) else {
            return try await proof.refused(call, kind, transaction)
        }
        let account = try await claimed(link, call, transaction)
        let attempt =
            account.map {
                proof.attempt.adding(
                    Evidence(.mail, of: $0.id, by: link.address.key, at: now))
            }
            ?? proof.attempt
        return try await SessionCreation(
            call: call, attempt: attempt, kind: kind, account: account,
            lane: SignInLane(of: account?.id ?? link.address.key, device: nil), failures: 0,
            membership: membership
        ).run(in: transaction)
    }

    /// The owner of the address; of one that is nobody's, whoever the policy lets sign up. Where
    /// it is an organization's session that is wanted, a new account would be of no use.
    private func claimed(
        _ link: MailLinks.Found, _ call: OperationCall, _ transaction: Transaction
    ) async throws -> SessionCreation.Claimed? {
        let rows = try await transaction.query(AccountAddresses.owner(of: link.address.key))
        if let owner = try AddressOwner(rows) { return owner.account }
        guard proof.attempt.organization == nil else { return nil }
        let question = FurtherQuestion("account:sign_up", "account", ResourceFacts(exists: true))
        let decision = await call.ask(question)
        guard decision.verdict.isAllowed else {
            try call.keep(decision, question, changed: nil, in: transaction)
            return nil
        }
        let now = call.request.time
        let account = NewAccount(
            displayName: String(link.address.text.prefix { $0 != "@" }), address: link.address,
            host: call.host)
        try await account.insert(in: transaction, now: now, host: call.host)
        try await transaction.execute(PendingRegistration.discarding(link.address))
        try call.keep(
            decision, question, actor: account.id, changed: account.id, in: transaction)
        return SessionCreation.Claimed(id: account.id, status: "active")
    }
}
