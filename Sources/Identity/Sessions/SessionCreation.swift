import Decisions
import Storage

/// The one place where sessions come from: an attempt, with what was shown in it, is put to the
/// policy, which lets it in, wants more, or refuses.
struct SessionCreation: Sendable {
    let call: OperationCall
    /// With what was shown of the account, and nothing else.
    private(set) var attempt: Attempt
    let kind: Kind
    /// Whose it is to be; `nil`: the address is nobody's.
    let account: Claimed?
    let lane: SignInLane
    /// Of the lane, so far.
    let failures: Int64
    /// The account's place in the organization that the attempt is for.
    let membership: JSON?
    /// The session at the issuer's host that it comes from, instead of what was shown here.
    let handed: HandedSession?

    init(
        call: OperationCall, attempt: Attempt, kind: Kind, account: Claimed?, lane: SignInLane,
        failures: Int64, membership: JSON? = nil, handed: HandedSession? = nil
    ) {
        self.call = call
        self.attempt = attempt.of(account?.id)
        self.kind = kind
        self.account = account
        self.lane = lane
        self.failures = failures
        self.membership = membership
        self.handed = handed
    }

    enum Kind: String, Sendable {
        /// A cookie.
        case browser
        /// An access and a refresh token.
        case token
    }

    /// The account that somebody wants to be.
    struct Claimed: Sendable {
        let id: String
        let status: String
        var platformRole: String?

        var facts: JSON {
            [
                "id": .text(id), "status": .text(status),
                "platform_roles": .array([platformRole].compactMap(\.self).map(JSON.text)),
            ]
        }
    }

    enum Outcome: Sendable {
        case created(NewSession)
        /// What else is to be shown, and the attempt that goes on by it.
        case next([String], Attempt, FurtherDecision)
        case refused(FurtherDecision)

        /// With what was revoked beside it.
        func adding(_ revoked: [Revocation]) -> Outcome {
            guard case .created(var session) = self else { return self }
            session.revoked += revoked
            return .created(session)
        }
    }

    private var now: Int64 { call.request.time }
    private var isByMail: Bool { attempt.evidence.contains { $0.method == .mail } }

    /// The session that this one takes the place of: the one that is shown by who comes in again,
    /// whatever they come in by. A browser has one, whoever comes in.
    private var replaced: String? {
        guard let account, let shown = call.subject.credential else { return nil }
        let isBrowsers = kind == .browser && shown.kind == .session
        return call.subject.id == account.id || isBrowsers ? shown.session?.id : nil
    }

    /// - Throws: `StorageFailure`, `Fault`.
    func run(in transaction: Transaction) async throws -> Outcome {
        // One piece alone is that of this moment.
        guard handed == nil, attempt.evidence.count > 1 else { return try await ask(transaction) }
        var present = self
        present.attempt = try await attempt.standing(in: transaction)
        return try await present.ask(transaction)
    }

    private func ask(_ transaction: Transaction) async throws -> Outcome {
        let question = FurtherQuestion(
            "session:create", "session",
            ResourceFacts(exists: true, account: account?.id, attributes: attributes))
        let decision = await call.ask(question)
        guard decision.verdict.isAllowed, let account else {
            if attempt.evidence.isEmpty {
                try transaction.add(lane.failure(now: now))
            }
            try call.keep(
                decision, question, actor: attempt.evidence.isEmpty ? nil : account?.id,
                changed: nil, in: transaction)
            let next = decision.verdict.next
            return next.isEmpty ? .refused(decision) : .next(next, attempt, decision)
        }
        let session = try await create(account, decision, in: transaction)
        try call.keep(
            decision, question, actor: account.id, changed: session.id,
            details: .object(present: [
                ("evidence", .array(attempt.evidence.references.map(JSON.text))),
                ("replaces", replaced.map(JSON.text)),
            ]),
            in: transaction)
        return .created(session)
    }

    private var attributes: JSON {
        .object(present: [
            ("kind", .text(kind.rawValue)), ("client", .text(attempt.client)),
            ("account", account?.facts),
            ("evidence", .array(attempt.evidence.map { $0.facts(now: now) })),
            (
                "lane",
                ["known_device": .boolean(lane.isKnownDevice), "failures": .integer(failures)]
            ),
            ("organization", attempt.organization.map(JSON.text)), ("membership", membership),
            ("replaces", replaced.map(JSON.text)),
            ("handed_over", handed.map { ["session": .text($0.id)] }),
        ])
    }

