import ArgumentParser
import Identity

/// `ostiary admin rotate-sealing-key`: a new key for the secrets in the database.
struct AdminRotateSealingKey: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "rotate-sealing-key",
        abstract: "Seal with a new key from now on.",
        discussion: """
            The key is put before those in sealing.keys, in the data folder; they go on
            opening what they sealed. Nodes have it from their next start on: copy the
            file to all of them first. One that lacks the new key does not start.

              ostiary migrate --data-dir data
              ostiary admin rotate-sealing-key --data-dir data

            Exit status: 0; 2 for errors.
            """)

    @OptionGroup var flags: InstallationFlags

    func run() async throws {
        let folder = flags.folder
        let id = try await Installation.with(flags) { installation in
            // Keys that are not this database's are not made older ones of it.
            let keys = try SealingKeyFile(folder: folder).keys()
            let now = installation.now
            try await SealingCheck(keys: keys).run(on: installation.database, now: now)
            let next = try SealingKeyRotation(folder: folder).rotate(installation.host)
            try await installation.recording(
                "sealing_key:rotate", details: #"{"key":"\#(next.id)"}"#
            ) { transaction in
                try await SealingCheck(keys: next.keys).renew(in: transaction, now: now)
            }
            return next.id
        }
        let text = "key \(id) seals from now on; copy \(folder)/sealing.keys to every node\n"
        Standard.output(Array(text.utf8))
    }
}
