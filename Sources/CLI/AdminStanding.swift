import ArgumentParser
import Identity
import Storage

/// `ostiary admin suspend`: nobody comes in by an account, or nothing is done in an organization.
struct AdminSuspend: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "suspend",
        abstract: "Suspend an account or an organization.",
        discussion: """
            The sessions of an account end, and nobody comes in by it; in an organization
            nothing is done, and its keys stop. The last administrator stays.

              ostiary admin suspend usr_01jdb8v5vgeq9r7c2qk8e5tz3m --reason 'case 4711'

            Exit status: 0; 2 for errors.
            """)

    @OptionGroup var flags: InstallationFlags
    @OptionGroup var reason: ReasonFlags

    @Argument(help: "Of the account or the organization.")
    var id: String

    func run() async throws { try await OperatorChange.suspend.run(on: id, flags, reason) }
}

/// `ostiary admin reactivate`: the end of that.
struct AdminReactivate: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "reactivate",
        abstract: "Let an account or an organization go on that was suspended.",
        discussion: """
              ostiary admin reactivate org_01jdb8v5vgeq9r7c2qk8e5tz3m --reason 'paid'

            Exit status: 0; 2 for errors.
            """)

    @OptionGroup var flags: InstallationFlags
    @OptionGroup var reason: ReasonFlags

    @Argument(help: "Of the account or the organization.")
    var id: String

    func run() async throws { try await OperatorChange.reactivate.run(on: id, flags, reason) }
}

/// `ostiary admin unlock`: wrong passwords are forgotten.
struct AdminUnlock: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "unlock",
        abstract: "Forget the wrong passwords of an account.",
        discussion: """
            After a hundred in a row, strangers to an account do not come in by a password.

              ostiary admin unlock usr_01jdb8v5vgeq9r7c2qk8e5tz3m --reason 'it was a script'

            Exit status: 0; 2 for errors.
            """)

    @OptionGroup var flags: InstallationFlags
    @OptionGroup var reason: ReasonFlags

    @Argument(help: "Of the account.")
    var id: String

    func run() async throws { try await OperatorChange.unlock.run(on: id, flags, reason) }
}

extension OperatorChange {
    fileprivate func run(
        on id: String, _ flags: InstallationFlags, _ reason: ReasonFlags
    ) async throws {
        let details: JSON = ["id": .text(id), "reason": .text(reason.reason)]
        do {
            try await Installation.with(flags) { installation in
                let now = installation.now
                try await installation.recording(
                    action(on: id), details: String(decoding: details.bytes, as: UTF8.self)
                ) { try await self.run(on: id, in: $0, now: now) }
            }
        } catch let refusal as Refusal {
            switch refusal {
            case .unknown: throw Problems(clause: "there is nothing to \(rawValue) by `\(id)`")
            case .lastAdministrator:
                throw Problems(clause: "\(id) is the last administrator of the installation")
            }
        }
    }
}
