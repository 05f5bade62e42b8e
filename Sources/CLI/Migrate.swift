import ArgumentParser
import Identity
import Outbound
import RegoMachine
import Storage

/// `ostiary migrate`: the tables, as this version has them.
struct Migrate: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Bring the database to what this version expects.",
        discussion: """
            Makes the data folder, the database in it and the keys of the audit and
            of sealed secrets where they are missing, and applies each migration that was not
            applied yet, in a transaction of its own. Nothing is ever undone: a
            database of a later version, or one whose migrations were changed, is
            refused by name.

              ostiary migrate --data-dir data

            On PostgreSQL a role that owns the tables migrates; it may create roles,
            and makes those with which nodes connect, ostiary_application and
            ostiary_system, where they are missing. Their passwords are yours to
            set; libpq also reads them from PGPASSFILE.

            Exit status: 0; 2 for errors.
            """)

    @OptionGroup var flags: InstallationFlags

    @Option(
        help: ArgumentHelp(
            "PostgreSQL as the role that owns the tables; or OSTIARY_DATABASE_OWNER.",
            valueName: "uri"))
    var databaseOwner: String?

    func run() async throws {
        guard try flags.postgreSQL() != nil else {
            return try await Installation.with(flags, isMade: true) { installation in
                let applied = try await Migrator.run(
                    installation.database, Identity.migrations, now: installation.now)
                try await finish(applied, installation)
            }
        }
        let applied = try await Migrate.postgreSQL(databaseOwner)
        try await Installation.with(flags, isMade: true) { installation in
            try await finish(applied, installation)
        }
    }

    /// Brings the tables up to date, as the role that owns them.
    /// - Returns: The numbers of the migrations that were applied.
    static func postgreSQL(_ owner: String?) async throws -> [Int] {
        let named = owner ?? InstallationFlags.environment("OSTIARY_DATABASE_OWNER")
        guard let named else {
            throw Problems(clause: "--database-owner is missing: the role that owns the tables")
        }
        do {
            let owner = try PostgreSQLDatabase(named) { Standard.error("PostgreSQL: \($0)\n") }
            return try await Installation.closing(owner) {
                try await Identity.roles.create(in: owner)
                let now = RegoMachine.Host.system.now() / 1_000
                let applied = try await Migrator.run(owner, Identity.migrations, now: now)
                try await Identity.roles.grant(in: owner)
                return applied
            }
        } catch let failure as StorageFailure {
            throw Problems(clause: failure.description)
        } catch let fault as MigrationFault {
            throw Problems(clause: fault.description)
        }
    }

    /// Says what was applied, and records it.
    private func finish(_ applied: [Int], _ installation: Installation) async throws {
        _ = try installation.files.key(making: installation.host)
        let keys = try SealingKeyFile(folder: flags.folder).keys(making: installation.host)
        try await SealingCheck(keys: keys).run(on: installation.database, now: installation.now)
        guard !applied.isEmpty else {
            Standard.output(Array("nothing to do: the schema is up to date\n".utf8))
            return
        }
        for migration in Identity.migrations where applied.contains(migration.number) {
            Standard.output(Array("applied \(migration.number) \(migration.name)\n".utf8))
        }
        let numbers = applied.map(String.init).joined(separator: ",")
        try await installation.record("schema:migrate", details: #"{"applied":[\#(numbers)]}"#)
    }
}
