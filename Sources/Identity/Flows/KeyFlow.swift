import Storage

/// API keys of an organization: one's own, and those of its service accounts.
struct KeyFlow: Flow {
    static let name = "keys"

    let operations = [
        Operation(
            .get, path, "key:list", "List keys: one's own, or all that a role shows",
            answer: .page(of: KeyRow.shape), loader: KeyFacts.organization, work: .read(list)
        ).with {
            $0.traits = .paged
            $0.query = [
                .init("principal", .text(1...64), isRequired: false, "Whose keys; everybody's.")
            ]
        },
        Operation(
            .post, path, "key:create", "Make a key, for oneself or for a service account",
            answer: .json(201, KeyRow.secretShape), loader: KeyFacts.newKey, work: .write(create)
        ).with {
            $0.body = newKey
            $0.traits = .secret
        },
        Operation(
            .get, keyPath, "key:read", "Read a key", answer: .json(200, KeyRow.shape),
            loader: KeyFacts.key, work: .read { call, _ in try read(call) }
        ).with { $0.traits = .versioned },
        Operation(
            .patch, keyPath, "key:update", "Give a key another name",
            answer: .json(200, KeyRow.shape), loader: KeyFacts.key, work: .write(update)
        ).with {
            $0.body = .object([.init("name", .text(1...100))])
            $0.traits = .versioned
        },
        Operation(
            .post, "\(keyPath)/rotate", "key:rotate", "Give a key another secret",
            answer: .json(200, KeyRow.secretShape), loader: KeyFacts.key, work: .write(rotate)
        ).with {
            $0.body = .object([
                .init(
                    "overlap_seconds", .integer(0...604_800), isRequired: false,
                    "How long the present secret stays good beside it; a day.")
            ])
            $0.traits = [.secret, .versioned]
        },
        Operation(
            .delete, keyPath, "key:delete", "Revoke a key", answer: .none, loader: KeyFacts.key,
            work: .write(revoke)
        ).with { $0.traits = .versioned },
    ]

    private static let path = "/api/v1/organizations/{organization}/keys"
    private static let keyPath = "\(path)/{key}"
    private static let overlapSeconds: Int64 = 86_400
    /// Of one principal in one organization.
    private static let keysMax: Int64 = 100

    private static let newKey = Shape.object([
        .init("name", .text(1...100)),
        .init(
            "scopes", .array(of: .actionPattern, count: 1...KeyFacts.scopesMax),
            "What it may do of all that its owner may; `*` is everything but making keys."),
        .init("expires_at", .nullable(.instant), isRequired: false, "Never, if it is not said."),
        .init(
            "service_account", .nullable(.identifier(.service)), isRequired: false,
            "Whose it is to be; the caller's, if it is not said."),
    ])

    private static func list(_ call: OperationCall, _ database: any Database) async throws -> Reply
    {
        let paging = try Paging(call)
        let organization = call.request["organization"]
        var selection = Selection([("k.organization_id = ?", .text(organization))])
        selection.demand("k.id > ?", .text(paging.position?.first ?? ""))
        selection.demand("k.principal_id = ?", call.request.query["principal"].map { .text($0) })
        if call.isRestrictedToOwn {
            selection.demand("k.principal_id = ?", SQLValue(call.subject.id))
        }
        let rows = try await database.read(
            in: .organization(organization),
            [
                selection.statement(
                    KeyRow.select,
                    "AND k.revoked_at IS NULL ORDER BY k.id LIMIT \(paging.limit + 1)")
            ])[0]
        return paging.reply(try rows.map(KeyRow.init)) {
            $0.json(now: call.request.time)
        } position: {
            [$0.id]
        }
    }

    /// The version is of what people change: it stays the same when the key is used.
    private static func read(_ call: OperationCall) throws -> Reply {
        let key = try KeyFacts.found(call.resource)
        return .json(key.json(now: call.request.time), version: key.version)
    }

