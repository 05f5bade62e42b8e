import Storage

/// Service accounts of an organization: programs that act in it with a role and keys of their own.
struct ServiceAccountFlow: Flow {
    static let name = "service accounts"

    let operations = [
        Operation(
            .get, path, "service_account:list", "List service accounts",
            answer: .page(of: ServiceAccountRow.shape), loader: organization, work: .read(list)
        ).with { $0.traits = .paged },
        Operation(
            .post, path, "service_account:create", "Make a service account",
            answer: .json(201, ServiceAccountRow.shape), loader: newAccount, work: .write(create)
        ).with {
            $0.body = .object([
                .init("name", .text(1...100)),
                .init("description", .text(0...500), isRequired: false),
                .init("role", .text(1...100), "A role of the organization, by its name."),
            ])
        },
        Operation(
            .get, accountPath, "service_account:read", "Read a service account",
            answer: .json(200, ServiceAccountRow.shape), loader: account,
            work: .read { call, _ in reply(try found(call.resource)) }
        ).with { $0.traits = .versioned },
        Operation(
            .patch, accountPath, "service_account:update", "Change or suspend a service account",
            answer: .json(200, ServiceAccountRow.shape), loader: account, work: .write(update)
        ).with {
            $0.body = .object([
                .init("name", .text(1...100), isRequired: false),
                .init("description", .text(0...500), isRequired: false),
                .init(
                    "status", .choice(["active", "suspended"]), isRequired: false,
                    "While it is suspended its keys are good for nothing."),
            ])
            $0.traits = .versioned
        },
        Operation(
            .delete, accountPath, "service_account:delete",
            "Remove a service account and revoke its keys", answer: .none, loader: account,
            work: .write(delete)
        ).with { $0.traits = .versioned },
    ]

    private static let path = "/api/v1/organizations/{organization}/service-accounts"
    private static let accountPath = "\(path)/{service_account}"
    private static let type = "service_account"

    // MARK: Facts

    private static let organization = Loader(
        type, { [MemberFacts.organizationStatement($0)] },
        read: { (rows, request) throws(StorageFailure) in
            ResourceFacts(exists: !rows[0].isEmpty, organization: request["organization"])
        })

    /// With the role that it is to have.
    private static let newAccount = Loader(
        type, { [MemberFacts.organizationStatement($0), MemberFacts.roleStatement($0)] },
        read: { (rows, request) throws(StorageFailure) in
            ResourceFacts(
                exists: !rows[0].isEmpty, organization: request["organization"],
                attributes: .object(present: [("role", try rows[1].first.map(Role.init)?.json)]))
        })

    private static let account = Loader(
        type, { [ServiceAccountRow.one($0["service_account"], in: $0["organization"])] },
        read: { (rows, request) throws(StorageFailure) in
            let (id, organization) = (request["service_account"], request["organization"])
            guard !rows[0].isEmpty else {
                return ResourceFacts(id: id, exists: false, organization: organization)
            }
            let account = try ServiceAccountRow(rows[0][...])
            return ResourceFacts(
                id: id, exists: true, organization: organization, version: account.version,
                attributes: ["target": account.facts], rows: rows)
        })

    private static func found(_ resource: ResourceFacts) throws -> ServiceAccountRow {
        guard let rows = resource.rows.first, !rows.isEmpty else { throw Fault(.notFound) }
        return try ServiceAccountRow(rows[...])
    }

    // MARK: Work

    private static func reply(_ account: ServiceAccountRow) -> Reply {
        .json(account.json, version: account.version)
    }

    private static func list(_ call: OperationCall, _ database: any Database) async throws -> Reply
    {
        let paging = try Paging(call)
        let organization = call.request["organization"]
        let rows = try await database.read(
            in: .organization(organization),
            [
                ServiceAccountRow.page(
                    of: organization, after: paging.position?.first ?? "", limit: paging.limit + 1)
            ])[0]
        return paging.reply(try ServiceAccountRow.all(rows)) {
            $0.json
        } position: {
            [$0.id]
        }
    }

