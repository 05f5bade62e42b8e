import Cryptography
import Storage

/// Passwords that are forgotten, and those that are changed.
struct PasswordFlow: Flow {
    static let name = "passwords"

    let operations = [
        Operation(
            .post, "/api/v1/auth/password/forgotten", "account:ask_reset",
            "Ask for a mail by which a new password is chosen",
            answer: .json(202, .object([.init("status", .choice(["accepted"]))])),
            loader: Loader("account"),
            work: .write { call, transaction in try await forgotten(call, transaction) }
        ).with {
            $0.body = .object([
                .init("email", .text(3...254)),
                .init("device_token", OpaqueToken.shape, isRequired: false),
            ])
        },
        Operation(
            .post, "/api/v1/auth/password/reset", "account:reset_password",
            "Choose a new password by what the mail holds; other sessions end",
            answer: .json(200, SignInReply.shape), loader: Loader("account"),
            work: .prepared { call, database in
                try await PasswordReset.prepare(.token, call, database).change
            }
        ).with {
            $0.body = .object([
                .init("token", OpaqueToken.shape), .init("password", .text(1...1_024)),
                .init("device_token", OpaqueToken.shape, isRequired: false),
            ])
            $0.traits = .secret
        },
        Operation(
            .put, "/api/v1/me/password", "account:change_password",
            "Choose another password; other sessions end",
            answer: .none, loader: PasswordFacts.loader,
            work: .prepared { call, database in
                try await PasswordChange.prepare(call, database).change
            }
        ).with {
            $0.body = .object([
                .init(
                    "current_password", .text(1...1_024), isRequired: false,
                    "Where there is one."),
                .init("new_password", .text(1...1_024)),
                .init("end_other_sessions", .boolean, isRequired: false, "True."),
                .init("device_token", OpaqueToken.shape, isRequired: false),
            ])
            $0.traits = .secret
            $0.turn = PasswordChange.turn
        },
    ]

    static func forgotten(
        _ call: OperationCall, _ transaction: Transaction
    ) async throws -> Reply {
        let address = try MailAddress.typed(in: call)
        try await transaction.execute(AddressRequest(.resetPassword, address, call).insertion)
        return Reply(.json(["status": "accepted"]), status: 202)
    }
}

/// A new password by a mail.
struct PasswordReset: Sendable {
    let proof: AddressProof
    let kind: SessionCreation.Kind
    let hash: String

    static func prepare(
        _ kind: SessionCreation.Kind, _ call: OperationCall, _ database: any Database
    ) async throws -> PasswordReset {
        // The field of the new password is none that a registration has waited with.
        let proof = try await AddressProof.prepare(
            call, .resetPassword, database, comparesPassword: false)
        let owner = try await PasswordOwner.find(proof.link?.account, database)
        let hash = try await call.facilities.passwords.hash(
            choosing: call.text("password") ?? "",
            of: owner.addresses + [proof.link?.address].compactMap(\.self),
            names: owner.names, at: "/password")
        return PasswordReset(proof: proof, kind: kind, hash: hash)
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
        guard let link = try await proof.redeem(in: transaction, now: now),
            let owner = try AddressOwner(
                try await transaction.query(AccountAddresses.owner(of: link.address.key)))?
                .account,
            owner.id == link.account, owner.status == "active"
        else { return try await proof.refused(call, kind, transaction) }
        let changed = PasswordChanged(account: owner.id, hash: hash, kept: nil)
        let revoked = try await changed.keep(call, transaction)
        let attempt = proof.attempt.adding(
            Evidence(.mail, of: owner.id, by: link.address.key, at: now))
        let outcome = try await SessionCreation(
            call: call, attempt: attempt, kind: kind, account: owner,
            lane: SignInLane(of: owner.id, device: nil), failures: 0
        ).run(in: transaction)
        return outcome.adding(revoked)
    }
}

/// Another password, by who has signed in and knows the one that there is.
struct PasswordChange: Sendable {
    /// `nil`: the present one was not typed.
    let hash: String?
    let owner: AddressOwner?

