import ArgumentParser
import Identity

/// What entries must have.
struct AuditFilters: ParsableArguments {
    @Option(help: ArgumentHelp("Of this organization.", valueName: "id"))
    var organization: String?
    @Option(help: ArgumentHelp("By this principal.", valueName: "id"))
    var actor: String?
    @Option(help: "Of this action, such as schema:migrate.")
    var action: String?
    @Option(help: "allowed, denied, rejected or failed.")
    var outcome: String?
    @Option(help: ArgumentHelp("To this resource.", valueName: "id"))
    var resource: String?
    @Option(help: ArgumentHelp("From this instant on, in RFC 3339.", valueName: "time"))
    var since: String?
    @Option(help: ArgumentHelp("Before this instant, in RFC 3339.", valueName: "time"))
    var until: String?

    func search() throws -> AuditSearch {
        var search = AuditSearch()
        search.organization = organization
        search.actor = actor
        search.action = action
        search.resource = resource
        search.since = try since.map { try Self.microseconds($0, "--since") }
        search.until = try until.map { try Self.microseconds($0, "--until") }
        if let outcome {
            guard let known = AuditEntry.Outcome(rawValue: outcome) else {
                throw Problems(
                    clause: "--outcome \(outcome): one of allowed, denied, rejected, failed")
            }
            search.outcome = known
        }
        return search
    }

    private static func microseconds(_ text: String, _ flag: String) throws -> Int64 {
        guard let microseconds = Instant.microseconds(text) else {
            throw Problems(clause: "\(flag) \(text): no time such as 2026-01-31T08:00:00Z")
        }
        return microseconds
    }
}

/// `ostiary audit search`: entries, for people.
struct AuditFind: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "search",
        abstract: "Show entries, oldest first.",
        discussion: """
              ostiary audit search --action schema:migrate --data-dir /var/lib/ostiary
              ostiary audit search --outcome denied --since 2026-01-31T08:00:00Z

            Exit status: 0; 2 for errors.
            """)

    @OptionGroup var flags: InstallationFlags
    @OptionGroup var filters: AuditFilters

    @Option(help: ArgumentHelp("Show so many at most.", valueName: "n"))
    var limit = 100

    func validate() throws {
        if limit < 1 { throw ValidationError("--limit is at least 1") }
    }

    func run() async throws {
        let search = try filters.search()
        var table = TextTable(["TIME", "OUTCOME", "ACTION", "BY", "TO", "ID"])
        var isCut = false
        try await Installation.with(flags) { installation in
            try await search.forEach(installation.database) { entry in
                isCut = table.rows.count == limit
                if isCut { return false }
                table.rows.append([
                    Instant.text(entry.occurredAt), entry.outcome.rawValue, entry.action,
                    entry.actor ?? entry.actorKind.rawValue, entry.resource ?? "", entry.id,
                ])
                return true
            }
        }
        Standard.output(Array(table.text.utf8))
        if isCut { Standard.error("there are more: --limit shows them\n") }
    }
}

/// `ostiary audit export`: entries, for programs.
struct AuditExport: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "export",
        abstract: "Print entries as JSON, one on a line, oldest first.",
        discussion: """
            Who took the record out is recorded itself.

              ostiary audit export --data-dir /var/lib/ostiary > audit.jsonl
              ostiary audit export --organization org_01jdb8v5vgeq9r7c2qk8e5tz3m

            Exit status: 0; 2 for errors.
            """)

    @OptionGroup var flags: InstallationFlags
    @OptionGroup var filters: AuditFilters

    func run() async throws {
        let search = try filters.search()
        try await Installation.with(flags) { installation in
            var count = 0
            try await search.forEach(installation.database) { entry in
                Standard.output(AuditLine.text(entry))
                count += 1
                return true
            }
            try await installation.record("audit:export", details: #"{"entries":\#(count)}"#)
        }
    }
}
