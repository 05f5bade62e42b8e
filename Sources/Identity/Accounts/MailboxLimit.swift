import Storage

/// How many mails an address gets that somebody asks for who only names it: nobody is to fill
/// another's mailbox, nor to use up the mails by which its owner comes in.
///
/// As wrong passwords are, they are counted in lanes: those that were asked for with devices that
/// the account knows, and those of strangers, of whom each network has a part of what all have.
enum MailboxLimit {
    static let ofKnownDevices: Int64 = 10
    static let ofNetwork: Int64 = 10
    static let ofStrangers: Int64 = 30
    static let seconds: Int64 = 3_600

    /// Who asks, as far as the owner of the address knows them.
    enum Lane: Sendable {
        case knownDevice
        /// A stranger, by the network that they ask from.
        case network(String)

        fileprivate var network: String? {
            switch self {
            case .knownDevice: nil
            case .network(let network): network
            }
        }
    }

    /// Counts one more mail, if there may be one.
    /// - Parameter id: An `Identifier.Kind.addressRequest` of now, by whose time its row goes.
    /// - Returns: Whether it may be sent.
    static func count(
        _ id: String, to address: MailAddress, in lane: Lane, _ transaction: Transaction, now: Int64
    ) async throws -> Bool {
        guard try await hasRoom(address, lane, transaction, since: now - seconds * 1_000_000) else {
            return false
        }
        try await transaction.execute(
            Statement(
                """
                INSERT INTO asked_mails (id, address_key, network, asked_at)
                VALUES ($1, $2, $3, $4)
                """, [.text(id), .text(address.key), SQLValue(lane.network), .integer(now)]))
        return true
    }

    private static func hasRoom(
        _ address: MailAddress, _ lane: Lane, _ transaction: Transaction, since start: Int64
    ) async throws -> Bool {
        let rows = try await transaction.query(
            Statement(
                """
                SELECT COUNT(*) AS mails, COUNT(network) AS strangers,
                    COUNT(CASE WHEN network = $3 THEN 1 END) AS neighbours
                FROM asked_mails WHERE address_key = $1 AND asked_at > $2
                """, [.text(address.key), .integer(start), .text(lane.network ?? "")]))
        guard let row = rows.first else { return false }
        let strangers = try row.integer("strangers")
        switch lane {
        case .knownDevice: return try row.integer("mails") - strangers < ofKnownDevices
        case .network:
            return try strangers < ofStrangers && row.integer("neighbours") < ofNetwork
        }
    }
}