    private func create(
        _ account: Claimed, _ decision: FurtherDecision, in transaction: Transaction
    ) async throws -> NewSession {
        var session = NewSession(self, account: account.id, decision, host: call.host)
        try await session.insert(in: transaction, now: now, call.facilities.lifetimes)
        if let replaced {
            if call.subject.id == account.id {
                try transaction.add(SessionRows.passing(from: replaced, to: session.id))
            }
            session.revoked = try await SessionRows.revoke(
                [replaced], for: "replaced", in: transaction, now: now)
        }
        session.revoked += try await endOldest(of: account.id, in: transaction)
        if handed == nil { try await heed(&session, account, in: transaction) }
        if kind == .token {
            session.tokens = try SessionTokens.begin(
                session, call.facilities, in: transaction, now: now)
        }
        return session
    }

    /// What follows from somebody's having shown who they are.
    private func heed(
        _ session: inout NewSession, _ account: Claimed, in transaction: Transaction
    ) async throws {
        try await keepDevice(&session, in: transaction)
        try await tellOfFailures(account.id, in: transaction)
        try transaction.add(lane.reset)
        if isByMail {
            try transaction.add(SignInLane(of: account.id, device: nil).reset)
        }
        try MailLinks.discard(.resetPassword, of: account.id, in: transaction)
    }

    /// Tells the owner of wrong passwords before the right one.
    private func tellOfFailures(
        _ account: String, in transaction: Transaction
    ) async throws {
        var failures = failures
        if isByMail {
            // Which lets in where too many wrong passwords do not.
            let strangers = SignInLane(of: account, device: nil).count(now: now)
            let theirs = try await transaction.query(strangers).first?.integer("failures") ?? 0
            failures = max(failures, theirs)
        }
        guard failures >= SignInLane.failuresToTell else { return }
        let rows = try await transaction.query(AccountAddresses.primary(of: account))
        try await AccountNotice(
            "Somebody signed in after \(failures) wrong passwords."
        ).tell(rows.compactMap { MailAddress(try $0.text("address")) }, call, transaction)
    }

    private func endOldest(
        of account: String, in transaction: Transaction
    ) async throws -> [Revocation] {
        let rows = try await transaction.query(
            SessionRows.beyond(call.facilities.lifetimes.sessionsMax, of: account, now: now))
        let ids = try rows.map { try $0.text("id") }
        return try await SessionRows.revoke(ids, for: "limit", in: transaction, now: now)
    }

    /// Remembers what was signed in with, and tells the owner where it is new.
    private func keepDevice(
        _ session: inout NewSession, in transaction: Transaction
    ) async throws {
        let shown = SignInDevice.shown(call.request)
        let known: Bool
        if let shown {
            let rows = try await transaction.query(
                KnownDevice.finding(shown, of: session.account, now: now))
            known = !rows.isEmpty
        } else {
            known = false
        }
        let device = shown ?? OpaqueToken(.device, call.host)
        if shown == nil { session.device = device }
        if !known {
            try await SignInDevice.tell(session.account, call, in: transaction)
        }
        try transaction.add(KnownDevice.keeping(device, of: session.account, now: now))
    }
}

/// What a client shows of itself, apart from who uses it.
enum SignInDevice {
    /// A browser by its cookie, another client by what it was given.
    static func shown(_ request: RequestFacts) -> OpaqueToken? {
        let text = request.cookies[.device] ?? request.body?["device_token"]?.text
        return text.flatMap { OpaqueToken(.device, $0) }
    }

    /// Tells the owner of an account of a device that it has not been used with, unless there was
    /// none before.
    static func tell(
        _ account: String, _ call: OperationCall, in transaction: Transaction
    ) async throws {
        let rows = try await transaction.query([
            Statement(
                "SELECT account_id FROM known_devices WHERE account_id = $1 LIMIT 1",
                [.text(account)]),
            AccountAddresses.primary(of: account),
        ])
        guard !rows[0].isEmpty,
            let address = MailAddress(try rows[1].first?.text("address") ?? "")
        else { return }
        let mail = NewDeviceMail(
            signedIn: call.circumstances, sessionsLink: call.facilities.issuer + "/account")
        try await call.outbox.append(mail, to: address, organization: nil, in: transaction)
    }
}

extension OperationCall {
    /// As mails tell of a request.
    var circumstances: Circumstances {
        Circumstances(
            at: request.time, address: request.address,
            device: request.userAgent.map { DeviceName.of($0) })
    }
}
