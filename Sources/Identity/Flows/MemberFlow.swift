import Storage

/// Members of an organization: who they are there, and which role they have.
struct MemberFlow: Flow {
    static let name = "members"

    let operations = [
        Operation(
            .get, path, "member:list", "List members", answer: .page(of: MemberRow.shape),
            loader: MemberFacts.organization, work: .read(list)
        ).with { $0.traits = .paged },
        Operation(
            .post, path, "member:create", "Add a member", answer: .json(201, MemberRow.shape),
            loader: MemberFacts.newMember, work: .write(create)
        ).with {
            $0.body = .object([
                .init("principal", .text(1...64), "An account or a service account."),
                .init(
                    "role", .text(1...100), isRequired: false,
                    "A role of the organization, by its name; otherwise its settings' one."),
            ])
        },
        Operation(
            .get, memberPath, "member:read", "Read a member", answer: .json(200, MemberRow.shape),
            loader: MemberFacts.member, work: .read { call, _ in try reply(call.resource) }
        ).with { $0.traits = .versioned },
        Operation(
            .patch, memberPath, "member:update", "Give a member another role",
            answer: .json(200, MemberRow.shape), loader: MemberFacts.changedMember,
            work: .write(update)
        ).with {
            $0.body = .object([
                .init("role", .text(1...100), "A role of the organization, by its name.")
            ])
            $0.traits = .versioned
        },
        Operation(
            .delete, memberPath, "member:delete",
            "Remove a member, or leave, and revoke its keys and sessions there",
            answer: .none,
            loader: MemberFacts.member, work: .write(delete)
        ).with { $0.traits = .versioned },
    ]

    private static let path = "/api/v1/organizations/{organization}/members"
    private static let memberPath = "\(path)/{member}"

    private static func list(_ call: OperationCall, _ database: any Database) async throws -> Reply
    {
        let paging = try Paging(call)
        let organization = call.request["organization"]
        let rows = try await database.read(
            in: .organization(organization),
            [
                MemberRow.page(
                    of: organization, after: paging.position?.first ?? "", limit: paging.limit + 1)
            ])[0]
        return try paging.reply(try MemberRow.all(rows)) {
            try $0.json()
        } position: {
            [$0.id]
        }
    }

    private static func reply(_ resource: ResourceFacts) throws -> Reply {
        let member = try MemberFacts.found(resource)
        return .json(try member.json(), version: member.version)
    }

    private static func create(_ call: OperationCall, _ transaction: Transaction) async throws
        -> Reply
    {
        guard let principal = call.text("principal"), let role = try MemberFacts.role(call) else {
            let fault = call.text("role") == nil ? "is missing" : "is no role of this organization"
            throw Fault.invalid([.init("/role", fault)])
        }
        let organization = call.request["organization"]
        let membership = NewMembership(
            organization: organization, principal: principal, roleName: role.name, host: call.host)
        do {
            try await membership.insert(in: transaction, now: call.request.time)
        } catch StorageFailure.constraint(.unique, name: "memberships_principal_key") {
            throw Fault(.alreadyMember)
        } catch StorageFailure.constraint(.foreignKey, _) {
            throw Fault.invalid([.init("/principal", "is nobody")])
        }
        let rows = try await transaction.query(MemberRow.one(membership.id, in: organization))
        let member = try MemberRow(rows[...])
        return .created(
            try member.json(), id: member.id,
            at: "/api/v1/organizations/\(organization)/members/\(member.id)",
            version: member.version)
    }

    private static func update(_ call: OperationCall, _ transaction: Transaction) async throws
        -> Reply
    {
        let member = try MemberFacts.found(call.resource)
        guard let role = try MemberFacts.role(call) else {
            throw Fault.invalid([.init("/role", "is no role of this organization")])
        }
        let organization = SQLValue.text(call.request["organization"])
        let (id, now) = (SQLValue.text(member.id), SQLValue.integer(call.request.time))
        try await transaction.execute(
            Statement(
                "DELETE FROM membership_roles WHERE organization_id = $1 AND membership_id = $2",
                [organization, id]))
        try await transaction.execute(
            Statement(
                """
                INSERT INTO membership_roles (organization_id, membership_id, role_id, granted_at)
                VALUES ($1, $2, $3, $4)
                """, [organization, id, .text(role.id), now]))
        try await transaction.execute(
            Statement(
                """
                UPDATE memberships SET version = version + 1, updated_at = $3
                WHERE organization_id = $1 AND id = $2
                """, [organization, id, now]))
        let rows = try await transaction.query(
            MemberRow.one(member.id, in: call.request["organization"]))
        let changed = try MemberRow(rows[...])
        try await tell(changed, before: member, call, transaction)
        return .json(try changed.json(), version: changed.version)
    }

    /// Whoever has an address hears of other rights.
    static func tell(
        _ member: MemberRow, before: MemberRow, _ call: OperationCall, _ transaction: Transaction
    ) async throws {
        let (former, present) = (before.roles.map(\.name), member.roles.map(\.name))
        let rows = try await transaction.query([
            Statement(
                """
                SELECT address FROM account_addresses
                WHERE account_id = $1 AND is_primary = TRUE AND verified_at IS NOT NULL
                """, [.text(member.principal)]),
            Statement(
                "SELECT display_name FROM accounts WHERE id = $1", [SQLValue(call.subject.id)]),
        ])
        guard former != present,
            let address = MailAddress(try rows[0].first?.text("address") ?? "")
        else { return }
        let mail = RoleChangedMail(
            organization: call.tenant?.name ?? "", added: present.filter { !former.contains($0) },
            removed: former.filter { !present.contains($0) },
            changedBy: try rows[1].first?.text("display_name") ?? call.subject.id ?? "",
            at: call.request.time)
        try await call.outbox.append(
            mail, to: address, organization: call.request["organization"], in: transaction)
    }

    private static func delete(_ call: OperationCall, _ transaction: Transaction) async throws
        -> Reply
    {
        let member = try MemberFacts.found(call.resource)
        let organization = call.request["organization"]
        let ended = try await MembershipRemoval(
            id: member.id, principal: member.principal, organization: organization
        ).run(in: transaction, now: call.request.time)
        var reply = Reply.none
        reply.revoked = ended.sessions
        reply.details = .object(present: ended.details)
        return reply
    }
}
