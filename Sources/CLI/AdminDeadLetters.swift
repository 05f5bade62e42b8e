import ArgumentParser
import Identity
import Storage

/// `ostiary admin dead-letters`: mails that were given up.
struct AdminDeadLetters: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "dead-letters",
        abstract: "List mails that were given up, and send them again.",
        discussion: """
            A mail is given up when the server refuses it for good, or after eight
            attempts in a day and a half. It stays for 30 days. --requeue gives it all
            its attempts again.

              ostiary admin dead-letters --data-dir data
              ostiary admin dead-letters --requeue msg_01jdb8v5vgeq9r7c2qk8e5tz3m --data-dir data

            Exit status: 0; 2 for errors, also where one of them is not dead.
            """)

    @OptionGroup var flags: InstallationFlags

    @Option(help: ArgumentHelp("Send it again; again for more.", valueName: "id"))
    var requeue: [String] = []

    @Option(help: ArgumentHelp("Show so many at most, the newest.", valueName: "n"))
    var limit = 100

    func validate() throws {
        if limit < 1 { throw ValidationError("--limit is at least 1") }
    }

    func run() async throws {
        let (folder, ids, limit) = (flags.folder, requeue, limit)
        let dead = try await Installation.with(flags) { installation in
            let outbox = Outbox(
                keys: try SealingKeyFile(folder: folder).keys(), host: installation.host,
                product: "")
            if !ids.isEmpty { try await Self.requeue(ids, outbox, installation) }
            return try await outbox.dead(installation.database, limit: limit)
        }
        guard ids.isEmpty else {
            return Standard.output(Array("\(ids.count) sent again at the next look\n".utf8))
        }
        var table = TextTable(["DIED", "TO", "MAIL", "WHY", "ID"])
        for message in dead {
            table.rows.append([
                Instant.text(message.diedAt), message.recipient, message.template,
                message.lastError ?? "", message.id,
            ])
        }
        Standard.output(Array(table.text.utf8))
    }

    /// All of them or none.
    private static func requeue(
        _ ids: [String], _ outbox: Outbox, _ installation: Installation
    ) async throws {
        let details: JSON = ["messages": .array(ids.map(JSON.text))]
        try await installation.recording(
            "mail:requeue", details: String(decoding: details.bytes, as: UTF8.self)
        ) { transaction in
            for id in ids {
                guard try await outbox.requeue(id, in: transaction) else {
                    throw Problems(clause: "\(id) is no dead letter")
                }
            }
        }
    }
}
