import Cryptography
import Decisions
import Identity
import Logging
import Loopback
import Outbound
import RegoMachine
import Server
import Servers
import Storage
import Testing

/// A server of this process with both listeners on free ports, and the world in its database.
struct PublicServer: Sendable {
    let client: Client
    let decisions: Client
    fileprivate let installation: Installation
    /// What it has sent.
    let mailbox: Mailbox
    /// What name servers say.
    var names: PublishedNames { installation.names }
    /// Those that the server has.
    let operations: [Operation]

    var database: CountedDatabase { installation.database }
    var world: World { installation.world }
    var audit: AuditKey { installation.audit }

    /// The keys that sign its tokens, as another node of it knows them.
    var signingKeys: SigningKeys {
        get async throws {
            let keys = SigningKeys(sealing: installation.sealing, host: .system)
            try await keys.open(database.uncounted)
            return keys
        }
    }

    /// - Parameter server: The test's own PostgreSQL, where it stops it.
    /// - Parameter policies: A folder that decides instead of the policies in the binary.
    static func with(
        _ backend: IdentityDatabase, on server: PostgreSQLServer? = nil, policies: String? = nil,
        lifetimes: SessionLifetimes = SessionLifetimes(),
        changing change: @escaping @Sendable (inout PublicOptions) -> Void = { _ in },
        _ body: @escaping @Sendable (PublicServer) async throws -> Void
    ) async throws {
        try await backend.with(on: server) { database in
            try await with(
                CountedDatabase(database), policies, try await keys(of: backend), lifetimes,
                change, body)
        }
    }

    /// SQLite goes with the memory of the process, PostgreSQL with Redis.
    private static func keys(of backend: IdentityDatabase) async throws -> any ExpiringKeys {
        guard backend == .postgresql, RedisServer.programs != nil else {
            let monotonic = RegoMachine.Host.system.monotonic
            return MemoryKeys { Int64(monotonic() / 1_000) }
        }
        let address = try RedisServer.shared.get().address
        return try await RedisKeys.open(address) { Issue.record("Redis: \($0)") }
    }

    /// Servers of one database and of the keys that they share.
    static func with(
        _ database: any Database, sharing keys: any ExpiringKeys, policies: String? = nil,
        changing change: @escaping @Sendable (inout PublicOptions) -> Void,
        _ body: @escaping @Sendable (PublicServer) async throws -> Void
    ) async throws {
        try await with(
            CountedDatabase(database), policies, keys, SessionLifetimes(), change, body)
    }

    /// Looks at the database once the server has ended, which then has written all down.
    static func leaving(
        _ backend: IdentityDatabase,
        _ body: @escaping @Sendable (PublicServer) async throws -> Void,
        look: @escaping @Sendable (any Database) async throws -> Void
    ) async throws {
        try await backend.with { database in
            try await with(
                CountedDatabase(database), nil, try await keys(of: backend),
                SessionLifetimes(), { _ in }, body)
            try await look(database)
        }
    }

    /// A new world in a database, and one node of it.
    private static func with(
        _ database: CountedDatabase, _ policies: String?, _ keys: any ExpiringKeys,
        _ lifetimes: SessionLifetimes,
        _ change: (inout PublicOptions) -> Void,
        _ body: @escaping @Sendable (PublicServer) async throws -> Void
    ) async throws {
        let host = RegoMachine.Host.system
        let secret = host.randomBytes(AuditKey.secretBytes)
        var options = PublicOptions()
        options.addresses = ["127.0.0.1:0"]
        options.baseDomain = "example.test"
        options.limitsCalls = false
        change(&options)
        let installation = Installation(
            database: database, world: try await World(database, host),
            audit: try #require(AuditKey(secret: secret)),
            sealing: try SealingKeys(activeID: "a", keys: ["a": host.randomBytes(32)]),
            keys: keys, policies: policies, lifetimes: lifetimes, options: options)
        let result: Result<Void, any Error>
        do { result = .success(try await installation.serve(body)) } catch {
            result = .failure(error)
        }
        await keys.close()
        try result.get()
    }

