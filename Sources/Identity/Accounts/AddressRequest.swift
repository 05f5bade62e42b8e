import Storage

/// Something that was asked for by an address, whosever it is: left by the request, which does the
/// same for every address, and looked at afterwards by a worker. So neither an answer nor its time
/// tells whether there is an account.
struct AddressRequest: Sendable {
    enum Purpose: String, Sendable {
        case signUp = "sign_up"
        case signIn = "sign_in"
        case resetPassword = "reset_password"
    }

    let id: String
    let purpose: Purpose
    let address: MailAddress
    var registration: String?
    /// Of the sign-in that goes on with what the mail holds.
    var attempt: Attempt?
    let circumstances: Circumstances
    /// Where it was asked from; of IPv6 the first 64 bits.
    let network: String
    /// Of what the client has shown of itself, which may be a device of the owner's.
    let deviceDigest: [UInt8]?

    init(_ purpose: Purpose, _ address: MailAddress, _ call: OperationCall) {
        id = Identifier(.addressRequest, call.host).text
        self.purpose = purpose
        self.address = address
        circumstances = call.circumstances
        network = call.request.network
        deviceDigest = SignInDevice.shown(call.request)?.digest
    }

    var insertion: Statement {
        Statement(
            """
            INSERT INTO address_requests (
                id, purpose, address, registration_id, attempt_id, attempt, network_address,
                user_agent, made_at, network, device_digest
            ) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)
            """,
            [
                .text(id), .text(purpose.rawValue), .text(address.text), SQLValue(registration),
                SQLValue(attempt?.id), attempt?.text ?? .null, .text(circumstances.address ?? ""),
                SQLValue(circumstances.device), .integer(circumstances.at), .text(network),
                deviceDigest.map { .bytes($0) } ?? .null,
            ])
    }

    /// Takes the oldest ones: whoever deletes them does them.
    static func taking(_ count: Int64) -> Statement {
        Statement(
            """
            DELETE FROM address_requests WHERE id IN (
                SELECT id FROM address_requests ORDER BY made_at, id LIMIT $1)
            RETURNING id, purpose, address, registration_id, attempt_id, attempt,
                network_address, user_agent, made_at, network, device_digest
            """, [.integer(count)])
    }

    /// - Returns: `nil` for what another version has left.
    init?(_ row: Row) throws(StorageFailure) {
        guard let purpose = Purpose(rawValue: try row.text("purpose")),
            let address = MailAddress(try row.text("address"))
        else { return nil }
        id = try row.text("id")
        self.purpose = purpose
        self.address = address
        registration = try row.text(orNull: "registration_id")
        attempt = try Attempt(row)
        circumstances = Circumstances(
            at: try row.integer("made_at"), address: try row.text("network_address"),
            device: try row.text(orNull: "user_agent"))
        let (known, whole) = (try row.text(orNull: "network"), try row.text("network_address"))
        network = known ?? whole
        deviceDigest = try row.bytes(orNull: "device_digest")
    }

    /// Where its mail counts.
    /// - Parameter owner: The account whose address it is; `nil`: it is nobody's.
    func lane(
        knownTo owner: String?, in transaction: Transaction, now: Int64
    ) async throws -> MailboxLimit.Lane {
        guard let owner, let deviceDigest else { return .network(network) }
        let known = try await transaction.query(
            KnownDevice.finding(deviceDigest, of: owner, now: now))
        return known.isEmpty ? .network(network) : .knownDevice
    }
}
