import ArgumentParser

/// `ostiary audit`: the record of what was done.
struct Audit: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Verify, search, export and keep the record of what was done.",
        discussion: """
            Every row has a code that nobody makes without the key in the data
            folder, and is tied to the one before it; the last row is also kept
            outside of the database, so that a tail that was cut off is missed.

              ostiary migrate --data-dir data
              ostiary audit verify --data-dir data
              ostiary audit search --action schema:migrate --data-dir data
              ostiary audit export --since 2026-01-01T00:00:00Z --data-dir data
            """,
        subcommands: [
            AuditVerify.self, AuditFind.self, AuditExport.self, AuditHold.self,
            AuditRelease.self, AuditHolds.self,
        ])
}
