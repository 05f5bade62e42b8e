import Storage

/// An organization given into other hands, and called otherwise in host names.
struct OwnershipFlow: Flow {
    static let name = "ownership"

    let operations = [
        Operation(
            .post, "\(path)/transfer", "organization:transfer",
            "Make a member the owner in your place", answer: .json(200, MemberRow.shape),
            loader: successor, work: .write(transfer)
        ).with {
            $0.body = .object([.init("member", .identifier(.membership), "Whoever is to own it.")])
        },
        Operation(
            .post, "\(path)/rename", "organization:rename",
            "Give an organization another label in host names",
            answer: .json(200, OrganizationRow.shape), loader: OrganizationFlow.loader,
            work: .write(rename)
        ).with {
            $0.body = .object([
                .init("slug", .text(1...63), "Letters, digits and hyphens; a label of host names.")
            ])
        },
    ]

    private static let path = "/api/v1/organizations/{organization}"

    /// The member whom the body names.
    private static let successor = Loader(
        "organization",
        { request in
            [
                MemberFacts.organizationStatement(request),
                MemberRow.one(request.body?["member"]?.text ?? "", in: request["organization"]),
                Statement(
                    """
                    SELECT a.status FROM accounts a JOIN memberships m ON m.principal_id = a.id
                    WHERE m.organization_id = $1 AND m.id = $2
                    """,
                    [
                        .text(request["organization"]), .text(request.body?["member"]?.text ?? ""),
                    ]),
            ]
        },
        read: { (rows, request) throws(StorageFailure) in
            let id = request["organization"]
            let target = rows[1].isEmpty ? nil : try MemberRow(rows[1][...])
            let status = try rows[2].first?.text("status")
            return ResourceFacts(
                id: id, exists: !rows[0].isEmpty, organization: id,
                attributes: .object(present: [
                    ("target", target?.facts), ("account_status", status.map(JSON.text)),
                ]), rows: [rows[1]])
        })

    private static func transfer(_ call: OperationCall, _ transaction: Transaction) async throws
        -> Reply
    {
        guard let rows = call.resource.rows.first, !rows.isEmpty else {
            throw Fault.invalid([.init("/member", "is no member of this organization")])
        }
        let successor = try MemberRow(rows[...])
        try await RoleExchange(member: successor.id, to: "owner").run(call, transaction)
        // An administrator of the installation may not be a member at all.
        let own = call.subject.membership
        if let own, own.roles.contains(where: { $0.isSystem && $0.name == "owner" }) {
            try await RoleExchange(member: own.id, to: "admin").run(call, transaction)
        }
        let changed = try await transaction.query(
            MemberRow.one(successor.id, in: call.request["organization"]))
        let member = try MemberRow(changed[...])
        var reply = Reply.json(try member.json(), version: member.version)
        reply.details = .object(present: [
            ("successor", .text(successor.principal)), ("former", own.map { .text($0.id) }),
        ])
        return reply
    }

    private static func rename(_ call: OperationCall, _ transaction: Transaction) async throws
        -> Reply
    {
        guard let row = call.resource.rows.first?.first, let slug = call.text("slug") else {
            throw Fault(.notFound)
        }
        guard Slug.isFit(slug) else { throw Slug.fault(at: "/slug") }
        let former = try OrganizationRow(row)
        try await Slug.release(slug, in: transaction, now: call.request.time)
        do throws(StorageFailure) {
            try await transaction.execute(
                Statement(
                    """
                    UPDATE organizations SET slug = $2, version = version + 1, updated_at = $3
                    WHERE id = $1
                    """, [.text(former.id), .text(slug), .integer(call.request.time)]))
        } catch {
            throw Slug.fault(error)
        }
        let rows = try await transaction.query(
            Statement(
                "SELECT \(OrganizationRow.columns) FROM organizations o WHERE o.id = $1",
                [.text(former.id)]))
        guard let row = rows.first else { throw Fault(.notFound) }
        let organization = try OrganizationRow(row)
        var reply = Reply.json(organization.json, version: organization.version)
        reply.details = ["former": .text(former.slug), "slug": .text(slug)]
        return reply
    }
}

/// A member's roles, changed for one other, of which they hear by mail.
struct RoleExchange: Sendable {
    /// The membership.
    let member: String
    /// The name of a role that every organization has.
    let to: String

    init(member: String, to role: String) {
        self.member = member
        to = role
    }

    func run(_ call: OperationCall, _ transaction: Transaction) async throws {
        let organization = call.request["organization"]
        let (owner, id) = (SQLValue.text(organization), SQLValue.text(member))
        let now = SQLValue.integer(call.request.time)
        let before = try MemberRow(
            try await transaction.query(MemberRow.one(member, in: organization))[...])
        try await transaction.execute(
            Statement(
                "DELETE FROM membership_roles WHERE organization_id = $1 AND membership_id = $2",
                [owner, id]))
        try await transaction.execute(
            Statement(
                """
                INSERT INTO membership_roles (organization_id, membership_id, role_id, granted_at)
                SELECT organization_id, $2, id, $4 FROM roles
                WHERE organization_id = $1 AND name = $3 AND is_system = TRUE
                """, [owner, id, .text(to), now]))
        try await transaction.execute(
            Statement(
                """
                UPDATE memberships SET version = version + 1, updated_at = $3
                WHERE organization_id = $1 AND id = $2
                """, [owner, id, now]))
        let after = try MemberRow(
            try await transaction.query(MemberRow.one(member, in: organization))[...])
        try await MemberFlow.tell(after, before: before, call, transaction)
    }
}
