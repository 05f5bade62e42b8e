import Storage

/// Organizations, as administrators of the installation see to them.
struct PlatformOrganizationFlow: Flow {
    static let name = "platform_organizations"

    let operations = [
        Operation(
            .get, path, "platform:list_organizations", "Search organizations",
            answer: .page(of: OrganizationRow.shape), loader: Loader("organization"),
            work: .read(list)
        ).with {
            $0.traits = .paged
            $0.query = [
                .init(
                    "search", .text(1...100), isRequired: false, "Part of its name or its slug."),
                .init("slug", .text(1...63), isRequired: false),
                .init("status", .choice(["active", "suspended"]), isRequired: false),
                .init("tier", .text(1...32), isRequired: false),
            ]
        },
        Operation(
            .get, onePath, "platform:read_organization", "Read an organization",
            answer: .json(200, OrganizationRow.shape), loader: loader,
            work: .read { call, _ in
                let row = try found(call)
                return .json(row.json, version: row.version)
            }
        ).with { $0.traits = .versioned },
        changing(
            "suspend", "platform:suspend_organization",
            "Suspend an organization: nothing is done in it, and its keys stop"
        ) { _ in ("status", "suspended") },
        changing(
            "reactivate", "platform:reactivate_organization", "Let an organization go on"
        ) { _ in ("status", "active") },
        Operation(
            .put, "\(onePath)/tier", "platform:change_tier", "Give an organization another tier",
            answer: .json(200, OrganizationRow.shape), loader: loader,
            work: .write { call, transaction in
                try await change(call, ("tier", call.text("tier") ?? ""), transaction)
            }
        ).with {
            $0.body = .object([
                .init("tier", .text(1...32), "One of those that the policy has limits for."),
                PlatformReason.field,
            ])
            $0.traits = .versioned
        },
    ]

    private static let path = "/api/v1/platform/organizations"
    private static let onePath = "\(path)/{organization}"

    /// Changes one column, for a reason.
    private static func changing(
        _ verb: String, _ action: String, _ summary: String,
        to value: @escaping @Sendable (OperationCall) -> (column: String, value: String)
    ) -> Operation {
        Operation(
            .post, "\(onePath)/\(verb)", action, summary,
            answer: .json(200, OrganizationRow.shape), loader: loader,
            work: .write { call, transaction in
                try await change(call, value(call), transaction)
            }
        ).with {
            $0.body = .object([PlatformReason.field])
            $0.traits = .versioned
        }
    }

    /// The facts are `tier`, and `wanted_tier` where another one is asked for.
    private static let loader = Loader(
        "organization",
        { request in
            [
                Statement(
                    """
                    SELECT \(OrganizationRow.columns) FROM organizations o
                    WHERE o.id = $1 AND o.status <> 'deleted'
                    """, [.text(request["organization"])])
            ]
        },
        read: { (rows, request) throws(StorageFailure) in
            let id = request["organization"]
            guard let row = try rows[0].first.map(OrganizationRow.init) else {
                return ResourceFacts(id: id, exists: false, organization: id)
            }
            return ResourceFacts(
                id: id, exists: true, organization: id, version: row.version,
                attributes: .object(present: [
                    ("tier", .text(row.tier)), ("wanted_tier", request.body?["tier"]),
                ]), rows: rows)
        })

    private static func found(_ call: OperationCall) throws -> OrganizationRow {
        guard let row = call.resource.rows.first?.first else { throw Fault(.notFound) }
        return try OrganizationRow(row)
    }

    private static func list(
        _ call: OperationCall, _ database: any Database
    ) async throws -> Reply {
        let (paging, query) = (try Paging(call), call.request.query)
        var selection = Selection([("o.id > ?", .text(paging.position?.first ?? ""))])
        selection.demand("o.slug = ?", query["slug"].map { .text($0) })
        selection.demand("o.status = ?", query["status"].map { .text($0) })
        selection.demand("o.tier = ?", query["tier"].map { .text($0) })
        if let part = query["search"].map(SearchText.part) {
            selection.demand(
                "(LOWER(o.name) LIKE ? ESCAPE '!' OR o.slug LIKE ? ESCAPE '!')", .text(part),
                .text(part))
        }
        let rows = try await database.read(
            in: .none,
            [
                selection.statement(
                    "SELECT \(OrganizationRow.columns) FROM organizations o",
                    "AND o.status <> 'deleted' ORDER BY o.id LIMIT \(paging.limit + 1)")
            ])[0]
        return paging.reply(try rows.map(OrganizationRow.init)) {
            $0.json
        } position: {
            [$0.id]
        }
    }

    private static func change(
        _ call: OperationCall, _ change: (column: String, value: String),
        _ transaction: Transaction
    ) async throws -> Reply {
        let before = try found(call)
        try await transaction.execute(
            OrganizationRow.change(
                change.column, to: change.value, of: before.id, now: call.request.time))
        let rows = try await transaction.query(loader.statements(call.request)[0])
        guard let row = try rows.first.map(OrganizationRow.init) else { throw Fault(.notFound) }
        var reply = Reply.json(row.json, version: row.version)
        reply.details = PlatformReason.details(
            call, [(change.column, .text(change.value))])
        return reply
    }
}

extension OrganizationRow {
    /// - Parameter column: A name of ours, of a text.
    static func change(
        _ column: String, to value: String, of id: String, now: Int64
    ) -> Statement {
        Statement(
            """
            UPDATE organizations SET \(column) = $2, version = version + 1, updated_at = $3
            WHERE id = $1 AND status <> 'deleted'
            """, [.text(id), .text(value), .integer(now)])
    }
}

/// Why an administrator does something to what is somebody else's.
enum PlatformReason {
    static let field = Shape.Field("reason", .text(1...500), "For the audit.")

    /// For the record.
    static func details(_ call: OperationCall, _ others: [(String, JSON?)] = []) -> JSON {
        .object(present: [("reason", call.text("reason").map(JSON.text))] + others)
    }
}

/// A text that somebody looks for.
enum SearchText {
    /// As `LIKE … ESCAPE '!'` has it, for what was put into lower case.
    static func part(_ text: String) -> String {
        var pattern = "%"
        for character in lowercased(text) {
            if "!%_".contains(character) { pattern += "!" }
            pattern.append(character)
        }
        return pattern + "%"
    }

    /// As both databases do it: letters of ASCII alone.
    private static func lowercased(_ text: String) -> String {
        String(
            String.UnicodeScalarView(
                text.unicodeScalars.map { scalar in
                    ("A"..."Z").contains(scalar) ? Unicode.Scalar(UInt8(scalar.value) + 32) : scalar
                }))
    }
}
