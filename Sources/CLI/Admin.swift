import ArgumentParser

/// `ostiary admin`: what operators do at the command line of a node.
struct Admin: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Make the first administrator, rotate keys, see to mails, stop and go on.",
        discussion: """
            What is done here is recorded as an operator's.

              ostiary migrate --data-dir data
              ostiary admin bootstrap --email ada@example.com --data-dir data
              ostiary admin rotate-sealing-key --data-dir data
            """,
        subcommands: [
            AdminBootstrap.self, AdminRotateSealingKey.self, AdminDeadLetters.self,
            AdminMaintenance.self, AdminSuspend.self, AdminReactivate.self, AdminUnlock.self,
        ])
}