    /// Another node of the same installation.
    func beside(
        _ body: @escaping @Sendable (PublicServer) async throws -> Void
    ) async throws {
        try await installation.serve(body)
    }

    fileprivate static func client(_ addresses: [String]) throws -> Client {
        let port = addresses.first?.split(separator: ":").last.flatMap { UInt16($0) }
        return Client(port: try #require(port))
    }

    /// One request, with the key of somebody.
    func ask(
        _ method: String, _ target: String, as person: Person? = nil, _ body: String? = nil,
        fields: [String] = []
    ) async throws -> HTTPReply {
        var fields = fields
        if let person { fields.append("Authorization: Bearer \(person.key)") }
        if body != nil, !fields.contains(where: { $0.hasPrefix("Content-Type") }) {
            fields.append("Content-Type: application/json")
        }
        return try await client.ask(method, target, body, fields: fields)
    }
}

/// What nodes of one installation share.
private struct Installation: Sendable {
    let database: CountedDatabase
    let world: World
    let audit: AuditKey
    let sealing: SealingKeys
    let keys: any ExpiringKeys
    let policies: String?
    let lifetimes: SessionLifetimes
    let options: PublicOptions
    let names = PublishedNames()

    /// The world, with name servers of the test's own.
    var host: RegoMachine.Host {
        var host = RegoMachine.Host.system
        host.lookUpText = names.records
        return host
    }

    /// Cheap: what is tested is not how long a guess takes.
    private static var passwordSettings: PasswordSettings {
        get throws {
            var settings = PasswordSettings()
            settings.cost = try #require(PasswordCost(memoryKiB: 64, passes: 1))
            return settings
        }
    }

    private func deployment(_ mailbox: Mailbox) async throws -> Deployment {
        let host = RegoMachine.Host.system
        let signingKeys = SigningKeys(sealing: sealing, host: host)
        try await signingKeys.open(database)
        let outbox = Outbox(keys: sealing, host: host, product: "Ostiary")
        let revocations = Revocations(host: host)
        let (log, rows) = (AuditLog(key: audit), database.uncounted)
        return Deployment(
            database: database,
            policy: try SystemPolicy(
                policies.map(SystemPolicy.Source.folder) ?? .embedded, areas: Deployment.areas,
                host: host),
            audit: log, sealingKeys: sealing, passwords: try Passwords(Self.passwordSettings),
            signingKeys: signingKeys, outbox: outbox, keys: keys,
            nodes: LiveNodes(host), lifetimes: lifetimes, revocations: revocations,
            jobs: signingKeys.jobs(rows, log, owner: "test") + [
                revocations.job(rows),
                AddressMail(
                    outbox: outbox,
                    codes: ShortCodes(keys: MessageKeys(keys: sealing), host: host),
                    host: host, issuer: Issuer.development.text
                ).job(rows),
                OutboxDelivery(
                    outbox, sender: mailbox, owner: host.randomBytes(8).hexadecimal,
                    sleep: Workers.systemSleep
                ).job(rows, everySeconds: 0.1),
                DomainChecks(
                    owner: host.randomBytes(8).hexadecimal, outbox: outbox, audit: log,
                    host: self.host, issuer: Issuer.development.text
                ).job(rows, everySeconds: 0.1),
            ])
    }

