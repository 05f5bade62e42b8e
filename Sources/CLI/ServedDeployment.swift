import Cryptography
import Decisions
import Glibc
import Identity
import Outbound
import RegoMachine
import Server
import Storage

/// What `serve` opens for the public listener: the tables, the keys, the policy.
struct ServedDeployment {
    let flags: PublicFlags

    /// - Returns: With what is to be printed for who sets the installation up.
    /// - Throws: `Problems`.
    func open() async throws -> (deployment: Deployment, setup: SetupLinks.Offer) {
        let passwords = try flags.passwordFlags.passwords(
            product: flags.mail.productName)
        let sender = try flags.mail.sender(.system)
        let store = try await expiringKeys()
        do {
            return try await open(passwords, sender, store)
        } catch {
            await store.close()
            throw ServedDeployment.problems(error)
        }
    }

    private func open(
        _ passwords: Passwords, _ sender: any MailSender, _ store: any ExpiringKeys
    ) async throws -> (deployment: Deployment, setup: SetupLinks.Offer) {
        let database = try await database()
        do {
            if flags.production { try await checkDurability(database) }
            let folder = flags.installation.folder
            let host = RegoMachine.Host.system
            let keys = try SealingKeyFile(folder: folder).keys(making: host)
            try await SealingCheck(keys: keys).run(on: database, now: host.now() / 1_000)
            let signingKeys = SigningKeys(flags.signingAlgorithm, sealing: keys, host: host)
            try await signingKeys.open(database)
            let files = AuditFiles(folder: folder)
            let key = try files.key(making: host)
            let outbox = Outbox(keys: keys, host: host, product: flags.mail.productName)
            let revocations = Revocations(host: host)
            let nodes = LiveNodes(host)
            let deployment = Deployment(
                database: database, policy: try policy(), audit: AuditLog(key: key),
                sealingKeys: keys, passwords: passwords, signingKeys: signingKeys,
                outbox: outbox, keys: store, nodes: nodes,
                lifetimes: flags.sessions.lifetimes, revocations: revocations,
                jobs: jobs(
                    database, signingKeys, key: key, files: files, outbox, sender, host: host)
                    + [nodes.job(database)].compactMap(\.self)
                    + [
                        revocations.job(database),
                        try addressMail(outbox, keys, host).job(database),
                        try domainChecks(outbox, AuditLog(key: key)).job(database),
                    ])
            let setup =
                flags.production ? .none : try await ServedDeployment.setup(deployment, host)
            return (deployment, setup)
        } catch {
            await database.close()
            throw error
        }
    }

    /// Redis, which the nodes share, or the memory of this one.
    private func expiringKeys() async throws(Problems) -> any ExpiringKeys {
        guard let address = flags.redis else {
            let monotonic = RegoMachine.Host.system.monotonic
            return MemoryKeys { Int64(monotonic() / 1_000) }
        }
        do throws(StorageFailure) {
            return try await RedisKeys.open(address) { Standard.error("Redis: \($0)\n") }
        } catch {
            throw Problems(clause: "--redis: \(error)")
        }
    }

    private func addressMail(
        _ outbox: Outbox, _ keys: SealingKeys, _ host: RegoMachine.Host
    ) throws(Problems) -> AddressMail {
        AddressMail(
            outbox: outbox, codes: ShortCodes(keys: MessageKeys(keys: keys), host: host),
            host: host, issuer: try flags.options().issuer.text)
    }

    private func domainChecks(
        _ outbox: Outbox, _ audit: AuditLog
    ) throws(Problems) -> DomainChecks {
        let host = try flags.host()
        return DomainChecks(
            owner: Identifier(.node, host).text, outbox: outbox, audit: audit, host: host,
            issuer: try flags.options().issuer.text)
    }

