public import RegoMachine
public import Storage

/// An account as it is made: one human in the realm, and the address that was shown to be theirs.
public struct NewAccount: Sendable {
    public let id: String
    let displayName: String
    let address: EmailAddress

    /// - Parameter displayName: As people call them.
    public init(displayName: String, address: EmailAddress, host: Host) {
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

/// A mailbox, as it was written and as it is compared.
/// - Source: RFC 5321 4.1.2 for the lengths; the local part is taken as most servers take it.
public struct EmailAddress: Sendable, Hashable {
    public let text: String
    /// In lower case: two addresses of one key are one mailbox.
    public let key: String

    /// - Returns: `nil`: it is no address that mail could be sent to without harm.
    public init?(_ text: String) {
        let parts = text.split(separator: "@", omittingEmptySubsequences: false)
        guard parts.count == 2, (1...64).contains(parts[0].utf8.count),
            (1...255).contains(parts[1].utf8.count), EmailAddress.isDomain(parts[1]),
            EmailAddress.isLocalPart(parts[0])
        else { return nil }
        self.text = text
        key = text.lowercased()
    }

    /// Dots stand between other characters; nothing that a header would take otherwise.
    private static func isLocalPart(_ text: Substring) -> Bool {
        let marks = Set(".!#$%&'*+/=?^_`{|}~-")
        return text.allSatisfy { $0.isLetter || ($0.isASCII && $0.isNumber) || marks.contains($0) }
            && text.first != "." && text.last != "." && !text.contains("..")
    }

    private static func isDomain(_ text: Substring) -> Bool {
        let labels = text.split(separator: ".", omittingEmptySubsequences: false)
        return labels.count > 1
            && labels.allSatisfy { label in
                (1...63).contains(label.utf8.count) && label.first != "-" && label.last != "-"
                    && label.allSatisfy { $0.isASCII && ($0.isLetter || $0.isNumber || $0 == "-") }
            }
    }
}
