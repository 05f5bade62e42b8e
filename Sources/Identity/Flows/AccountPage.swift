import Storage

/// What the account's page shows.
struct AccountPage: Sendable {
    let page: Page

    init(_ call: OperationCall, _ database: any Database) async throws {
        let account = call.subject.id ?? ""
        let rows = try await database.read(
            in: .none,
            [
                SessionRows.live(of: account, now: call.request.time),
                AccountAddresses.name(of: account), AccountAddresses.primary(of: account),
                AccountAddresses.password(of: account), AccountPage.keys(of: account),
                AddressRow.all(of: account),
            ])
        let own = call.subject.credential?.session?.id
        let sessions = try rows[0].map { try AccountPage.session($0, own: own) }
        page = Page(
            template: .account,
            values: .object(present: [
                ("title", "Your account"),
                ("name", try rows[1].first.map { .text(try $0.text("display_name")) }),
                ("email", try rows[2].first.map { .text(try $0.text("address")) }),
                ("password", .boolean(try AddressOwner(rows[3])?.hash != nil)),
                ("sessions", .array(sessions)), ("others", .boolean(sessions.count > 1)),
                ("keys", .array(try rows[4].map(AccountPage.key))),
                ("addresses", .array(try rows[5].map { AccountPage.address(try AddressRow($0)) })),
                ("some_keys", .boolean(!rows[4].isEmpty)),
            ]))
    }

    private static func session(_ row: Row, own: String?) throws(StorageFailure) -> JSON {
        let id = try row.text("id")
        return .object(present: [
            ("id", .text(id)), ("current", .boolean(id == own)),
            ("site", try row.text(orNull: "site").map(JSON.text)),
            ("device", .text(DeviceName.of(try row.text(orNull: "user_agent")))),
            ("address", .text(try row.text("network_address"))),
            ("since", .text(MailDate.prose(try row.integer("signed_in_at")))),
            ("active", .text(MailDate.prose(try row.integer("last_active_at")))),
        ])
    }

    private static func keys(of account: String) -> Statement {
        Statement(
            """
            SELECT k.id, k.name, k.scopes, k.last_used_at, k.expires_at, o.name AS organization
            FROM api_keys k JOIN organizations o ON o.id = k.organization_id
            WHERE k.principal_id = $1 AND k.revoked_at IS NULL ORDER BY k.id LIMIT 100
            """, [.text(account)])
    }

    private static func key(_ row: Row) throws(StorageFailure) -> JSON {
        let used = try row.integer(orNull: "last_used_at")
        let end = try row.integer(orNull: "expires_at")
        return .object(present: [
            ("id", .text(try row.text("id"))), ("name", .text(try row.text("name"))),
            ("organization", .text(try row.text("organization"))),
            ("scopes", .text(try row.text("scopes").replacing(" ", with: ", "))),
            ("used", used.map { .text(MailDate.prose($0)) }),
            ("end", end.map { .text(MailDate.prose($0)) }),
        ])
    }

    private static func address(_ row: AddressRow) -> JSON {
        let isSpare = row.isVerified && !row.isPrimary
        return [
            "id": .text(row.id), "address": .text(row.address.text),
            "primary": .boolean(row.isPrimary), "spare": .boolean(isSpare),
            "unverified": .boolean(!row.isVerified),
        ]
    }
}