    func serve(
        _ body: @escaping @Sendable (PublicServer) async throws -> Void
    ) async throws {
        let mailbox = Mailbox()
        let deployment = try await deployment(mailbox)
        var options = ServerOptions()
        options.addresses = ["127.0.0.1:0"]
        options.publicListener = self.options
        var logger = Logger(label: "test")
        logger.logLevel = .critical
        let (started, announce) = AsyncStream.makeStream(of: RunningServer.self)
        let serving = Task { [options, logger] in
            defer { announce.finish() }
            try await Server.serve(options, deployment, host: host, logger: logger) {
                announce.yield($0)
            }
        }
        var servers = started.makeAsyncIterator()
        guard let running = await servers.next() else { return try await serving.value }
        let server = PublicServer(
            client: try PublicServer.client(running.publicAddresses),
            decisions: try PublicServer.client(running.addresses), installation: self,
            mailbox: mailbox, operations: deployment.operations)
        let result: Result<Void, any Error>
        do { result = .success(try await body(server)) } catch { result = .failure(error) }
        await running.stop()
        try await serving.value
        try result.get()
    }
}

/// Somebody with a place in an organization, and a key that is good there.
struct Person: Sendable {
    let account: String
    let membership: String
    let key: String
}

/// Two organizations with one member of each role, and the platform's administrator in a third.
struct World: Sendable {
    let administrator: Person
    /// The id of the installation's own organization.
    let home: String
    let acme: Tenant
    let bolt: Tenant

    struct Tenant: Sendable {
        let id: String
        let people: [String: Person]

        var owner: Person { self["owner"] }

        subscript(_ role: String) -> Person {
            people[role] ?? Person(account: "", membership: "", key: "")
        }
    }

    init(_ database: any Database, _ host: RegoMachine.Host) async throws {
        let platform = try await World.organization("operations", database, host)
        administrator = platform.owner
        home = platform.id
        let account = administrator.account
        try await database.transaction(in: .system) { transaction in
            try await transaction.execute(
                Statement(
                    "INSERT INTO platform_roles VALUES ($1, 'administrator', 0)", [.text(account)]))
        }
        acme = try await World.organization("acme", database, host)
        bolt = try await World.organization("bolt", database, host)
    }

    /// An organization by the way of the first administrator, whose platform role is taken away
    /// again, and members beside the owner.
    private static func organization(
        _ slug: String, _ database: any Database, _ host: RegoMachine.Host
    ) async throws -> Tenant {
        let now = host.now() / 1_000
        let first = FirstAdministrator(
            account: try account("owner", slug, host),
            organization: Identifier(.organization, host).text, organizationName: slug,
            slug: slug, host: host)
        try await database.transaction(in: .organization(first.organization)) { transaction in
            try await first.insert(in: transaction, now: now, host: host)
        }
        try await database.transaction(in: .system) { transaction in
            try await transaction.execute(
                Statement(
                    "DELETE FROM platform_roles WHERE principal_id = $1", [.text(first.account.id)])
            )
        }
        var people = ["owner": try await person(first.account.id, first, first.key, database)]
        for role in ["admin", "member", "viewer"] {
            people[role] = try await member(role, slug, first, database, host)
        }
        return Tenant(id: first.organization, people: people)
    }

    private static func account(
        _ name: String, _ slug: String, _ host: RegoMachine.Host
    ) throws -> NewAccount {
        let address = try #require(MailAddress("\(name)@\(slug).test"))
        return NewAccount(displayName: "\(name) of \(slug)", address: address, host: host)
    }

    private static func member(
        _ role: String, _ slug: String, _ first: FirstAdministrator, _ database: any Database,
        _ host: RegoMachine.Host
    ) async throws -> Person {
        let account = try account(role, slug, host)
        let key = APIKey(host)
        let (organization, now) = (first.organization, host.now() / 1_000)
        try await database.transaction(in: .organization(organization)) { transaction in
            try await account.insert(in: transaction, now: now, host: host)
            try await NewMembership(
                organization: organization, principal: account.id, roleName: role, host: host
            ).insert(in: transaction, now: now)
            try await transaction.execute(
                key.insertion(
                    principal: account.id, organization: organization, name: "test",
                    scopes: APIKey.allScopes, now: now))
        }
        return try await person(account.id, first, key, database)
    }

    private static func person(
        _ account: String, _ first: FirstAdministrator, _ key: APIKey, _ database: any Database
    ) async throws -> Person {
        let rows = try await database.read(
            in: .organization(first.organization),
            [Statement("SELECT id FROM memberships WHERE principal_id = $1", [.text(account)])])[0]
        return Person(account: account, membership: try rows[0].text("id"), key: key.text)
    }
}
