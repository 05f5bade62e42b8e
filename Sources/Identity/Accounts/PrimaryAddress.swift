import Storage

/// Another primary address, and the way back, which the former one gets by mail for seven days.
///
/// Invariants: whoever got in and made an address of theirs the primary one never gets a way back
/// to it, and no way of theirs takes away that of the owner. So where an account returns to an
/// address by itself, what was sent since it left that one opens nothing any more.
struct PrimaryAddress: Sendable {
    let account: String

    /// - Parameter target: Of the account, and shown to be theirs.
    func change(
        to target: AddressRow, _ call: OperationCall, _ transaction: Transaction
    ) async throws {
        let now = call.request.time
        let rows = try await transaction.query(AddressRow.all(of: account))
        let former = try rows.map(AddressRow.init).first(where: \.isPrimary)
        guard former?.id != target.id else { return }
        try await choose(target.id, in: transaction, now: now)
        try MailLinks.discard(.resetPassword, of: account, in: transaction)
        let isReturn = try await forgetWays(since: target.address, in: transaction, now: now)
        let finding = "\(target.address.text) is now the primary address of your account."
        let notice = AccountNotice(finding)
        try await notice.tell([target.address], call, transaction)
        guard let former else { return }
        if isReturn {
            try await notice.tell([former.address], call, transaction)
        } else {
            try await offerWayBack(to: former, from: target, call, transaction)
        }
    }

    private func choose(
        _ id: String, in transaction: Transaction, now: Int64
    ) async throws {
        // One after the other: never two primary addresses.
        try await transaction.execute(
            Statement(
                "UPDATE account_addresses SET is_primary = FALSE WHERE account_id = $1",
                [.text(account)]))
        try await transaction.execute(
            Statement(
                "UPDATE account_addresses SET is_primary = TRUE WHERE account_id = $1 AND id = $2",
                [.text(account), .text(id)]))
        try await transaction.execute(
            Statement(
                "UPDATE accounts SET version = version + 1, updated_at = $2 WHERE id = $1",
                [.text(account), .integer(now)]))
    }

    /// - Returns: Whether the account comes back to an address that it left a while ago.
    private func forgetWays(
        since address: MailAddress, in transaction: Transaction, now: Int64
    ) async throws -> Bool {
        let ways = "account_id = $1 AND purpose = 'undo_address' AND used_at IS NULL"
        return try await transaction.execute(
            Statement(
                """
                DELETE FROM mail_links WHERE \(ways) AND made_at >= (
                    SELECT MIN(made_at) FROM mail_links
                    WHERE \(ways) AND address_key = $2 AND expires_at > $3)
                """, [.text(account), .text(address.key), .integer(now)])) > 0
    }

    private func offerWayBack(
        to former: AddressRow, from present: AddressRow, _ call: OperationCall,
        _ transaction: Transaction
    ) async throws {
        let link = NewMailLink(
            purpose: .undoAddress, secret: OpaqueToken(.mail, call.host), code: nil,
            address: former.address, account: account)
        try await transaction.execute(
            link.insertion(call.facilities.codes, now: call.request.time))
        let mail = EmailChangedMail(
            former: former.address.text, current: present.address.text,
            changed: call.circumstances, undoLink: link.text(issuer: call.facilities.issuer),
            undoMinutes: link.purpose.lifetimeMinutes)
        try await call.outbox.append(
            mail, to: former.address, organization: nil, in: transaction)
    }

    // MARK: The way back

    /// Takes the change back: the former address is the primary one again, those that took its
    /// place are the account's no longer, and everybody is signed out.
    /// - Throws: `Fault` where the link was used meanwhile, or the address has become another
    ///   account's.
    func undo(
        _ link: MailLinks.Found, _ call: OperationCall, _ transaction: Transaction
    ) async throws -> [Revocation] {
        let now = call.request.time
        guard try await MailLinks.use(link.id, in: transaction, now: now) else {
            throw Fault(.invalidCredentials)
        }
        let successors = try await transaction.query(successors(of: link))
        let former = try await restored(link.address, call, transaction)
        try await choose(former, in: transaction, now: now)
        for row in successors {
            try await transaction.execute(
                Statement(
                    "DELETE FROM account_addresses WHERE id = $1 AND is_primary = FALSE",
                    [.text(try row.text("id"))]))
        }
        try await transaction.execute(
            Statement(
                "DELETE FROM mail_links WHERE account_id = $1 AND id <> $2",
                [.text(account), .text(link.id)]))
        try await AccountNotice(
            "\(link.address.text) is the primary address of your account again."
                + " Everybody was signed out: choose a new password when you sign in."
        ).tell([link.address], call, transaction)
        let own = call.subject.id == account ? call.subject.credential?.session?.id : nil
        return try await SessionRows.revokeAll(
            of: account, except: own, for: "address_undone", in: transaction, now: now)
    }

    /// Those that became the primary address after the one that was left.
    private func successors(of link: MailLinks.Found) -> Statement {
        Statement(
            """
            SELECT id FROM account_addresses
            WHERE account_id = $1 AND address_key <> $3 AND (
                is_primary = TRUE OR address_key IN (
                    SELECT later.address_key FROM mail_links later
                    JOIN mail_links own ON own.id = $2
                    WHERE later.account_id = $1 AND later.purpose = 'undo_address'
                        AND later.made_at > own.made_at))
            """, [.text(account), .text(link.id), .text(link.address.key)])
    }

    /// - Returns: The id of the former address, which is there again where it was removed.
    private func restored(
        _ address: MailAddress, _ call: OperationCall, _ transaction: Transaction
    ) async throws -> String {
        let rows = try await transaction.query(AddressRow.all(of: account))
        let kept = try rows.map(AddressRow.init).first { $0.address.key == address.key }
        if let kept, kept.isVerified { return kept.id }
        let now = call.request.time
        let row = AddressRow(
            address, of: account, id: Identifier(.address, call.host).text, verifiedAt: now,
            now: now)
        if let kept {
            try await transaction.execute(
                Statement("DELETE FROM account_addresses WHERE id = $1", [.text(kept.id)]))
        }
        do throws(StorageFailure) {
            try await transaction.execute(row.insertion)
        } catch {
            switch error {
            case .constraint(.unique, name: "account_addresses_verified_key"):
                throw Fault(.conflict, "the address is another account's by now")
            default: throw error
            }
        }
        return row.id
    }
}
