import Identity
import Loopback
import Server
import Servers
import Storage
import Testing

/// Two tenants side by side: whatever one of them asks for, it learns nothing of the other. What is
/// asked comes from the route table, so that an operation which is forgotten here fails.
@Suite struct IsolationSweepTests {
    /// What one tenant has, by the kind of id.
    private struct Belongings {
        let slug: String
        let organization: World.Tenant
        /// By prefix, such as `mem`.
        let ids: [String: String]

        var all: [String] {
            ids.values + [organization.id] + organization.people.values.map(\.account)
                + organization.people.values.map(\.membership)
        }
    }

    @Test(arguments: IdentityDatabase.all)
    func nobodyLearnsAnythingOfAnotherTenant(_ backend: IdentityDatabase) async throws {
        try await PublicServer.with(backend) { server in
            let (acme, bolt) = (server.world.acme, server.world.bolt)
            let own = try await belongings(of: acme, "acme", server)
            let foreign = try await belongings(of: bolt, "bolt", server)
            let sweep = OperationSweepTests()
            let asks = sweep.asks(server.world, decision: own.ids["dec"] ?? "").merging(
                sweep.keyAsks(
                    server.world, machine: own.ids["svc"] ?? "", key: own.ids["key"] ?? "")
            ) { $1 }
            .merging(DomainAsks.sweep(server.world, domain: own.ids["dom"] ?? "")) { $1 }
            .merging(sweep.endAsks(server.world)) { $1 }
            let operations = server.operations.filter(\.isTenants)
            // Lists first: later the record of what one has done names what one has asked for.
            for operation in operations where operation.method == .get {
                let ask = try #require(asks[operation.name], "\(operation.name) is not swept")
                try await self.sweepList(operation, ask, own, foreign, server)
            }
            for operation in operations {
                let ask = try #require(asks[operation.name], "\(operation.name) is not swept")
                try await self.sweep(operation, ask, own, foreign, server)
            }
            for operation in server.operations where operation.isOfPlatform {
                try await self.sweepPlatform(operation, foreign, server)
            }
        }
    }

    /// A service account with a key, somebody else's membership, and a decision.
    private func belongings(
        of organization: World.Tenant, _ slug: String, _ server: PublicServer
    ) async throws -> Belongings {
        let path = "/api/v1/organizations/\(organization.id)"
        let owner = organization.owner
        let machine = try await server.ask(
            "POST", "\(path)/service-accounts", as: owner,
            #"{"name":"machine of \#(slug)","role":"viewer"}"#)
        let account = try #require(try machine.json["id"] as? String)
        let key = try await server.ask(
            "POST", "\(path)/keys", as: owner,
            #"{"name":"key of \#(slug)","scopes":["*"],"service_account":"\#(account)"}"#)
        let domain = try await server.nameDomain("login.\(slug).test", at: organization)
        return Belongings(
            slug: slug, organization: organization,
            ids: [
                "dom": domain.id,
                "svc": account, "key": try #require(try key.json["id"] as? String),
                "dec": try #require(key.field("x-decision-id")),
                "mem": organization["viewer"].membership, "org": organization.id,
            ])
    }

    private func sweep(
        _ operation: Operation, _ ask: OperationSweepTests.Ask, _ own: Belongings,
        _ foreign: Belongings, _ server: PublicServer
    ) async throws {
        let method = operation.method.rawValue
        let theirs = try exchanged(ask.target, own, foreign, operation)
        // The other's own look first: what is kept of it must not be anybody's else.
        var version: String?
        if method == "GET" {
            let seen = try await server.ask(method, theirs, as: foreign.organization.owner)
            #expect(seen.status == 200, "\(operation.name): \(seen.body)")
            version = seen.field("etag")
        }
        let fields = version.map { ["If-None-Match: \($0)"] } ?? []
        // All of it the other's, or the thing alone, under one's own organization.
        let mixed = theirs.replacing(
            foreign.organization.id, with: own.organization.id)
        for target in Set([theirs, mixed]) where target != ask.target {
            let reply = try await server.ask(
                method, target, as: own.organization.owner, ask.body, fields: fields)
            #expect(reply.status == 404, "\(operation.name) \(target): \(reply.body)")
            let nothing = try await server.ask(
                method, try unknown(target, foreign), as: own.organization.owner, ask.body,
                fields: fields)
            #expect(
                try plain(reply, target) == plain(nothing, try unknown(target, foreign)),
                "\(operation.name) tells what is there from what is not")
            try expectNothing(of: foreign, in: reply, "\(operation.name) \(target)")
        }
        try await sweepHost(operation, ask, foreign, server)
    }

    /// What administrators of the installation do, by the owner of an organization: what there is
    /// looks as what there is not.
    private func sweepPlatform(
        _ operation: Operation, _ foreign: Belongings, _ server: PublicServer
    ) async throws {
        let names = [
            "organization": foreign.organization.id, "account": foreign.organization.owner.account,
        ]
        var (known, unknown) = (operation.path.text, operation.path.text)
        for name in operation.path.parameters {
            let id = try #require(names[name], "\(operation.name) is not swept")
            known = known.replacing("{\(name)}", with: id)
            unknown = unknown.replacing("{\(name)}", with: id.dropLast(4) + "0000")
        }
        let body = operation.body == nil ? nil : Self.platformBodies[operation.name] ?? Self.reason
        let owner = server.world.acme.owner
        let method = operation.method.rawValue
        let reply = try await server.ask(method, known, as: owner, body)
        let nothing = try await server.ask(method, unknown, as: owner, body)
        #expect(reply.status == 403 || reply.status == 404, "\(operation.name): \(reply.body)")
        #expect(
            try plain(reply, known) == plain(nothing, unknown),
            "\(operation.name) tells what is there from what is not")
        try expectNothing(of: foreign, in: reply, "\(operation.name) \(known)")
    }

