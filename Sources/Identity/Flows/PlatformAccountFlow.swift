import Storage

/// Accounts and their sessions, as administrators of the installation see to them.
struct PlatformAccountFlow: Flow {
    static let name = "platform_accounts"

    let operations = [
        Operation(
            .get, path, "platform:list_accounts", "Search accounts",
            answer: .page(of: AccountRow.shape), loader: Loader("account"), work: .read(list)
        ).with {
            $0.traits = .paged
            $0.query = [
                .init(
                    "email", .text(1...254), isRequired: false,
                    "What an address that is known to be theirs begins with."),
                .init("id", .identifier(.account), isRequired: false),
                .init("status", .choice(["active", "suspended"]), isRequired: false),
            ]
        },
        Operation(
            .get, onePath, "platform:read_account", "Read an account",
            answer: .json(200, AccountRow.shape), loader: loader,
            work: .read { call, _ in try reply(call.resource.rows) }),
        changing(
            "suspend", "platform:suspend_account",
            "Suspend an account: its sessions end, and nobody comes in by it"
        ) { id, call, transaction in
            try await AccountStanding.suspend(id, in: transaction, now: call.request.time)
        },
        changing("reactivate", "platform:reactivate_account", "Let an account be used again") {
            id, call, transaction in
            try await AccountStanding.reactivate(id, in: transaction, now: call.request.time)
            return []
        },
        changing("unlock", "platform:unlock_account", "Forget the wrong passwords of an account") {
            id, _, transaction in
            try await SignInLane.resetAll(of: id, in: transaction)
            return []
        },
        Operation(
            .get, "\(onePath)/sessions", "platform:list_sessions",
            "Where an account is signed in",
            answer: .json(
                200, .object([.init("data", .array(of: SessionFlow.shape, count: 0...1_000))])),
            loader: Loader(
                "account", { [AccountRow.one($0["account"])] },
                read: { (rows, request) throws(StorageFailure) in
                    ResourceFacts(id: request["account"], exists: !rows[0].isEmpty)
                }), work: .read(sessions)),
        revoking("\(onePath)/sessions/revoke", "platform:revoke_sessions", loader) {
            "End all sessions of an account, but the one that asks"
        } of: {
            $0.request["account"]
        },
        revoking(
            "/api/v1/platform/sessions/revoke", "platform:revoke_all_sessions", Loader("session")
        ) {
            "End everybody's sessions, but the one that asks"
        } of: { _ in
            nil
        },
    ].map { $0.with { $0.reach = .everywhere } }

    private static let path = "/api/v1/platform/accounts"
    private static let onePath = "\(path)/{account}"

    /// The facts are `status`, `platform_roles` and `other_administrators`.
    private static let loader = Loader(
        "account",
        { request in
            let id = request["account"]
            return [
                AccountRow.one(id), SignInLane(of: id, device: nil).count(now: request.time),
            ]
        },
        read: { (rows, request) throws(StorageFailure) in
            let id = request["account"]
            guard let found = rows[0].first else { return ResourceFacts(id: id, exists: false) }
            let row = try AccountRow(found)
            return ResourceFacts(
                id: id, exists: true, account: id,
                attributes: [
                    "status": .text(row.status), "platform_roles": row.platformRoles,
                    "other_administrators": .integer(try found.integer("others")),
                ], rows: rows)
        })

    /// Does something to an account, for a reason.
    private static func changing(
        _ verb: String, _ action: String, _ summary: String,
        _ change:
            @escaping @Sendable (String, OperationCall, Transaction) async throws -> [Revocation]
    ) -> Operation {
        Operation(
            .post, "\(onePath)/\(verb)", action, summary, answer: .json(200, AccountRow.shape),
            loader: loader,
            work: .write { call, transaction in
                let revoked = try await change(call.request["account"], call, transaction)
                var reply = try self.reply(
                    try await transaction.query(loader.statements(call.request)))
                reply.revoked = revoked
                reply.details = PlatformReason.details(
                    call, [("sessions", .integer(Int64(revoked.count)))])
                return reply
            }
        ).with { $0.body = .object([PlatformReason.field]) }
    }

    /// - Parameter account: Whose; `nil`: everybody's.
    private static func revoking(
        _ path: String, _ action: String, _ loader: Loader, _ summary: () -> String,
        of account: @escaping @Sendable (OperationCall) -> String?
    ) -> Operation {
        Operation(
            .post, path, action, summary(),
            answer: .json(200, .object([.init("revoked", .integer(0...Int64.max))])),
            loader: loader,
            work: .write { call, transaction in
                let revoked = try await SessionRows.revokeEvery(
                    of: account(call), except: call.subject.credential?.session?.id,
                    for: "administrator", in: transaction, now: call.request.time)
                let count = JSON.integer(Int64(revoked.count))
                var reply = Reply.json(["revoked": count])
                reply.revoked = revoked
                reply.details = PlatformReason.details(call, [("sessions", count)])
                return reply
            }
        ).with { $0.body = .object([PlatformReason.field]) }
    }

    private static func reply(_ rows: [[Row]]) throws -> Reply {
        guard rows.count > 1, let row = try rows[0].first.map(AccountRow.init) else {
            throw Fault(.notFound)
        }
        return .json(row.json(failures: try rows[1].first?.integer("failures") ?? 0))
    }

    private static func list(
        _ call: OperationCall, _ database: any Database
    ) async throws -> Reply {
        let (paging, query) = (try Paging(call), call.request.query)
        var selection = Selection([("a.id > ?", .text(paging.position?.first ?? ""))])
        selection.demand("a.id = ?", query["id"].map { .text($0) })
        selection.demand("a.status = ?", query["status"].map { .text($0) })
        if let prefix = query["email"]?.lowercased() {
            selection.demand(
                """
                a.id IN (SELECT v.account_id FROM account_addresses v
                    WHERE v.realm_id = 'default' AND v.verified_at IS NOT NULL
                        AND v.address_key >= ? AND v.address_key < ?)
                """, .text(prefix), .text(prefix + "\u{10FFFF}"))
        }
        let rows = try await database.read(
            in: .system,
            [
                selection.statement(
                    AccountRow.select,
                    "AND a.status <> 'deleted' ORDER BY a.id LIMIT \(paging.limit + 1)")
            ])[0]
        return paging.reply(try rows.map(AccountRow.init)) {
            $0.json()
        } position: {
            [$0.id]
        }
    }

    private static func sessions(
        _ call: OperationCall, _ database: any Database
    ) async throws -> Reply {
        let rows = try await database.read(
            in: .none,
            [SessionRows.live(of: call.request["account"], now: call.request.time)])[0]
        return .json(["data": .array(try rows.map { try SessionFlow.json($0, call) })])
    }
}
