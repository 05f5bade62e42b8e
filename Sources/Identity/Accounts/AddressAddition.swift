import Storage

/// A further address of an account: named, and then shown to be theirs by the mail that goes there.
///
/// Whether the address is somebody else's is told to nobody but its owner, who does not learn who
/// asked: the rows, the answer and a mail are there in both cases.
struct AddressAddition: Sendable {
    let address: MailAddress
    let account: String
    /// Of the account, those that there are.
    let known: [AddressRow]

    /// - Throws: `Fault` where the address is the account's already.
    func run(_ call: OperationCall, _ transaction: Transaction) async throws -> AddressRow {
        let now = call.request.time
        let own = known.first { $0.address.key == address.key }
        guard own?.isVerified != true else {
            throw Fault(.conflict, "the address is the account's already")
        }
        let row =
            own
            ?? AddressRow(
                address, of: account, id: Identifier(.address, call.host).text, verifiedAt: nil,
                now: now)
        if own == nil { try await transaction.execute(row.insertion) }
        // To whoever the address may belong to, the account that asks is a stranger.
        let mayMail = try await MailboxLimit.count(
            Identifier(.addressRequest, call.host).text, to: address,
            in: .network(call.request.network), transaction, now: now)
        guard mayMail else { return row }
        try await transaction.execute(AddressLinks.spoiling(of: account, to: address, now: now))
        let owner = try await transaction.query(AccountAddresses.owner(of: address.key))
        let link = NewMailLink(
            purpose: .addAddress, secret: OpaqueToken(.mail, call.host), code: nil,
            address: address, account: account)
        try await transaction.execute(link.insertion(call.facilities.codes, now: now))
        try await tell(link, isTaken: !owner.isEmpty, call, transaction)
        return row
    }

    private func tell(
        _ link: NewMailLink, isTaken: Bool, _ call: OperationCall, _ transaction: Transaction
    ) async throws {
        if isTaken {
            try await call.outbox.append(
                AddressTakenMail(), to: address, organization: nil, in: transaction)
        } else {
            let mail = AddAddressMail(
                link: link.text(issuer: call.facilities.issuer),
                validMinutes: link.purpose.lifetimeMinutes)
            try await call.outbox.append(mail, to: address, organization: nil, in: transaction)
        }
    }

    /// Does what the mail's link is for.
    /// - Throws: `Fault` where somebody else was faster: with the link, or with the address.
    static func verify(
        _ link: MailLinks.Found, of account: String, _ call: OperationCall,
        _ transaction: Transaction
    ) async throws -> AddressRow {
        let now = call.request.time
        guard try await MailLinks.use(link.id, in: transaction, now: now) else {
            throw Fault(.notFound)
        }
        do throws(StorageFailure) {
            try await transaction.execute(verification(of: link.address, account, now: now))
        } catch {
            switch error {
            case .constraint(.unique, name: "account_addresses_verified_key"):
                throw Fault(.conflict, "the address is another account's")
            default: throw error
            }
        }
        let rows = try await transaction.query(AddressRow.all(of: account))
        let all = try rows.map(AddressRow.init)
        guard let row = all.first(where: { $0.address.key == link.address.key }) else {
            throw Fault(.notFound)
        }
        let finding = "The address \(row.address.text) was added to your account."
        try await AccountNotice(finding).tell(
            all.filter(\.isPrimary).map(\.address), call, transaction)
        return row
    }

    private static func verification(
        of address: MailAddress, _ account: String, now: Int64
    ) -> Statement {
        Statement(
            """
            UPDATE account_addresses SET verified_at = $3
            WHERE account_id = $1 AND address_key = $2 AND verified_at IS NULL
            """, [.text(account), .text(address.key), .integer(now)])
    }
}

/// The links that mails to addresses of an account hold.
enum AddressLinks {
    /// What was sent to an address and not given back opens nothing any more; what takes a change
    /// of the primary address back stays.
    static func spoiling(of account: String, to address: MailAddress, now: Int64) -> Statement {
        Statement(
            """
            UPDATE mail_links SET used_at = $3 WHERE account_id = $1 AND address_key = $2
                AND purpose <> 'undo_address' AND used_at IS NULL
            """, [.text(account), .text(address.key), .integer(now)])
    }
}

/// A change that the owner of an account hears of.
struct AccountNotice {
    private let finding: String

    /// - Parameter finding: A sentence of ours.
    init(_ finding: String) { self.finding = finding }

    func tell(
        _ addresses: [MailAddress], _ call: OperationCall, _ transaction: Transaction
    ) async throws {
        for address in addresses {
            let mail = SecurityAlertMail(
                finding: finding, happened: call.circumstances,
                link: call.facilities.issuer + "/account")
            try await call.outbox.append(mail, to: address, organization: nil, in: transaction)
        }
    }
}
