import Storage

/// What somebody brings from a mail: the secret of its link, or its code together with the sign-in
/// that it was sent for.
struct AddressProof: Sendable {
    /// The sign-in that goes on; a new one where a link was opened elsewhere.
    let attempt: Attempt
    /// Of a new one.
    let secret: OpaqueToken?
    /// Whether it goes on where it was begun.
    let isBound: Bool
    /// `nil`: nothing that is good.
    let link: MailLinks.Found?
    /// What waits for it, where the link is of a registration.
    let registration: PendingRegistration?
    /// The registration's own password was typed.
    let isPasswordRight: Bool
    /// Whether the link's code was typed.
    let isTyped: Bool
    /// A code that was wrong is counted against this one.
    let missed: String?

    /// Codes for one sign-in are looked at one after the other.
    static func turn(_ request: RequestFacts) -> String? {
        Attempts.secret(of: request).map { "code \($0.id)" }
    }

    static let body = Shape.object([
        .init("token", OpaqueToken.shape, isRequired: false, "Behind the # of the mail's link."),
        .init("code", .text(1...100), isRequired: false, "From the mail; with `attempt_token`."),
        .init("attempt_token", OpaqueToken.shape, isRequired: false),
        .init(
            "password", .text(1...1_024), isRequired: false,
            "The one chosen at sign-up, where the link is opened elsewhere."),
        .init("device_token", OpaqueToken.shape, isRequired: false),
    ])

    /// Looks at what was brought, in a time that does not depend on whose it is.
    static func prepare(
        _ call: OperationCall, _ purpose: MailLinks.Purpose, _ database: any Database,
        comparesPassword: Bool = true
    ) async throws -> AddressProof {
        let attempts = call.facilities.attempts
        let (link, missed) = try await link(call, purpose, database)
        let known = try await own(link, call)
        var registration: PendingRegistration?
        if let id = link?.registration {
            registration = try PendingRegistration(
                try await database.read(
                    in: .none, [PendingRegistration.finding(id, now: call.request.time)])[0])
        }
        let typed = comparesPassword ? call.text("password") : nil
        let isPasswordRight = try await isRight(typed, registration, call)
        let begun = attempts.begin(organization: nil, returnTo: nil)
        return AddressProof(
            attempt: known ?? begun.attempt, secret: known == nil ? begun.secret : nil,
            isBound: known != nil, link: link, registration: registration,
            isPasswordRight: isPasswordRight, isTyped: secret(call) == nil, missed: missed)
    }

    /// The sign-in that a link was sent for, where it is the caller's: as it is kept, or as it was
    /// when the mail was asked for.
    private static func own(
        _ link: MailLinks.Found?, _ call: OperationCall
    ) async throws -> Attempt? {
        let attempts = call.facilities.attempts
        let secret = Attempts.secret(of: call.request)
        let known = try await attempts.find(secret)
        guard let secret, let begun = link?.attempt else { return nil }
        return known?.id == begun.id ? known : attempts.resumed(begun, by: secret)
    }

    private static func link(
        _ call: OperationCall, _ purpose: MailLinks.Purpose, _ database: any Database
    ) async throws -> (found: MailLinks.Found?, missed: String?) {
        let now = call.request.time
        if let secret = secret(call) {
            let rows = try await database.read(
                in: .none, [MailLinks.finding(secret, purpose, now: now)])[0]
            return (try MailLinks.Found(rows), nil)
        }
        guard let attempt = Attempts.secret(of: call.request), let code = call.text("code") else {
            return (nil, nil)
        }
        let rows = try await database.read(
            in: .none, [MailLinks.finding(ofAttempt: attempt.id, purpose, now: now)])[0]
        guard let found = try MailLinks.Found(rows), let kept = found.code,
            let begun = found.attempt, attempt.isOf(begun.digest)
        else { return (nil, nil) }
        let isRight = call.facilities.codes.isCode(code, kept: kept, row: found.id)
        return isRight ? (found, nil) : (nil, found.id)
    }

    /// The link's secret. On a page it stands in the one field that takes a code, too.
    private static func secret(_ call: OperationCall) -> OpaqueToken? {
        [call.text("token"), call.text("code")].lazy.compactMap(\.self)
            .compactMap { OpaqueToken(.mail, $0) }.first
    }

    private static func isRight(
        _ password: String?, _ registration: PendingRegistration?, _ call: OperationCall
    ) async throws(Fault) -> Bool {
        guard let password, !password.isEmpty else { return false }
        do throws(PasswordFailure) {
            let result = try await call.facilities.passwords.compare(
                password, with: registration?.passwordHash)
            return if case .right = result { true } else { false }
        } catch {
            throw error.fault
        }
    }

    /// The link, used up.
    /// - Returns: `nil` where nothing good was brought, or somebody else was faster.
    func redeem(in transaction: Transaction, now: Int64) async throws -> MailLinks.Found? {
        guard let link,
            try await MailLinks.use(link.id, typed: isTyped, in: transaction, now: now)
        else { return nil }
        return link
    }
}

extension AddressProof {
    /// As a sign-in with nothing to show for it.
    func refused(
        _ call: OperationCall, _ kind: SessionCreation.Kind, _ transaction: Transaction
    ) async throws -> SessionCreation.Outcome {
        if let missed { try await transaction.execute(MailLinks.countWrongCode(missed)) }
        return try await SessionCreation(
            call: call, attempt: attempt, kind: kind, account: nil,
            lane: SignInLane(of: link?.address.key ?? "", device: nil), failures: 0
        ).run(in: transaction)
    }
}
