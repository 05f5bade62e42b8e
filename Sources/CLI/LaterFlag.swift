/// Flags of OPA's commands that this build does not have. They are named here so that a script that
/// relies on one stops with a reason, instead of getting an answer to another question.
struct LaterFlag {
    let command: String
    let names: [String]
    /// What is missing, as the end of "this build has no …".
    let subject: String

    static let all: [LaterFlag] = [
        LaterFlag("eval", ["--coverage-runs"], "coverage of single runs"),
        LaterFlag("eval", ["--instrument"], "instrumentation; --metrics is there"),
        LaterFlag("eval", ["--optimize", "-O", "--entrypoint", "-e"], "optimizer"),
        LaterFlag("eval", ["--target", "-t"], "other target than Rego itself"),
        LaterFlag("eval", ["--var-values"], "traces"),
        LaterFlag("eval", ["--optimize-store-for-read-speed"], "second store"),
        LaterFlag(
            "exec", ["--config-file", "-c", "--set", "--set-file"],
            "configuration of plugins; name bundles with --bundle"),
        LaterFlag(
            "exec", ["--log-level", "-l", "--log-format", "--log-timestamp-format"],
            "log of exec; what fails stands in the result"),
        LaterFlag("check", ["--rego-v1"], "check for both languages at once"),
        LaterFlag("test", ["--coverage-runs"], "coverage of single tests"),
        LaterFlag("test", ["--benchmem"], "count of allocations"),
        LaterFlag("test", ["--explain"], "traces; a failing test shows what it fails with"),
        LaterFlag("test", ["--target", "-t"], "other target than Rego itself"),
        LaterFlag("bench", ["--benchmem"], "count of allocations"),
        LaterFlag("bench", ["--e2e"], "benchmark through the server"),
        LaterFlag(
            "bench", ["--partial", "-p", "--unknowns", "-u"], "benchmark of partial evaluation"),
        LaterFlag("bench", ["--target", "-t"], "other target than Rego itself"),
    ]

    private init(_ command: String, _ names: [String], _ subject: String) {
        self.command = command
        self.names = names
        self.subject = subject
    }

    /// - Returns: Why a command line cannot be obeyed, or `nil`.
    static func refusal(of arguments: [String]) -> String? {
        guard let command = arguments.first else { return nil }
        let flags = all.filter { $0.command == command }
        for argument in arguments.dropFirst() {
            if argument == "--" { return nil }
            let name = argument.prefix { $0 != "=" }
            if let flag = flags.first(where: { $0.names.contains(String(name)) }) {
                return "`\(name)` is not supported: this build has no \(flag.subject)"
            }
        }
        return nil
    }
}
