public import Storage

/// What operators do at the command line to an account or an organization, where no administrator
/// can come in to do it.
public enum OperatorChange: String, Sendable {
    case suspend, reactivate, unlock

    /// Why nothing was done.
    public enum Refusal: Error, Sendable, Hashable {
        /// There is no such account or organization, or nothing of the kind is done to it.
        case unknown
        /// The installation would have no administrator.
        case lastAdministrator
    }

    /// As the record calls it.
    /// - Parameter id: Of an account, or of an organization.
    public func action(on id: String) -> String {
        let kind = Identifier.isOne(id, of: .organization) ? "organization" : "account"
        return "platform:\(rawValue)_\(kind)"
    }

    /// - Parameter now: Microseconds since 1970.
    /// - Throws: `Refusal`, `StorageFailure`.
    public func run(on id: String, in transaction: Transaction, now: Int64) async throws {
        guard Identifier.isOne(id, of: .organization) else {
            return try await runOnAccount(id, in: transaction, now: now)
        }
        guard self != .unlock else { throw Refusal.unknown }
        let status = self == .suspend ? "suspended" : "active"
        let count = try await transaction.execute(
            OrganizationRow.change("status", to: status, of: id, now: now))
        guard count == 1 else { throw Refusal.unknown }
    }

    private func runOnAccount(
        _ id: String, in transaction: Transaction, now: Int64
    ) async throws {
        guard let found = try await transaction.query(AccountRow.one(id)).first else {
            throw Refusal.unknown
        }
        switch self {
        case .suspend:
            let isAdministrator = try AccountRow(found).platformRole != nil
            guard try !isAdministrator || found.integer("others") > 0 else {
                throw Refusal.lastAdministrator
            }
            _ = try await AccountStanding.suspend(id, in: transaction, now: now)
        case .reactivate:
            try await AccountStanding.reactivate(id, in: transaction, now: now)
        case .unlock: try await SignInLane.resetAll(of: id, in: transaction)
        }
    }
}
