import Cryptography
import RegoMachine
import Storage

/// Domains of their own that organizations are served under, once a record shows whose they are.
struct DomainFlow: Flow {
    static let name = "domains"

    let operations = [
        Operation(
            .get, path, "domain:list", "List domains", answer: .page(of: DomainRow.shape),
            loader: organization, work: .read(list)
        ).with { $0.traits = .paged },
        Operation(
            .post, path, "domain:create", "Name a domain", answer: .json(201, DomainRow.shape),
            loader: newDomain, work: .write(create)
        ).with {
            $0.body = .object([
                .init(
                    "name", .text(3...254),
                    "In ASCII, such as login.example.com; other letters as xn--….")
            ])
        },
        Operation(
            .get, domainPath, "domain:read", "Read a domain", answer: .json(200, DomainRow.shape),
            loader: loader, work: .read { call, _ in try reply(call.resource) }
        ).with { $0.traits = .versioned },
        Operation(
            .post, "\(domainPath)/verify", "domain:verify",
            "Look whether the record is there, and serve the domain from then on",
            answer: .json(200, DomainRow.shape), loader: loader, work: .prepared(verify)),
        Operation(
            .delete, domainPath, "domain:delete", "Remove a domain, which is served no longer",
            answer: .none, loader: loader, work: .write(delete)
        ).with { $0.traits = .versioned },
    ]

    private static let path = "/api/v1/organizations/{organization}/domains"
    private static let domainPath = "\(path)/{domain}"

    private static let organization = Loader(
        "domain", { [MemberFacts.organizationStatement($0)] },
        read: { (rows, request) throws(StorageFailure) in
            ResourceFacts(exists: !rows[0].isEmpty, organization: request["organization"])
        })

    /// The name that the body has, and how many there are.
    private static let newDomain = Loader(
        "domain", { [MemberFacts.organizationStatement($0), countStatement($0)] },
        read: { (rows, request) throws(StorageFailure) in
            let name = DomainName(request.body?["name"]?.text ?? "")?.text
            return ResourceFacts(
                exists: !rows[0].isEmpty, organization: request["organization"],
                attributes: .object(present: [
                    ("name", name.map(JSON.text)),
                    ("count", .integer(try rows[1][0].integer("domains"))),
                    ("own_names", .array(request.ownNames.map(JSON.text))),
                ]))
        })

    private static let loader = Loader(
        "domain",
        { [DomainRow.one($0["domain"], in: $0["organization"]), countStatement($0)] },
        read: { (rows, request) throws(StorageFailure) in
            let (id, organization) = (request["domain"], request["organization"])
            guard let row = rows[0].first else {
                return ResourceFacts(id: id, exists: false, organization: organization)
            }
            let domain = try DomainRow(row)
            return ResourceFacts(
                id: id, exists: true, organization: organization, version: domain.version,
                attributes: [
                    "name": .text(domain.name), "state": .text(domain.state.rawValue),
                    "count": .integer(try rows[1][0].integer("domains")),
                ], rows: rows)
        })

    private static func countStatement(_ request: RequestFacts) -> Statement {
        Statement(
            "SELECT COUNT(*) AS domains FROM domains WHERE organization_id = $1",
            [.text(request["organization"])])
    }

    private static func found(_ resource: ResourceFacts) throws -> DomainRow {
        guard let row = resource.rows.first?.first else { throw Fault(.notFound) }
        return try DomainRow(row)
    }

    private static func reply(_ resource: ResourceFacts) throws -> Reply {
        let domain = try found(resource)
        return .json(domain.json, version: domain.version)
    }

    private static func list(_ call: OperationCall, _ database: any Database) async throws -> Reply
    {
        let paging = try Paging(call)
        let rows = try await database.read(
            in: call.request.scope,
            [
                Statement(
                    """
                    SELECT \(DomainRow.columns) FROM domains d
                    WHERE d.organization_id = $1 AND d.id > $2 ORDER BY d.id LIMIT $3
                    """,
                    [
                        .text(call.request["organization"]), .text(paging.position?.first ?? ""),
                        .integer(Int64(paging.limit + 1)),
                    ])
            ])[0]
        return paging.reply(try rows.map(DomainRow.init)) {
            $0.json
        } position: {
            [$0.id]
        }
    }

    private static func create(_ call: OperationCall, _ transaction: Transaction) async throws
        -> Reply
    {
        guard let name = call.text("name").flatMap(DomainName.init) else {
            throw Fault.invalid([
                .init("/name", "is no host name of two or more labels such as login.example.com")
            ])
        }
        let (id, organization) = (Identifier(.domain, call.host).text, call.request["organization"])
        let challenge = call.host.randomBytes(20).hexadecimal
        do throws(StorageFailure) {
            try await transaction.execute(
                DomainRow.insertion(
                    id: id, of: organization, name, challenge: challenge, now: call.request.time))
        } catch {
            throw fault(error)
        }
        let domain = try DomainRow(
            try await transaction.query(DomainRow.one(id, in: organization))[0])
        return .created(
            domain.json, id: id, at: "/api/v1/organizations/\(organization)/domains/\(id)",
            version: domain.version)
    }

    private static func verify(
        _ call: OperationCall, _ database: any Database
    ) async throws -> Operation.Change {
        let domain = try found(call.resource)
        let place = "\(DomainName.challengeLabel).\(domain.name)"
        let finding = await call.facilities.challenges.find(domain.challenge, at: place)
        return { call, transaction in
            try await DomainVerification(finding: finding, call: call).run(in: transaction)
        }
    }

    private static func delete(_ call: OperationCall, _ transaction: Transaction) async throws
        -> Reply
    {
        let domain = try found(call.resource)
        try await transaction.execute(
            Statement(
                "DELETE FROM domains WHERE organization_id = $1 AND id = $2",
                [.text(domain.organization), .text(domain.id)]))
        var reply = Reply.none
        reply.details = ["name": .text(domain.name), "state": .text(domain.state.rawValue)]
        return reply
    }

    static func fault(_ failure: StorageFailure) -> any Error {
        switch failure {
        case .constraint(.unique, name: "domains_name_key"):
            Fault(.conflict, "the organization has named the domain already")
        case .constraint(.unique, name: "domains_verified_key"):
            Fault(.conflict, "another organization has shown that the domain is its own")
        default: failure
        }
    }
}
