public import RegoMachine
public import Storage

/// Answers what was asked for by an address, by a mail to it: what is there is looked up here,
/// where nobody waits for it.
public struct AddressMail: Sendable {
    private let outbox: Outbox
    private let codes: ShortCodes
    private let host: Host
    private let issuer: String

    private static let batch: Int64 = 20
    private static let everySeconds = 0.25

    /// - Parameter issuer: What links begin with; never what a request says.
    public init(outbox: Outbox, codes: ShortCodes, host: Host, issuer: String) {
        self.outbox = outbox
        self.codes = codes
        self.host = host
        self.issuer = issuer
    }

    private var now: Int64 { host.now() / 1_000 }

    public func job(_ database: any Database) -> Job {
        Job("address mail", everySeconds: Self.everySeconds) {
            while try await run(database) {}
        }
    }

    /// Does what is there, up to a number.
    /// - Returns: Whether there may be more.
    /// - Throws: `StorageFailure`, `CryptographyError`.
    func run(_ database: any Database) async throws -> Bool {
        let waiting = try await database.read(
            in: .system, [Statement("SELECT id FROM address_requests LIMIT 1")])[0]
        guard !waiting.isEmpty else { return false }
        return try await database.transaction(in: .system) { transaction in
            let rows = try await transaction.query(AddressRequest.taking(Self.batch))
            for row in rows {
                guard let request = try AddressRequest(row) else { continue }
                try await answer(request, in: transaction)
            }
            return rows.count == Self.batch
        }
    }

    private func answer(_ request: AddressRequest, in transaction: Transaction) async throws {
        let rows = try await transaction.query(AccountAddresses.owner(of: request.address.key))
        let owner = try AddressOwner(rows)?.account
        // What no mail answers counts, too: what is left would tell whose an address is.
        guard try await counts(request, owner, in: transaction), isDue(request.purpose, owner)
        else { return }
        switch (request.purpose, owner) {
        case (.signUp, nil): try await verify(request, in: transaction)
        case (.signUp, _): try await decline(request, in: transaction)
        case (.signIn, _): try await signIn(request, owner, in: transaction)
        case (.resetPassword, nil): break
        case (.resetPassword, let owner?): try await reset(request, owner.id, in: transaction)
        }
    }

    /// Whether there is a mail that answers it.
    private func isDue(
        _ purpose: AddressRequest.Purpose, _ owner: SessionCreation.Claimed?
    ) -> Bool {
        switch purpose {
        case .signUp: true
        case .signIn: owner?.status ?? "active" == "active"
        case .resetPassword: owner?.status == "active"
        }
    }

    private func counts(
        _ request: AddressRequest, _ owner: SessionCreation.Claimed?, in transaction: Transaction
    ) async throws -> Bool {
        let lane = try await request.lane(knownTo: owner?.id, in: transaction, now: now)
        return try await MailboxLimit.count(
            Identifier(.addressRequest, host).text, to: request.address, in: lane, transaction,
            now: now)
    }

    /// Asks whether the address is theirs.
    private func verify(_ request: AddressRequest, in transaction: Transaction) async throws {
        let link = try await link(.verify, request, account: nil, in: transaction)
        let mail = VerifyEmailMail(
            link: link.text(issuer: issuer), code: link.code ?? "",
            validMinutes: link.purpose.lifetimeMinutes)
        try await outbox.append(mail, to: request.address, organization: nil, in: transaction)
    }

    /// Tells the owner of an address that they have an account.
    private func decline(_ request: AddressRequest, in transaction: Transaction) async throws {
        try await transaction.execute(PendingRegistration.deletion(request.registration ?? ""))
        let mail = AlreadyRegisteredMail(
            signInLink: issuer + "/sign-in", resetLink: issuer + "/forgotten-password",
            asked: request.circumstances)
        try await outbox.append(mail, to: request.address, organization: nil, in: transaction)
    }

    private func signIn(
        _ request: AddressRequest, _ owner: SessionCreation.Claimed?,
        in transaction: Transaction
    ) async throws {
        let link = try await link(.signIn, request, account: owner?.id, in: transaction)
        let mail = MagicLinkMail(
            link: link.text(issuer: issuer), code: link.code ?? "",
            validMinutes: link.purpose.lifetimeMinutes, asked: request.circumstances)
        try await outbox.append(mail, to: request.address, organization: nil, in: transaction)
    }

    private func reset(
        _ request: AddressRequest, _ owner: String, in transaction: Transaction
    ) async throws {
        try MailLinks.discard(.resetPassword, of: owner, in: transaction)
        let link = try await link(.resetPassword, request, account: owner, in: transaction)
        let mail = ResetPasswordMail(
            link: link.text(issuer: issuer), validMinutes: link.purpose.lifetimeMinutes,
            asked: request.circumstances)
        try await outbox.append(mail, to: request.address, organization: nil, in: transaction)
    }

    private func link(
        _ purpose: MailLinks.Purpose, _ request: AddressRequest, account: String?,
        in transaction: Transaction
    ) async throws -> NewMailLink {
        // A code belongs to the sign-in under way that asked; without one there is none to type.
        let code = request.attempt == nil ? nil : codes.make()
        let link = NewMailLink(
            purpose: purpose, secret: OpaqueToken(.mail, host), code: code,
            address: request.address, attempt: request.attempt,
            registration: request.registration, account: account)
        try await transaction.execute(link.insertion(codes, now: now))
        return link
    }
}