    private static func create(_ call: OperationCall, _ transaction: Transaction) async throws
        -> Reply
    {
        guard let name = call.text("name"), let owner = call.resource.rows.first?.first else {
            throw Fault(.notFound)
        }
        let (principal, organization) = (try owner.text("id"), call.request["organization"])
        let expiry = try expiry(call)
        try await checkCount(of: principal, in: organization, transaction)
        let key = APIKey(call.host)
        try await transaction.execute(
            key.insertion(
                principal: principal, organization: organization, name: name,
                scopes: KeyFacts.scopes(call.request), now: call.request.time, expiresAt: expiry))
        let row = try await row(key.id, in: organization, transaction)
        var reply = Reply.created(
            row.json(now: call.request.time, secret: key), id: key.id,
            at: "/api/v1/organizations/\(organization)/keys/\(key.id)", version: row.version)
        reply.details = [
            "name": .text(name), "principal": .text(principal),
            "scopes": .array(row.scopes.map(JSON.text)), "expires_at": JSON(instant: expiry),
        ]
        return reply
    }

    private static func expiry(_ call: OperationCall) throws(Fault) -> Int64? {
        guard let text = call.text("expires_at") else { return nil }
        guard let time = Instant.microseconds(text), time > call.request.time else {
            throw .invalid([.init("/expires_at", "is not in the future")])
        }
        return time
    }

    private static func checkCount(
        of principal: String, in organization: String, _ transaction: Transaction
    ) async throws {
        let rows = try await transaction.query(
            Statement(
                """
                SELECT COUNT(*) AS keys FROM api_keys
                WHERE principal_id = $1 AND organization_id = $2 AND revoked_at IS NULL
                """, [.text(principal), .text(organization)]))
        guard try rows[0].integer("keys") < keysMax else {
            throw Fault(.conflict, "there are \(keysMax) keys of the same owner")
        }
    }

    private static func row(
        _ id: String, in organization: String, _ transaction: Transaction
    ) async throws -> KeyRow {
        guard let row = try await transaction.query(KeyRow.one(id, in: organization)).first else {
            throw Fault(.notFound)
        }
        return try KeyRow(row)
    }

    private static func update(_ call: OperationCall, _ transaction: Transaction) async throws
        -> Reply
    {
        let key = try KeyFacts.found(call.resource)
        try await transaction.execute(
            Statement(
                "UPDATE api_keys SET name = $2, version = version + 1 WHERE id = $1",
                [.text(key.id), .text(call.text("name") ?? key.name)]))
        let changed = try await row(key.id, in: call.request["organization"], transaction)
        var reply = Reply.json(changed.json(now: call.request.time), version: changed.version)
        reply.details = ["name": .text(changed.name), "before": .text(key.name)]
        return reply
    }

    /// Of two overlapping secrets the older one goes: there are never three.
    private static func rotate(_ call: OperationCall, _ transaction: Transaction) async throws
        -> Reply
    {
        let (key, now) = (try KeyFacts.found(call.resource), call.request.time)
        guard key.expiresAt ?? .max > now else { throw Fault(.conflict, "the key has expired") }
        let seconds = call.request.body?["overlap_seconds"]?.integer ?? overlapSeconds
        let secret = APIKey(replacing: key.id, call.host)
        try await transaction.execute(
            Statement(
                """
                UPDATE api_keys SET previous_digest = \(seconds > 0 ? "secret_digest" : "NULL"),
                    previous_until = $3, secret_digest = $2, rotated_at = $4,
                    version = version + 1
                WHERE id = $1
                """,
                [
                    .text(key.id), .bytes(secret.digest), .integer(now + seconds * 1_000_000),
                    .integer(now),
                ]))
        let changed = try await row(key.id, in: call.request["organization"], transaction)
        var reply = Reply.json(
            changed.json(now: now, secret: secret), version: changed.version)
        reply.details = ["overlap_seconds": .integer(seconds), "principal": .text(key.principal)]
        return reply
    }

    private static func revoke(_ call: OperationCall, _ transaction: Transaction) async throws
        -> Reply
    {
        let key = try KeyFacts.found(call.resource)
        try await transaction.execute(
            KeyRow.revocation(key.id, now: call.request.time))
        var reply = Reply.none
        reply.details = ["name": .text(key.name), "principal": .text(key.principal)]
        return reply
    }
}
