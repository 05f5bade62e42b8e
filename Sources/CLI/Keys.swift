import ArgumentParser
import Identity
import Storage

/// `ostiary keys`: the keys that sign tokens.
struct Keys: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "List and rotate the keys that sign tokens.",
        discussion: """
            A key is published before it signs, and goes on being published after it
            was replaced, until its last token has expired. A node does all of it by
            itself every 90 days; nodes know of a change within seconds.

              ostiary migrate --data-dir data
              ostiary keys list --data-dir data
            """,
        subcommands: [KeysList.self, KeysRotate.self, KeysPrune.self])

    /// Runs a command on the table, with this node's sealing keys.
    static func with<Result>(
        _ flags: InstallationFlags,
        _ body: (SigningKeyTable, Installation) async throws -> Result
    ) async throws -> Result {
        do {
            return try await Installation.with(flags) { installation in
                let sealing = try SealingKeyFile(folder: flags.folder).keys()
                try await SealingCheck(keys: sealing).run(
                    on: installation.database, now: installation.now)
                return try await body(SigningKeyTable(sealing: sealing), installation)
            }
        } catch let failure as DataFileFailure {
            throw Problems(clause: failure.description)
        } catch let failure as SigningFailure {
            throw Problems(clause: failure.description)
        }
    }
}

/// `ostiary keys list`: every key, with what becomes of it.
struct KeysList: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "list", abstract: "Show the keys, oldest first.",
        discussion: "Exit status: 0; 2 for errors.")

    @OptionGroup var flags: InstallationFlags

    func run() async throws {
        let keys = try await Keys.with(flags) { table, installation in
            try await installation.database.transaction(in: .system) { transaction in
                try await table.keys(in: transaction)
            }
        }
        var table = TextTable(["key", "algorithm", "state", ""])
        table.rows = keys.map { key in
            [key.id, key.algorithm.rawValue, key.state.rawValue, Self.note(key)]
        }
        Standard.output(Array(table.text.utf8))
    }

    private static func note(_ key: SigningKey) -> String {
        switch key.state {
        case .next: "may sign from \(Instant.text(SigningKeyTable.maturity(of: key)))"
        case .active: "signs since \(Instant.text(key.activatedAt ?? key.createdAt))"
        case .retired: "published until \(key.expiresAt.map(Instant.text) ?? "")"
        }
    }
}

/// `ostiary keys rotate`: the next key signs from now on.
struct KeysRotate: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "rotate", abstract: "Sign with the next key from now on.",
        discussion: """
            Refused within six minutes after the next key was made: whoever verifies
            tokens may not know it yet.

            Exit status: 0; 2 for errors.
            """)

    @OptionGroup var flags: InstallationFlags

    func run() async throws {
        let id = try await Keys.with(flags) { table, installation in
            let now = installation.now
            return try await installation.recording(
                "signing_key:rotate", details: #"{"by":"operator"}"#
            ) { transaction in
                if let changed = try await table.rotate(in: transaction, now: now) {
                    return changed.active
                }
                let next = try await table.keys(in: transaction).first { $0.state == .next }
                throw KeysRotate.refusal(next)
            }
        }
        Standard.output(Array("key \(id) signs from now on\n".utf8))
    }

    private static func refusal(_ next: SigningKey?) -> Problems {
        guard let next else {
            return Problems(clause: "there are no signing keys yet: `ostiary serve` makes them")
        }
        let time = Instant.text(SigningKeyTable.maturity(of: next))
        return Problems(clause: "the next key is not known to everybody before \(time)")
    }
}

/// `ostiary keys prune`: removes what no token needs any more.
struct KeysPrune: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "prune", abstract: "Remove retired keys whose tokens have expired.",
        discussion: "Exit status: 0; 2 for errors.")

    @OptionGroup var flags: InstallationFlags

    func run() async throws {
        let count = try await Keys.with(flags) { table, installation in
            let now = installation.now
            return try await installation.database.transaction(in: .system) { transaction in
                try await table.prune(in: transaction, now: now)
            }
        }
        Standard.output(Array("\(count) removed\n".utf8))
    }
}