    private func jobs(
        _ database: any Database, _ signingKeys: SigningKeys, key: AuditKey, files: AuditFiles,
        _ outbox: Outbox,
        _ sender: any MailSender, host: RegoMachine.Host
    ) -> [Job] {
        // No other process has it, nor this one when it ran before.
        let owner = Identifier(.node, host).text
        let keeping = AuditKeeping(key: key, files: files, owner: owner, host: host)
        let delivery = OutboxDelivery(
            outbox, sender: sender, owner: owner, sleep: Workers.systemSleep)
        let retention = flags.retention
        let janitor = Janitor(owner: owner, decisionsKeptDays: retention.decisionsKept)
        let pruning = retention.auditKept.map {
            AuditPruning(key: key, owner: owner, keptDays: $0).job(database, host)
        }
        let purge = OrganizationPurge(audit: AuditLog(key: key), owner: owner, host: host)
        return [
            keeping.job(database), janitor.job(database, host), purge.job(database),
            delivery.job(database),
        ] + [pruning].compactMap(\.self)
            + signingKeys.jobs(database, AuditLog(key: key), owner: owner)
    }

    /// Recorded where one was made: whoever has it may do everything.
    private static func setup(
        _ deployment: Deployment, _ host: RegoMachine.Host
    ) async throws -> SetupLinks.Offer {
        let (links, audit) = (SetupLinks(host), deployment.audit)
        let entry = AuditEntry(
            id: AuditEntry.newID(host), organization: nil, occurredAt: host.now() / 1_000,
            actorKind: .system, actor: nil, action: "setup:bootstrap", outcome: .allowed)
        return try await deployment.database.transaction(in: .system) { transaction in
            let offer = try await links.offerAtStart(in: transaction)
            if case .link = offer { try audit.append(entry, in: transaction) }
            return offer
        }
    }

    private func policy() throws(Problems) -> SystemPolicy {
        let source = flags.policies.map(SystemPolicy.Source.folder) ?? .embedded
        do throws(CandidateFault) {
            return try SystemPolicy(source, areas: Deployment.areas, host: .system)
        } catch {
            throw Problems(clause: "the policy cannot decide: \(error)")
        }
    }

    /// With the schema of this version.
    private func database() async throws -> any Database {
        if flags.databaseOwner != nil { _ = try await Migrate.postgreSQL(flags.databaseOwner) }
        do {
            let database = try await Installation.open(flags.installation, isMade: true)
            if database.dialect == .sqlite {
                _ = try await Migrator.run(
                    database, Identity.migrations, now: RegoMachine.Host.system.now() / 1_000)
            } else {
                try await checkSchema(database)
            }
            return database
        } catch { throw ServedDeployment.problems(error) }
    }

    /// Nodes do not own the tables: somebody who does brings them up to date.
    private func checkSchema(_ database: any Database) async throws {
        let known = try await lastMigration(database)
        guard let last = Identity.migrations.last, known == Int64(last.number) else {
            await database.close()
            throw Problems(
                clause: "the schema is another version's: run `ostiary migrate`, or name the"
                    + " --database-owner")
        }
    }

    /// 0 where there is no schema.
    private func lastMigration(_ database: any Database) async throws -> Int64 {
        let rows: [Row]
        do throws(StorageFailure) {
            rows = try await database.read(
                in: .system,
                [Storage.Statement("SELECT MAX(number) AS last FROM schema_migrations")])[0]
        } catch {
            if case .invalid = error { return 0 }
            throw error
        }
        return try rows.first?.integer(orNull: "last") ?? 0
    }

    private func checkDurability(_ database: any Database) async throws {
        guard let database = database as? PostgreSQLDatabase else { return }
        let faults = try await database.durabilityFaults()
        guard faults.isEmpty else {
            let settings = faults.map { "\($0.setting) is \($0.value)" }.joined(separator: ", ")
            throw Problems(clause: "--production refuses this PostgreSQL: \(settings)")
        }
    }

    private static func problems(_ error: any Error) -> any Error {
        switch error {
        case let failure as StorageFailure: Problems(clause: failure.description)
        case let fault as MigrationFault: Problems(clause: fault.description)
        case let failure as DataFileFailure: Problems(clause: failure.description)
        case let failure as SigningFailure: Problems(clause: failure.description)
        default: error
        }
    }
}
