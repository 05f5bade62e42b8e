import ArgumentParser
import Glibc
import Identity
import Outbound
import RegoMachine
import Storage

/// Where the tables of one installation are.
struct InstallationFlags: ParsableArguments {
    @Option(
        help: ArgumentHelp(
            "The folder of the keys and of SQLite's database; or OSTIARY_DATA_DIR.",
            valueName: "folder"))
    var dataDir: String?

    @Option(
        help: ArgumentHelp(
            "PostgreSQL instead, as the application's role: postgresql://…; or OSTIARY_DATABASE.",
            valueName: "uri"))
    var database: String?

    @Option(
        help: ArgumentHelp(
            "The same as the workers' role; or OSTIARY_DATABASE_SYSTEM.",
            discussion: "Where none is named, --database with the user ostiary_system.",
            valueName: "uri"))
    var databaseSystem: String?

    private static let standard = "ostiary-data"

    var folder: String { dataDir ?? Self.environment("OSTIARY_DATA_DIR") ?? Self.standard }

    /// Of both roles; `nil`: SQLite.
    func postgreSQL() throws(Problems) -> (application: String, system: String)? {
        let application = database ?? Self.environment("OSTIARY_DATABASE")
        let system = databaseSystem ?? Self.environment("OSTIARY_DATABASE_SYSTEM")
        switch (application, system) {
        case (nil, nil): return nil
        case (let application?, let system?): return (application, system)
        case (let application?, nil):
            return (application, Self.address(application, as: Identity.roles.system))
        case (nil, _?): throw Problems(clause: "--database-system wants --database, too")
        }
    }

    /// The same database as somebody else: of what is said twice, the library takes the last.
    private static func address(_ address: String, as user: String) -> String {
        let isURI = address.contains("://")
        guard isURI else { return "\(address) user=\(user)" }
        return "\(address)\(address.contains("?") ? "&" : "?")user=\(user)"
    }

    static func environment(_ name: String) -> String? {
        guard let value = unsafe getenv(name) else { return nil }
        return unsafe String(cString: value)
    }
}

/// The tables of one installation and the files beside them, open for one command.
struct Installation {
    let database: any Database
    let files: AuditFiles
    let host = RegoMachine.Host.system

    /// Microseconds since 1970.
    var now: Int64 { host.now() / 1_000 }

    /// Runs a command on it, and closes it whatever comes of that.
    /// - Parameter isMade: Whether to make the folder where it is missing.
    static func with<Result>(
        _ flags: InstallationFlags, isMade: Bool = false,
        _ body: (Installation) async throws -> Result
    ) async throws -> Result {
        do {
            let database = try await open(flags, isMade: isMade)
            let installation = Installation(
                database: database, files: AuditFiles(folder: flags.folder))
            return try await closing(database) { try await body(installation) }
        } catch let failure as StorageFailure {
            throw Problems(clause: failure.description)
        } catch let fault as MigrationFault {
            throw Problems(clause: fault.description)
        } catch let failure as AuditFiles.Failure {
            throw Problems(clause: failure.description)
        }
    }

    static func closing<Result>(
        _ database: any Database, _ body: () async throws -> Result
    ) async throws -> Result {
        do {
            let result = try await body()
            await database.close()
            return result
        } catch {
            await database.close()
            throw error
        }
    }

    /// - Throws: `Problems`, `StorageFailure`.
    static func open(
        _ flags: InstallationFlags, isMade: Bool
    ) async throws -> any Database {
        let folder = flags.folder
        guard let (application, system) = try flags.postgreSQL() else {
            let isThere = unsafe access("\(folder)/ostiary.sqlite", F_OK) == 0
            guard isMade || isThere else {
                throw Problems(
                    clause: "there is no database in \(folder): `ostiary migrate` makes one,"
                        + " --data-dir names another")
            }
            return try SQLiteDatabase(folder: folder)
        }
        if isMade, unsafe mkdir(folder, 0o700) != 0, errno != EEXIST {
            throw Problems(clause: "cannot make the data folder `\(folder)`")
        }
        let database = try PostgreSQLDatabase(application, system: system) { reason in
            Standard.error("PostgreSQL: \(reason)\n")
        }
        // The wall between tenants must stop whoever connects.
        let faults = try await closingOnFailure(database) { try await database.roleFaults() }
        guard faults.isEmpty else {
            await database.close()
            throw Problems(clause: faults.map(\.description).joined(separator: "; "))
        }
        return database
    }

    private static func closingOnFailure<Result>(
        _ database: any Database, _ body: () async throws -> Result
    ) async throws -> Result {
        do { return try await body() } catch {
            await database.close()
            throw error
        }
    }

    /// Records what was done at the command line, and seals the record.
    func record(_ action: String, details: String) async throws {
        try await recording(action, details: details) { _ in }
    }

    /// Does something in the database and records it, both or neither, and seals the record.
    func recording<Result: Sendable>(
        _ action: String, details: String,
        _ work: @escaping @Sendable (Transaction) async throws -> Result
    ) async throws -> Result {
        let key = try files.key()
        let log = AuditLog(key: key)
        let entry = AuditEntry(
            id: Identifier(.audit, host).text, organization: nil, occurredAt: now,
            actorKind: .operator, actor: nil, action: action, outcome: .allowed, details: details)
        let result = try await database.transaction(in: .system) { transaction in
            let result = try await work(transaction)
            try log.append(entry, in: transaction)
            return result
        }
        try await seal(key)
        return result
    }

    private func seal(_ key: AuditKey) async throws {
        let owner = "command-\(getpid())"
        let heads = try await AuditSealer(key: key, owner: owner).seal(database, now: now)
        try files.append(heads, signedWith: key)
    }
}
