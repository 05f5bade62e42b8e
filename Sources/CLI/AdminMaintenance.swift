import ArgumentParser
import Identity
import Storage

/// `ostiary admin maintenance`: whether anybody but administrators is served.
struct AdminMaintenance: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "maintenance",
        abstract: "Begin maintenance of the installation, end it, or tell of it.",
        discussion: """
            While it is on, the public listener answers 503 with the message to all
            but administrators of the installation. Every node has it within a second.
            SQLite's database is a running node's own: there, use the API.

              ostiary admin maintenance on --message 'Back at ten.' --reason 'disks' --for 30m
              ostiary admin maintenance status
              ostiary admin maintenance off --reason 'done'

            Exit status: 0; 2 for errors.
            """,
        subcommands: [On.self, Off.self, Status.self])

    struct On: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Begin it, or change message and end.",
            discussion: """
                  ostiary admin maintenance on --message 'Back at ten.' --reason 'disks'
                """)

        @OptionGroup var flags: InstallationFlags
        @OptionGroup var reason: ReasonFlags

        @Option(help: "What everybody is told.")
        var message: String

        @Option(
            name: .customLong("for"),
            help: ArgumentHelp("It is over by itself after that.", valueName: "time"))
        var length: TimeSpan?

        func validate() throws {
            try ReasonFlags.check(message, "--message")
            if length?.nanoseconds == 0 { throw ValidationError("--for is more than nothing") }
        }

        func run() async throws {
            let (message, reason) = (message, reason.reason)
            let microseconds = length.map { Int64($0.nanoseconds / 1_000) }
            try await AdminMaintenance.change(flags, "maintenance:start") { now in
                .beginning(message: message, reason: reason, endsAt: microseconds.map { now + $0 })
            }
        }
    }

    struct Off: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "End it.",
            discussion: """
                  ostiary admin maintenance off --reason 'done'
                """)

        @OptionGroup var flags: InstallationFlags
        @OptionGroup var reason: ReasonFlags

        func run() async throws {
            let reason = reason.reason
            try await AdminMaintenance.change(flags, "maintenance:stop") { _ in
                .ending(reason: reason)
            }
        }
    }

    struct Status: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Tell of it, as JSON.",
            discussion: """
                  ostiary admin maintenance status
                """)

        @OptionGroup var flags: InstallationFlags

        func run() async throws {
            let row = try await Installation.with(flags) { installation in
                let rows = try await installation.database.read(
                    in: .system, [MaintenanceRow.finding])[0]
                return try MaintenanceRow(rows).json(now: installation.now)
            }
            Standard.output(row.bytes + Array("\n".utf8))
        }
    }

    /// Does it, records it, and tells of it.
    private static func change(
        _ flags: InstallationFlags, _ action: String,
        _ change: (_ now: Int64) -> MaintenanceChange
    ) async throws {
        let json = try await Installation.with(flags) { installation in
            let now = installation.now
            let change = change(now)
            let row = try await installation.recording(
                action, details: String(decoding: change.details.bytes, as: UTF8.self)
            ) { try await change.run(in: $0, now: now) }
            return row.json(now: now)
        }
        Standard.output(json.bytes + Array("\n".utf8))
    }
}

/// Why something is done, for the record.
struct ReasonFlags: ParsableArguments {
    @Option(help: "Why, for the record.")
    var reason: String

    private static let charactersMax = 500

    func validate() throws { try Self.check(reason, "--reason") }

    /// Refuses what the API would refuse.
    static func check(_ text: String, _ name: String) throws {
        let isPrintable = text.unicodeScalars.allSatisfy { $0.value >= 0x20 && $0.value != 0x7F }
        guard (1...charactersMax).contains(text.unicodeScalars.count), isPrintable else {
            throw ValidationError("\(name) has 1 to \(charactersMax) characters, in one line")
        }
    }
}
