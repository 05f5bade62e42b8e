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

        /// The same attempt, where it is one for this; a session keeps its organization.
        func goesOn(_ attempt: Attempt) -> Attempt? {
            session == nil || attempt.organization == organization ? attempt : nil
        }

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
        let known = try await attempts.goingOn(call).flatMap { target.goesOn($0.attempt) }
        let begun = attempts.begin(
            organization: target.organization, returnTo: ReturnPath.typed(call))
        let attempt = known ?? begun.attempt
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
            var reply = outcome.reply(
                secret: secret, call.request.operation.isPage ? .browser : .token)
            if case .created = outcome, case .right(isWeak: true) = result {
                reply.afterwards = { await renew(call, $0) }
            }
            return reply
        }
    }

    private func outcome(
        _ call: OperationCall, _ transaction: Transaction
    ) async throws -> SessionCreation.Outcome {
        let now = call.request.time
        let present = try AddressOwner(try await transaction.query(target.lookUp))
        let attempt = shown(of: present, now: now)
        let lane = try await lane(present, in: transaction, now: now)
        let failures =
            try await transaction.query(lane.count(now: now)).first?.integer("failures") ?? 0
        return try await SessionCreation(
            call: call, attempt: attempt, kind: kind, account: present?.account, lane: lane,
            failures: failures, membership: membership
        ).run(in: transaction)
    }

    /// Keeps a hash of today's cost, once somebody is in: before, its time would tell that the
    /// password is right. What does not come of it comes of the next sign-in.
    private func renew(_ call: OperationCall, _ database: any Database) async {
        guard let owner, let former = owner.hash,
            let hash = try? await call.facilities.passwords.renew(call.text("password") ?? "")
        else { return }
        let statement = PasswordRow.renewal(
            hash.text, of: owner.account.id, instead: former, now: call.request.time)
        _ = try? await database.transaction(in: .none) { try await $0.execute(statement) }
    }

    /// The attempt, with the password that was typed, where it is that of the account as it is now.
    /// Beside a wrong one nothing counts that was shown before.
    private func shown(of present: AddressOwner?, now: Int64) -> Attempt {
        guard case .right = result, let present, let owner, present.basis == owner.basis,
            present.account.id == owner.account.id
        else { return attempt.of(nil) }
        return attempt.adding(
            Evidence(.password, of: present.account.id, by: present.basis, at: now))
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