    private static func create(_ call: OperationCall, _ transaction: Transaction) async throws
        -> Reply
    {
        let organization = call.request["organization"]
        guard let name = call.text("name"), let role = call.text("role") else {
            throw Fault(.validationFailed)
        }
        guard call.resource.attributes["role"] != nil else {
            throw Fault.invalid([.init("/role", "is no role of this organization")])
        }
        let id = Identifier(.service, call.host).text
        do {
            try await insert(id, name, call, transaction)
            try await NewMembership(
                organization: organization, principal: id, roleName: role, host: call.host
            ).insert(in: transaction, now: call.request.time)
        } catch StorageFailure.constraint(.unique, name: "service_accounts_name_key") {
            throw nameTaken
        }
        let account = try await row(id, in: organization, transaction)
        var reply = Reply.created(
            account.json, id: id,
            at: "/api/v1/organizations/\(organization)/service-accounts/\(id)",
            version: account.version)
        reply.details = ["name": .text(name), "role": .text(role)]
        return reply
    }

    private static let nameTaken = Fault(.conflict, "another service account has the name")

    private static func insert(
        _ id: String, _ name: String, _ call: OperationCall, _ transaction: Transaction
    ) async throws {
        let (organization, now) = (call.request["organization"], call.request.time)
        try await transaction.execute(
            Statement(
                """
                INSERT INTO principals (id, realm_id, kind, organization_id, created_at)
                VALUES ($1, 'default', 'service', $2, $3)
                """, [.text(id), .text(organization), .integer(now)]))
        try await transaction.execute(
            Statement(
                """
                INSERT INTO service_accounts (
                    id, organization_id, name, description, status, version, created_at, updated_at
                ) VALUES ($1, $2, $3, $4, 'active', 1, $5, $5)
                """,
                [
                    .text(id), .text(organization), .text(name),
                    .text(call.text("description") ?? ""), .integer(now),
                ]))
    }

    private static func row(
        _ id: String, in organization: String, _ transaction: Transaction
    ) async throws -> ServiceAccountRow {
        let rows = try await transaction.query(ServiceAccountRow.one(id, in: organization))
        return try ServiceAccountRow(rows[...])
    }

    private static func update(_ call: OperationCall, _ transaction: Transaction) async throws
        -> Reply
    {
        let account = try found(call.resource)
        do {
            try await change(
                account.id, name: call.text("name") ?? account.name,
                description: call.text("description") ?? account.description,
                status: call.text("status") ?? account.status, call, transaction)
        } catch StorageFailure.constraint(.unique, name: "service_accounts_name_key") {
            throw nameTaken
        }
        let changed = try await row(account.id, in: call.request["organization"], transaction)
        var reply = reply(changed)
        reply.details = ["name": .text(changed.name), "status": .text(changed.status)]
        return reply
    }

    private static func change(
        _ id: String, name: String, description: String, status: String, _ call: OperationCall,
        _ transaction: Transaction
    ) async throws {
        try await transaction.execute(
            Statement(
                """
                UPDATE service_accounts SET name = $2, description = $3, status = $4,
                    version = version + 1, updated_at = $5
                WHERE id = $1
                """,
                [
                    .text(id), .text(name), .text(description), .text(status),
                    .integer(call.request.time),
                ]))
    }

    /// The row stays, as the record speaks of it; nothing that it could act with does.
    private static func delete(_ call: OperationCall, _ transaction: Transaction) async throws
        -> Reply
    {
        let account = try found(call.resource)
        let ended = try await MembershipRemoval(
            id: account.membership, principal: account.id,
            organization: call.request["organization"]
        ).run(in: transaction, now: call.request.time)
        try await change(
            account.id, name: account.name, description: account.description, status: "deleted",
            call, transaction)
        var reply = Reply.none
        reply.revoked = ended.sessions
        reply.details = .object(present: [("name", .text(account.name))] + ended.details)
        return reply
    }
}
