import Storage

/// The sessions of an account: which there are, and the end of them.
struct SessionFlow: Flow {
    static let name = "sessions"

    let operations = [
        Operation(
            .get, "/api/v1/me/sessions", "session:list", "Where you are signed in",
            answer: .json(
                200, .object([.init("data", .array(of: shape, count: 0...1_000))])),
            loader: Loader("session"),
            work: .read { call, database in
                let rows = try await database.read(in: .none, [live(call)])[0]
                return .json(["data": .array(try rows.map { try json($0, call) })])
            }),
        Operation(
            .delete, "/api/v1/me/sessions/{session}", "session:revoke", "End a session",
            answer: .none, loader: one,
            work: .write { call, transaction in
                try await revoke([call.request["session"]], call, transaction)
            }),
        Operation(
            .post, "/api/v1/me/sessions/revoke", "session:revoke_all",
            "End all sessions, or all but this one",
            answer: .json(200, .object([.init("revoked", .integer(0...1_000))])),
            loader: Loader("session"),
            work: .write { call, transaction in
                let rows = try await transaction.query(live(call))
                let own = call.subject.credential?.session?.id
                let isKept = call.text("which") == "others"
                let ids = try rows.map { try $0.text("id") }.filter { !isKept || $0 != own }
                var reply = try await revoke(ids, call, transaction)
                reply.status = 200
                reply.content = .json(["revoked": .integer(Int64(ids.count))])
                return reply
            }
        ).with { $0.body = .object([.init("which", .choice(["others", "all"]))]) },
    ]

    static let shape = Shape.object([
        .init("id", .identifier(.session)), .init("kind", .choice(["browser", "token"])),
        .init("current", .boolean, "Whether it is the one that asks."),
        .init("client", .text(1...100)),
        .init("organization", .nullable(.identifier(.organization))),
        .init(
            "site", .nullable(.text(1...253)),
            "The organization's host that it is good at; null: the issuer's."),
        .init("address", .text(0...64)), .init("user_agent", .nullable(.text(0...256))),
        .init("acr", .text(1...64)), .init("signed_in_at", .instant),
        .init("last_active_at", .instant), .init("idle_expires_at", .instant),
        .init("expires_at", .instant),
    ])

    private static func live(_ call: OperationCall) -> Statement {
        SessionRows.live(of: call.subject.id ?? "", now: call.request.time)
    }

    /// As its owner and administrators see it.
    static func json(_ row: Row, _ call: OperationCall) throws(StorageFailure) -> JSON {
        let id = try row.text("id")
        return [
            "id": .text(id), "kind": .text(try row.text("kind")),
            "current": .boolean(call.subject.credential?.session?.id == id),
            "client": .text(try row.text("client_id")),
            "organization": JSON(try row.text(orNull: "organization_id")),
            "site": JSON(try row.text(orNull: "site")),
            "address": .text(try row.text("network_address")),
            "user_agent": JSON(try row.text(orNull: "user_agent")),
            "acr": .text(try row.text("acr")),
            "signed_in_at": .text(Instant.text(try row.integer("signed_in_at"))),
            "last_active_at": .text(Instant.text(try row.integer("last_active_at"))),
            "idle_expires_at": .text(Instant.text(try row.integer("idle_expires_at"))),
            "expires_at": .text(Instant.text(try row.integer("expires_at"))),
        ]
    }

    /// The facts are `account`, whose it is.
    private static let one = Loader(
        "session",
        { request in
            [
                Statement(
                    """
                    SELECT account_id FROM sessions
                    WHERE id = $1 AND revoked_at IS NULL AND expires_at > $2
                    """, [.text(request["session"]), .integer(request.time)])
            ]
        },
        read: { (rows, request) throws(StorageFailure) in
            let account = try rows[0].first?.text("account_id")
            return ResourceFacts(
                id: request["session"], exists: account != nil,
                attributes: .object(present: [("account", account.map(JSON.text))]))
        })

    /// One of the subject's own, or all but the one that it uses.
    static func revokeOwn(
        _ session: String?, _ call: OperationCall, _ transaction: Transaction
    ) async throws -> [Revocation] {
        let own = call.subject.credential?.session?.id
        let ids = try await transaction.query(live(call)).map { try $0.text("id") }
        let ended = ids.filter { session == nil ? $0 != own : $0 == session }
        return try await SessionRows.revoke(
            ended, for: "revoked", in: transaction, now: call.request.time)
    }

    private static func revoke(
        _ ids: [String], _ call: OperationCall, _ transaction: Transaction
    ) async throws -> Reply {
        var reply = Reply.none
        reply.revoked = try await SessionRows.revoke(
            ids, for: "revoked", in: transaction, now: call.request.time)
        reply.details = ["sessions": .array(ids.map(JSON.text))]
        return reply
    }
}
