import ArgumentParser
import Identity
import Storage

/// `ostiary audit hold`: keep what there is.
struct AuditHold: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "hold",
        abstract: "Keep the record and the decisions, however old they are.",
        discussion: """
            Of one organization or of everything, until the hold is released; it is
            recorded, and `ostiary audit holds` lists it. Prints its id.

              ostiary audit hold --reason 'case 4711' --data-dir data
              ostiary audit hold --organization org_01jdb8v5vgeq9r7c2qk8e5tz3m \\
                  --reason 'case 4712' --data-dir data

            Exit status: 0; 2 for errors.
            """)

    @OptionGroup var flags: InstallationFlags

    @Option(help: ArgumentHelp("Of this one alone.", valueName: "id"))
    var organization: String?

    @Option(help: "Why, for who finds it in years.")
    var reason: String

    private static let reasonCharactersMax = 500

    func validate() throws {
        guard (1...Self.reasonCharactersMax).contains(reason.count) else {
            throw ValidationError("--reason has 1 to \(Self.reasonCharactersMax) characters")
        }
    }

    func run() async throws {
        let (organization, reason) = (organization, reason)
        let id = try await Installation.with(flags) { installation in
            let hold = LegalHold(
                id: LegalHold.newID(installation.host), organization: organization,
                reason: reason, placedAt: installation.now)
            let details: JSON = ["hold": .text(hold.id), "reason": .text(reason)]
            do {
                try await installation.recording(
                    "audit:hold", details: String(decoding: details.bytes, as: UTF8.self)
                ) { try await hold.place(in: $0) }
            } catch StorageFailure.constraint(.foreignKey, _) {
                throw Problems(clause: "--organization \(organization ?? ""): there is none")
            }
            return hold.id
        }
        Standard.output(Array("\(id)\n".utf8))
    }
}

/// `ostiary audit release`: the end of a hold.
struct AuditRelease: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "release",
        abstract: "Release a legal hold.",
        discussion: """
              ostiary audit release hld_01jdb8v5vgeq9r7c2qk8e5tz3m --data-dir data

            Exit status: 0; 2 for errors, also where no such hold stands.
            """)

    @OptionGroup var flags: InstallationFlags

    @Argument(help: "As `ostiary audit holds` shows it.")
    var id: String

    func run() async throws {
        let id = id
        try await Installation.with(flags) { installation in
            let (details, now) = (JSON.object([.init("hold", .text(id))]), installation.now)
            try await installation.recording(
                "audit:release", details: String(decoding: details.bytes, as: UTF8.self)
            ) { transaction in
                guard try await LegalHold.release(id, in: transaction, now: now) else {
                    throw Problems(clause: "no legal hold \(id) stands")
                }
            }
        }
    }
}

/// `ostiary audit holds`: what stands.
struct AuditHolds: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "holds",
        abstract: "List the legal holds that stand.",
        discussion: """
              ostiary audit holds --data-dir data

            Exit status: 0; 2 for errors.
            """)

    @OptionGroup var flags: InstallationFlags

    func run() async throws {
        var table = TextTable(["SINCE", "ORGANIZATION", "REASON", "ID"])
        let holds = try await Installation.with(flags) { installation in
            try await LegalHold.standing(installation.database)
        }
        for hold in holds {
            table.rows.append([
                Instant.text(hold.placedAt), hold.organization ?? "all", hold.reason, hold.id,
            ])
        }
        Standard.output(Array(table.text.utf8))
    }
}
