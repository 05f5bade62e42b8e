import Storage

/// The end of an organization, and its return.
///
/// Sessions that are good for it alone end. Nothing else of it goes at first: its rows stay, its
/// credentials open nothing, and its hosts are nobody's. An owner brings it back, as long as its
/// name is kept; then `OrganizationPurge` removes it.
struct OrganizationEndFlow: Flow {
    static let name = "organization_ends"

    let operations = [
        Operation(
            .post, "\(path)/delete", "organization:delete", "Delete an organization",
            answer: .none, loader: OrganizationFlow.loader, work: .write(delete)
        ).with {
            $0.body = .object([.init("reason", .text(1...500), "For the record.")])
        },
        Operation(
            .post, "\(path)/restore", "organization:restore",
            "Bring a deleted organization back", answer: .json(200, OrganizationRow.shape),
            loader: deleted, work: .write(restore)),
    ]

    private static let path = "/api/v1/organizations/{organization}"

    /// How long the name of one that is deleted is kept for it.
    static let nameKeptSeconds: Int64 = 30 * 86_400

    /// In whatever state it is, as long as all of it is there.
    private static let deleted = Loader(
        "organization",
        { request in
            [
                Statement(
                    """
                    SELECT \(OrganizationRow.columns), o.deleted_at FROM organizations o
                    WHERE o.id = $1 AND o.purge_begun_at IS NULL
                    """, [.text(request["organization"])])
            ]
        },
        read: { (rows, request) throws(StorageFailure) in
            let id = request["organization"]
            guard let row = rows[0].first else {
                return ResourceFacts(id: id, exists: false, organization: id)
            }
            let found = try OrganizationRow(row)
            let age = try row.integer(orNull: "deleted_at").map { request.time - $0 }
            return ResourceFacts(
                id: id, exists: true, organization: id, version: found.version,
                attributes: .object(present: [
                    ("status", .text(found.status)),
                    ("deleted_age_seconds", age.map { .integer($0 / 1_000_000) }),
                ]), rows: rows)
        })

    private static func delete(_ call: OperationCall, _ transaction: Transaction) async throws
        -> Reply
    {
        let (id, now) = (call.request["organization"], call.request.time)
        try await transaction.execute(
            Statement(
                """
                UPDATE organizations SET former_status = status, status = 'deleted',
                    deleted_at = $2, updated_at = $2, version = version + 1
                WHERE id = $1
                """, [.text(id), .integer(now)]))
        var reply = Reply.none
        reply.revoked = try await SessionRows.revokeBound(
            to: id, for: "organization_deleted", in: transaction, now: now)
        reply.details = .object(present: [
            ("reason", call.text("reason").map(JSON.text)),
            ("sessions_revoked", .integer(Int64(reply.revoked.count))),
        ])
        return reply
    }

    private static func restore(_ call: OperationCall, _ transaction: Transaction) async throws
        -> Reply
    {
        let id = SQLValue.text(call.request["organization"])
        try await transaction.execute(
            Statement(
                """
                UPDATE organizations SET status = COALESCE(former_status, 'active'),
                    former_status = NULL, deleted_at = NULL, updated_at = $2,
                    version = version + 1
                WHERE id = $1
                """, [id, .integer(call.request.time)]))
        let rows = try await transaction.query(
            Statement(
                "SELECT \(OrganizationRow.columns) FROM organizations o WHERE o.id = $1", [id])
        )
        guard let row = rows.first else { throw Fault(.notFound) }
        let organization = try OrganizationRow(row)
        return .json(organization.json, version: organization.version)
    }
}
