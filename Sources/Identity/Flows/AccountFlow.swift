import Storage

/// What a subject may know of itself, and what accounts do with themselves.
struct AccountFlow: Flow {
    static let name = "accounts"

    let operations = [
        Operation(
            .get, "/api/v1/me", "me:read", "Who the credential says you are",
            answer: .json(200, shape), loader: Profile.loader,
            work: .read { call, _ in try reply(call, call.resource.rows.first ?? []) }),
        Operation(
            .patch, "/api/v1/me", "account:update", "Change what you are called",
            answer: .json(200, shape), loader: Profile.loader, work: .write(update)
        ).with {
            $0.body = .object([.init("display_name", .displayName, isRequired: false)])
            $0.traits = .versioned
        },
        Operation(
            .get, "/api/v1/me/export", "account:export", "All that is kept of your account",
            answer: .json(200, AccountExport.shape), loader: Loader("account"), work: .read(export)
        ).with { $0.traits = .audited },
        Operation(
            .delete, "/api/v1/me", "account:delete", "End your account", answer: .none,
            loader: AccountDeletion.loader,
            work: .write { call, transaction in try await AccountDeletion.run(call, transaction) }
        ).with { $0.reach = .everywhere },
    ]

    private static let shape = Shape.object([
        .init("id", .nullable(.text(1...64))),
        .init("kind", .choice(["anonymous", "account", "service", "client"])),
        .init("status", .nullable(.text(1...32))),
        .init("display_name", .nullable(.text(1...100)), "Of an account."),
        .init("email", .nullable(.text(3...254)), "An account's primary address."),
        .init("created_at", .nullable(.instant), "Of an account."),
        .init("platform_roles", .array(of: .text(1...64), count: 0...64)),
        .init(
            "organization",
            .nullable(
                .object([
                    .init("id", .identifier(.organization)), .init("name", .text(1...100)),
                    .init("roles", .array(of: .text(1...64), count: 0...64)),
                ])), "The one that the request is about."),
        .init(
            "credential",
            .nullable(
                .object([
                    .init("kind", .text(1...32)), .init("id", .text(1...64)),
                    .init("scopes", .array(of: .text(1...100), count: 0...100)),
                ]))),
        .init(
            "session",
            .nullable(
                .object([
                    .init("id", .identifier(.session)), .init("acr", .text(1...64)),
                    .init("amr", .array(of: .text(1...32), count: 0...16)),
                    .init("auth_time", .instant, "When you have signed in."),
                ])), "The one behind the credential, where there is one."),
    ])

    private static func reply(_ call: OperationCall, _ rows: [Row]) throws -> Reply {
        let profile = try Profile(rows)
        return .json(json(call, profile), version: profile?.version)
    }

    private static func json(_ call: OperationCall, _ profile: Profile?) -> JSON {
        let subject = call.subject
        let roles = subject.membership?.roles.map { JSON.text($0.name) } ?? []
        return [
            "id": JSON(subject.id), "kind": .text(subject.kind.rawValue),
            "status": JSON(subject.status), "display_name": JSON(profile?.displayName),
            "email": JSON(profile?.address),
            "created_at": JSON(profile.map { Instant.text($0.createdAt) }),
            "platform_roles": .array(subject.platformRoles.map(JSON.text)),
            "organization": call.tenant.map {
                ["id": .text($0.id), "name": .text($0.name), "roles": .array(roles)]
            } ?? .null,
            "credential": subject.credential?.shown ?? .null,
            "session": subject.credential?.session?.shown ?? .null,
        ]
    }

    static func update(
        _ call: OperationCall, _ transaction: Transaction
    ) async throws -> Reply {
        guard let account = call.subject.id else { throw Fault(.unauthenticated) }
        if let name = call.text("display_name") {
            try await transaction.execute(
                Statement(
                    """
                    UPDATE accounts SET display_name = $2, version = version + 1, updated_at = $3
                    WHERE id = $1
                    """, [.text(account), .text(name), .integer(call.request.time)]))
        }
        return try reply(call, try await transaction.query(Profile.finding(account)))
    }

    /// Of all tenants: what an account has in each is its own.
    static func export(
        _ call: OperationCall, _ database: any Database
    ) async throws -> Reply {
        guard let account = call.subject.id else { throw Fault(.unauthenticated) }
        let rows = try await database.read(
            in: .system, AccountExport.statements(of: account))
        return .json(try AccountExport.document(rows, now: call.request.time))
    }
}

extension Credential {
    /// As its owner sees it.
    fileprivate var shown: JSON {
        [
            "kind": .text(kind.rawValue), "id": .text(id),
            "scopes": .array(scopes.map(JSON.text)),
        ]
    }
}

extension SessionFacts {
    /// As its owner sees it.
    fileprivate var shown: JSON {
        [
            "id": .text(id), "acr": .text(assurance), "amr": .array(methods.map(JSON.text)),
            "auth_time": .text(Instant.text(signedInAt)),
        ]
    }
}
