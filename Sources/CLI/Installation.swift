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
            "The folder of the database and its keys; or OSTIARY_DATA_DIR.", valueName: "folder"))
    var dataDir: String?

    private static let standard = "ostiary-data"

    var folder: String {
        if let dataDir { return dataDir }
        guard let named = unsafe getenv("OSTIARY_DATA_DIR") else { return Self.standard }
        return unsafe String(cString: named)
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
        let folder = flags.folder
        let isThere = unsafe access("\(folder)/ostiary.sqlite", F_OK) == 0
        guard isMade || isThere else {
            throw Problems(
                clause: "there is no database in \(folder): `ostiary migrate` makes one,"
                    + " --data-dir names another")
        }
        do {
            let database = try SQLiteDatabase(folder: folder)
            let installation = Installation(
                database: database, files: AuditFiles(folder: folder))
            do {
                let result = try await body(installation)
                await database.close()
                return result
            } catch {
                await database.close()
                throw error
            }
        } catch let failure as StorageFailure {
            throw Problems(clause: failure.description)
        } catch let fault as MigrationFault {
            throw Problems(clause: fault.description)
        } catch let failure as AuditFiles.Failure {
            throw Problems(clause: failure.description)
        }
    }

    /// Records what was done at the command line, and seals the record.
    func record(_ action: String, details: String) async throws {
        let key = try files.key()
        let log = AuditLog(key: key)
        let entry = AuditEntry(
            id: Identifier(.audit, host).text, organization: nil, occurredAt: now,
            actorKind: .operator, actor: nil, action: action, outcome: .allowed, details: details)
        try await database.transaction(in: .system) { transaction in
            try await log.append(entry, in: transaction)
        }
        try await seal(key)
    }

    private func seal(_ key: AuditKey) async throws {
        let owner = "command-\(getpid())"
        let heads = try await AuditSealer(key: key, owner: owner).seal(database, now: now)
        try files.append(heads, signedWith: key)
    }
}