    private static let reason = #"{"reason":"case 4711"}"#
    private static let platformBodies = [
        "PUT /api/v1/platform/organizations/{organization}/tier":
            #"{"tier":"enterprise","reason":"case 4711"}"#
    ]

    /// By the other's host, with one's own key.
    private func sweepHost(
        _ operation: Operation, _ ask: OperationSweepTests.Ask, _ foreign: Belongings,
        _ server: PublicServer
    ) async throws {
        let reply = try await server.ask(
            operation.method.rawValue, ask.target, as: server.world.acme.owner, ask.body,
            fields: ["Host: \(foreign.slug).example.test"])
        #expect(
            reply.status == 403 || reply.status == 404, "\(operation.name): \(reply.status)")
        try expectNothing(of: foreign, in: reply, "\(operation.name) by host")
    }

    /// Every filter with what is the other's, and the other's cursor.
    private func sweepList(
        _ operation: Operation, _ ask: OperationSweepTests.Ask, _ own: Belongings,
        _ foreign: Belongings, _ server: PublicServer
    ) async throws {
        let owner = own.organization.owner
        let theirs = try exchanged(ask.target, own, foreign, operation)
        var targets = [ask.target]
        for field in operation.query where field.name != "cursor" && field.name != "limit" {
            targets += foreign.all.map { "\(ask.target)?\(field.name)=\($0)" }
        }
        if operation.query.contains(where: { $0.name == "cursor" }) {
            let first = try await server.ask(
                "GET", "\(theirs)?limit=1", as: foreign.organization.owner)
            let page = try first.json["page"] as? [String: Any]
            if let cursor = page?["next_cursor"] as? String {
                targets.append("\(ask.target)?limit=1&cursor=\(cursor)")
                let misused = try await server.ask("GET", targets[targets.count - 1], as: owner)
                #expect(misused.status == 422, "\(operation.name) takes another's cursor")
            }
        }
        for target in targets {
            let reply = try await server.ask("GET", target, as: owner)
            try expectNothing(of: foreign, in: reply, "\(operation.name) \(target)")
        }
    }

    /// The same request about what the other has.
    private func exchanged(
        _ target: String, _ own: Belongings, _ foreign: Belongings, _ operation: Operation
    ) throws -> String {
        var target = target
        for (kind, id) in own.ids {
            target = target.replacing(id, with: try #require(foreign.ids[kind]))
        }
        for id in own.all {
            #expect(!target.contains(id), "\(operation.name): the other has nothing like \(id)")
        }
        return target
    }

    /// The same request about what nobody has.
    private func unknown(_ target: String, _ foreign: Belongings) throws -> String {
        var target = target
        for id in foreign.ids.values {
            target = target.replacing(id, with: id.dropLast(4) + "0000")
        }
        return target
    }

    /// An answer without what is different each time.
    private func plain(_ reply: HTTPReply, _ target: String) throws -> String {
        var body = reply.body.replacing(target, with: "")
        for field in ["x-request-id", "x-decision-id"] {
            if let id = reply.field(field) { body = body.replacing(id, with: "") }
        }
        return "\(reply.status) \(body)"
    }

    /// What the client has sent itself is no news to it.
    private func expectNothing(
        of foreign: Belongings, in reply: HTTPReply, _ asked: String
    ) throws {
        for id in foreign.all where !asked.contains(id) {
            #expect(!reply.body.contains(id), "\(asked) tells of \(id)")
        }
        let words = reply.body.lowercased()
        #expect(!words.contains("of \(foreign.slug)"), "\(asked): \(reply.body)")
        #expect(!words.contains("bolt"), "\(asked): \(reply.body)")
    }
}

extension Operation {
    /// Whether it is about what belongs to a tenant.
    fileprivate var isTenants: Bool {
        if isOfPlatform { return false }
        return !path.parameters.isEmpty && !Self.ofNoTenant.contains(name)
            || Self.lists.contains(name)
    }

    fileprivate var isOfPlatform: Bool {
        path.text.hasPrefix("/api/v1/platform/") && !path.parameters.isEmpty
    }

    /// Lists whose paths name no organization.
    private static let lists: Set = [
        "GET /api/v1/organizations", "GET /api/v1/decisions", "GET /api/v1/audit",
    ]

    /// Parameters that name what is an account's own, or nobody's: reviewed one by one.
    private static let ofNoTenant: Set = [
        "GET /assets/{file}", "DELETE /api/v1/me/sessions/{session}",
        "DELETE /api/v1/me/addresses/{address}", "POST /api/v1/me/addresses/{address}/primary",
        "POST /account/addresses/{address}/primary", "POST /account/addresses/{address}/remove",
    ]
}
