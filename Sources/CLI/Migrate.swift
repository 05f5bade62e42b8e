import ArgumentParser
import Identity
import Storage

/// `ostiary migrate`: the tables, as this version has them.
struct Migrate: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Bring the database to what this version expects.",
        discussion: """
            Makes the data folder, the database in it and the key of the audit
            where they are missing, and applies each migration that was not
            applied yet, in a transaction of its own. Nothing is ever undone: a
            database of a later version, or one whose migrations were changed, is
            refused by name.

              ostiary migrate --data-dir /var/lib/ostiary

            Exit status: 0; 2 for errors.
            """)

    @OptionGroup var flags: InstallationFlags

    func run() async throws {
        try await Installation.with(flags, isMade: true) { installation in
            let migrations = Identity.migrations
            let applied = try await Migrator.run(
                installation.database, migrations, now: installation.now)
            _ = try installation.files.key(making: installation.host)
            guard !applied.isEmpty else {
                Standard.output(Array("nothing to do: the schema is up to date\n".utf8))
                return
            }
            for migration in migrations where applied.contains(migration.number) {
                Standard.output(Array("applied \(migration.number) \(migration.name)\n".utf8))
            }
            let numbers = applied.map(String.init).joined(separator: ",")
            try await installation.record("schema:migrate", details: #"{"applied":[\#(numbers)]}"#)
        }
    }
}
