import Storage

/// The addresses of an account: further ones, which of them is the primary one, and the way back.
struct AddressFlow: Flow {
    static let name = "addresses"

    var operations: [Operation] { Self.calls + Self.pages }

    private static let calls = [
        Operation(
            .get, path, "account:list_addresses", "List your addresses",
            answer: .json(
                200, .object([.init("data", .array(of: AddressRow.shape, count: 0...1_000))])),
            loader: own,
            work: .read { call, _ in
                .json(["data": .array(try known(call).map(\.json))])
            }),
        Operation(
            .post, path, "account:add_address", "Name a further address: a mail goes there",
            answer: .json(202, AddressRow.shape), loader: own, work: .write(add)
        ).with { $0.body = .object([.init("email", .text(3...254))]) },
        Operation(
            .post, "\(path)/verify", "account:verify_address",
            "Show that an address is yours, by what the mail holds",
            answer: .json(200, AddressRow.shape), loader: link(.addAddress),
            work: .write { call, transaction in
                .json(try await verify(call, transaction).json)
            }
        ).with {
            $0.body = token
            $0.traits = .secret
        },
        Operation(
            .post, "\(path)/{address}/primary", "account:make_primary",
            "Make an address the primary one", answer: .json(200, AddressRow.shape), loader: one,
            work: .write(makePrimary)),
        Operation(
            .delete, "\(path)/{address}", "account:remove_address", "Give an address up",
            answer: .none, loader: one, work: .write(remove)),
        Operation(
            .post, "/api/v1/auth/undo-address", "account:undo_address",
            "Take a change of the primary address back", answer: .none,
            loader: link(.undoAddress),
            work: .write { call, transaction in try await undo(call, transaction) }
        ).with {
            $0.body = token
            $0.traits = .secret
            $0.onDenial = { _, _ in [] }
        },
    ]

    private static let path = "/api/v1/me/addresses"
    private static let token = Shape.object([
        .init("token", OpaqueToken.shape, "Behind the # of the mail's link.")
    ])

    // MARK: Facts

    /// Those of the subject, and whether the one that is named is among them.
    static let own = Loader(
        "address", { $0.credential.map { [AddressRow.all(of: $0.principal)] } ?? [] },
        read: { (rows, request) throws(StorageFailure) in
            let typed = MailAddress(request.body?["email"]?.text ?? "")?.key
            var isKnown = false
            for row in rows.first ?? [] where try AddressRow(row).address.key == typed {
                isKnown = true
            }
            return ResourceFacts(
                exists: true,
                attributes: [
                    "address_count": .integer(Int64(rows.first?.count ?? 0)),
                    "known": .boolean(isKnown),
                ], rows: rows)
        })

    static let one = Loader(
        "address", { [AddressRow.one($0["address"])] },
        read: { (rows, request) throws(StorageFailure) in
            let id = request["address"]
            guard let row = rows[0].first else { return ResourceFacts(id: id, exists: false) }
            let found = try AddressRow(row)
            return ResourceFacts(
                id: id, exists: true,
                attributes: [
                    "account": .text(found.account), "primary": .boolean(found.isPrimary),
                    "verified": .boolean(found.isVerified),
                    "verified_count": .integer(try row.integer("verified_count")),
                ], rows: rows)
        })

    /// Whose the link is that was given back; nobody's where it is none, or not any more.
    static func link(_ purpose: MailLinks.Purpose) -> Loader {
        Loader(
            "address",
            { request in
                let typed = OpaqueToken(.mail, request.body?["token"]?.text ?? "")
                return typed.map { [MailLinks.finding($0, purpose, now: request.time)] } ?? []
            },
            read: { (rows, request) throws(StorageFailure) in
                let account = try MailLinks.Found(rows.first ?? [])?.account
                return ResourceFacts(
                    exists: account != nil, account: account,
                    attributes: .object(present: [("account", account.map(JSON.text))]),
                    rows: rows)
            })
    }

    private static func known(_ call: OperationCall) throws -> [AddressRow] {
        try (call.resource.rows.first ?? []).map(AddressRow.init)
    }

    private static func found(_ call: OperationCall) throws -> AddressRow {
        guard let row = try known(call).first else { throw Fault(.notFound) }
        return row
    }

    // MARK: Work

    static func add(
        _ call: OperationCall, _ transaction: Transaction
    ) async throws -> Reply {
        guard let account = call.subject.id else { throw Fault(.unauthenticated) }
        let address = try MailAddress.typed(in: call)
        let row = try await AddressAddition(
            address: address, account: account, known: try known(call)
        ).run(call, transaction)
        var reply = Reply.created(row.json, id: row.id, at: "\(path)/\(row.id)")
        reply.status = 202
        return reply
    }

    static func verify(
        _ call: OperationCall, _ transaction: Transaction
    ) async throws -> AddressRow {
        guard let link = try MailLinks.Found(call.resource.rows.first ?? []),
            let account = link.account
        else { throw Fault(.notFound) }
        return try await AddressAddition.verify(link, of: account, call, transaction)
    }

    static func makePrimary(
        _ call: OperationCall, _ transaction: Transaction
    ) async throws -> Reply {
        let row = try found(call)
        try await PrimaryAddress(account: row.account).change(to: row, call, transaction)
        let rows = try await transaction.query(AddressRow.one(row.id))
        return .json(try rows.map(AddressRow.init).first?.json ?? row.json)
    }

    static func remove(
        _ call: OperationCall, _ transaction: Transaction
    ) async throws -> Reply {
        let row = try found(call)
        try await transaction.execute(
            Statement("DELETE FROM account_addresses WHERE id = $1", [.text(row.id)]))
        try await transaction.execute(
            AddressLinks.spoiling(of: row.account, to: row.address, now: call.request.time))
        guard row.isVerified else { return .none }
        let primary = try await transaction.query(AccountAddresses.primary(of: row.account))
        let told = try primary.compactMap { MailAddress(try $0.text("address")) } + [row.address]
        try await AccountNotice(
            "The address \(row.address.text) is no longer your account's."
        ).tell(told, call, transaction)
        return .none
    }

    static func undo(
        _ call: OperationCall, _ transaction: Transaction
    ) async throws -> Reply {
        guard let link = try MailLinks.Found(call.resource.rows.first ?? []),
            let account = link.account
        else { throw Fault(.invalidCredentials) }
        var reply = Reply.none
        reply.revoked = try await PrimaryAddress(account: account).undo(link, call, transaction)
        reply.changed = account
        return reply
    }
}
