import Cryptography
import Storage

/// A password that somebody typed, compared with what is kept. It takes the same steps whether the
/// address is anybody's or not.
struct TypedPassword: Sendable {
    let target: Target
    let kind: SessionCreation.Kind
    let owner: AddressOwner?
    let result: PasswordComparison
    let attempt: Attempt
    let secret: OpaqueToken?
    let device: OpaqueToken?
    let membership: JSON?

    /// Whose it is to be.
    struct Target: Sendable {
        /// What stands for it in the count of failures where it is nobody's.
        let claimed: String
        let lookUp: Statement
        /// The session that is shown to be theirs again.
        let session: String?
        let organization: String?

        /// Whoever has the address that was typed.
        static func signIn(_ call: OperationCall) -> Target {
            let typed = call.text("email") ?? ""
            let key = MailAddress(typed)?.key
            return Target(
                claimed: key ?? typed, lookUp: AccountAddresses.owner(of: key ?? ""), session: nil,
                organization: call.text("organization"))
        }

        /// Who has signed in.
        static func stepUp(_ call: OperationCall) -> Target {
            let account = call.subject.id ?? ""
            let credential = call.subject.credential
            return Target(
                claimed: account, lookUp: AccountAddresses.password(of: account),
                session: credential?.session?.id, organization: credential?.organization)
        }
    }

    static func prepare(
        _ target: Target, _ kind: SessionCreation.Kind, _ call: OperationCall,
        _ database: any Database
    ) async throws -> TypedPassword {
        let owner = try AddressOwner(try await database.read(in: .none, [target.lookUp])[0])
        let result = try await compare(call.text("password") ?? "", owner, call)
        let attempts = call.facilities.attempts
        let shown = call.request.cookies[.attempt] ?? call.text("attempt_token")
        let known = target.session == nil ? try await attempts.find(shown) : nil
        let begun = attempts.begin(
            organization: target.organization, returnTo: ReturnPath.typed(call))
        var attempt = known ?? begun.attempt
        if case .right = result {
            attempt.evidence.append(Evidence(.password, at: call.request.time))
            try await attempts.keep(attempt)
        }
        return TypedPassword(
            target: target, kind: kind, owner: owner, result: result, attempt: attempt,
            secret: known == nil ? begun.secret : nil, device: SignInDevice.shown(call.request),
            membership: try await MembershipFacts.find(
                owner?.account.id, attempt.organization, database))
    }

    private static func compare(
        _ password: String, _ owner: AddressOwner?, _ call: OperationCall
    ) async throws(Fault) -> PasswordComparison {
        do throws(PasswordFailure) {
            return try await call.facilities.passwords.compare(password, with: owner?.hash)
        } catch {
            throw error.fault
        }
    }

    var change: Operation.Change {
        { call, transaction in
            let outcome = try await outcome(call, transaction)
            // Who shows by the API again who they are is told so, whatever they came with.
            return outcome.reply(
                attempt, secret: secret, call.request.operation.isPage ? .browser : .token)
        }
    }

    private func outcome(
        _ call: OperationCall, _ transaction: Transaction
    ) async throws -> SessionCreation.Outcome {
        let now = call.request.time
        // The account as it is now: a password that was changed meanwhile is not this one's.
        let present = try AddressOwner(try await transaction.query(target.lookUp))
        var attempt = attempt
        if present?.hash != owner?.hash { attempt.evidence = [] }
        let lane = try await lane(present, in: transaction, now: now)
        let failures =
            try await transaction.query(lane.count(now: now)).first?.integer("failures") ?? 0
        let outcome = try await SessionCreation(
            call: call, attempt: attempt, kind: kind, account: present?.account, lane: lane,
            failures: failures, membership: membership
        ).run(in: transaction)
        if case .created = outcome, case .right(let better?) = result, let present {
            try await transaction.execute(
                PasswordRow.keeping(
                    better.text, of: present.account.id,
                    id: Identifier(.credential, call.host).text, now: now))
        }
        return outcome
    }

    private func lane(
        _ owner: AddressOwner?, in transaction: Transaction, now: Int64
    ) async throws -> SignInLane {
        let claimed = owner?.account.id ?? target.claimed
        guard let device else { return SignInLane(of: claimed, device: nil) }
        let rows = try await transaction.query(
            KnownDevice.finding(device, of: claimed, now: now))
        return SignInLane(of: claimed, device: rows.isEmpty ? nil : device)
    }
}
