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
    var attempt: String?
    let circumstances: Circumstances

    init(_ purpose: Purpose, _ address: MailAddress, _ call: OperationCall) {
        id = Identifier(.addressRequest, call.host).text
        self.purpose = purpose
        self.address = address
        circumstances = call.circumstances
    }

    var insertion: Statement {
        Statement(
            """
            INSERT INTO address_requests (
                id, purpose, address, registration_id, attempt_id, network_address, user_agent,
                made_at
            ) VALUES ($1, $2, $3, $4, $5, $6, $7, $8)
            """,
            [
                .text(id), .text(purpose.rawValue), .text(address.text), SQLValue(registration),
                SQLValue(attempt), .text(circumstances.address ?? ""),
                SQLValue(circumstances.device), .integer(circumstances.at),
            ])
    }

    /// Takes the oldest ones: whoever deletes them does them.
    static func taking(_ count: Int64) -> Statement {
        Statement(
            """
            DELETE FROM address_requests WHERE id IN (
                SELECT id FROM address_requests ORDER BY made_at, id LIMIT $1)
            RETURNING id, purpose, address, registration_id, attempt_id, network_address,
                user_agent, made_at
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
        attempt = try row.text(orNull: "attempt_id")
        circumstances = Circumstances(
            at: try row.integer("made_at"), address: try row.text("network_address"),
            device: try row.text(orNull: "user_agent"))
    }
}