    static func prepare(
        _ call: OperationCall, _ database: any Database
    ) async throws -> PasswordChange {
        let account = call.subject.id ?? ""
        let owner = try await present(account, database)
        let known = try await PasswordOwner.find(account, database)
        let hash = try await call.facilities.passwords.hash(
            choosing: call.text("new_password") ?? "", of: known.addresses, names: known.names,
            at: "/new_password")
        // The new one first: what is wrong with it tells nothing of the present one.
        let isRight = try await isRight(call.text("current_password"), owner, call)
        return PasswordChange(hash: isRight ? hash : nil, owner: owner)
    }

    private static func present(
        _ account: String, _ database: any Database
    ) async throws -> AddressOwner? {
        try AddressOwner(
            try await database.read(in: .none, [AccountAddresses.password(of: account)])[0])
    }

    /// Who signs in by mails alone has none to know.
    private static func isRight(
        _ typed: String?, _ owner: AddressOwner?, _ call: OperationCall
    ) async throws(Fault) -> Bool {
        guard let hash = owner?.hash else { return true }
        do throws(PasswordFailure) {
            let result = try await call.facilities.passwords.compare(typed ?? "", with: hash)
            return if case .right = result { true } else { false }
        } catch {
            throw error.fault
        }
    }

    var change: Operation.Change {
        { call, transaction in
            guard let account = call.subject.id else { throw Fault(.unauthenticated) }
            let present = try AddressOwner(
                try await transaction.query(AccountAddresses.password(of: account)))
            guard present?.basis == owner?.basis else { throw Fault(.conflict) }
            guard let hash else { return try miscounted(call, transaction) }
            let endsOthers = call.request.body?["end_other_sessions"] != .boolean(false)
            let own = call.subject.credential?.session?.id
            let changed = PasswordChanged(
                account: account, hash: hash, kept: own, endsSessions: endsOthers)
            var reply = Reply.none
            reply.revoked = try await changed.keep(call, transaction)
            reply.changed = account
            try transaction.add(PasswordFacts.lane(call).reset)
            return reply
        }
    }

    /// Guesses at one account, one after the other: that of many at once none is missed.
    static func turn(_ request: RequestFacts) -> String? {
        request.credential.map { "password \($0.principal)" }
    }

    /// A wrong one counts as at signing in: who has come by somebody's session does not guess on.
    private func miscounted(_ call: OperationCall, _ transaction: Transaction) throws -> Reply {
        try transaction.add(PasswordFacts.lane(call).failure(now: call.request.time))
        var fault = Fault(.forbidden, "the present password is not right")
        fault.fields = [.init("/current_password", "is not the present one")]
        var reply = Reply.refusal(fault)
        reply.details = ["code": .text(fault.code.rawValue)]
        return reply
    }
}

/// What comes with a new password: sessions that end, links that are of no use any more, and a mail
/// to the owner.
struct PasswordChanged: Sendable {
    let account: String
    let hash: String
    /// The session that goes on.
    let kept: String?
    var endsSessions = true

    func keep(
        _ call: OperationCall, _ transaction: Transaction
    ) async throws -> [Revocation] {
        let now = call.request.time
        try await transaction.execute(
            PasswordRow.keeping(
                hash, of: account, id: Identifier(.credential, call.host).text, now: now))
        // Whoever was in until now has perhaps asked for more than this.
        for purpose in [MailLinks.Purpose.resetPassword, .signIn, .addAddress] {
            try MailLinks.discard(purpose, of: account, in: transaction)
        }
        try await transaction.execute(SignInLane(of: account, device: nil).reset)
        let rows = try await transaction.query(AccountAddresses.primary(of: account))
        if let address = MailAddress(try rows.first?.text("address") ?? "") {
            let mail = PasswordChangedMail(
                changed: call.circumstances, endsSessions: endsSessions,
                resetLink: call.facilities.issuer + "/forgotten-password")
            try await call.outbox.append(mail, to: address, organization: nil, in: transaction)
        }
        guard endsSessions else { return [] }
        return try await SessionRows.revokeAll(
            of: account, except: kept, for: "password_changed", in: transaction, now: now)
    }
}
