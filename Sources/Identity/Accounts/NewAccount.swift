public import RegoMachine
public import Storage

/// An account as it is made: one human in the realm, and the address that was shown to be theirs.
public struct NewAccount: Sendable {
    public let id: String
    let displayName: String
    let address: MailAddress

    /// - Parameter displayName: As people call them.
    public init(displayName: String, address: MailAddress, host: Host) {
        id = Identifier(.account, host).text
        self.displayName = displayName
        self.address = address
    }

    /// - Throws: `StorageFailure`, of which `constraint` names `account_addresses_verified_key` for
    ///   an address that is another account's.
    public func insert(in transaction: Transaction, now: Int64, host: Host) async throws {
        try await transaction.execute(
            Statement(
                """
                INSERT INTO principals (id, realm_id, kind, created_at)
                VALUES ($1, 'default', 'account', $2)
                """, [.text(id), .integer(now)]))
        try await transaction.execute(
            Statement(
                """
                INSERT INTO accounts (
                    id, display_name, status, version, created_at, updated_at
                ) VALUES ($1, $2, 'active', 1, $3, $3)
                """, [.text(id), .text(displayName), .integer(now)]))
        try await transaction.execute(
            Statement(
                """
                INSERT INTO account_addresses (
                    id, realm_id, account_id, address, address_key, is_primary, verified_at,
                    created_at
                ) VALUES ($1, 'default', $2, $3, $4, TRUE, $5, $5)
                """,
                [
                    .text(Identifier(.address, host).text), .text(id), .text(address.text),
                    .text(address.key), .integer(now),
                ]))
    }
}
