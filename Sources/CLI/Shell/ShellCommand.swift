import Bundles
import RegoMachine
import RegoSyntax

/// A command of the interactive shell.
struct ShellCommand {
    let name: String
    /// As `help` shows them.
    let arguments: String
    let help: String
    /// What it takes, in numbers of words.
    let counts: ClosedRange<Int>
    let run: @Sendable (inout Shell, [String]) throws(Problems) -> Shell.Next

    static let all: [ShellCommand] = [
        ShellCommand("show", "[debug]", "print the package at hand, or the settings", 0...1, show),
        ShellCommand("unset", "<name>", "forget the rules of that name", 1...1, unset),
        ShellCommand("unset-package", "<path>", "forget what a package was given", 1...1) {
            (shell, words) throws(Problems) in try unsetPackage(&shell, words)
        },
        ShellCommand("json", "", "print answers as JSON", 0...0) { shell, _ in
            shell.format = .json
            return .more
        },
        ShellCommand("pretty", "", "print answers for people", 0...0) { shell, _ in
            shell.format = .pretty
            return .more
        },
        ShellCommand("pretty-limit", "<bytes>", "cut cells of tables there; 0: never", 1...1) {
            (shell, words) throws(Problems) in
            guard let limit = Int(words[0]), limit >= 0 else {
                throw Problems(clause: "pretty-limit: `\(words[0])` is no number of bytes")
            }
            shell.cellBytesMax = limit
            return .more
        },
        explaining("trace", .full, "tell of every answer how it came about, or no longer"),
        explaining("fails", .fails, "tell of the rules that did not succeed, or no longer"),
        explaining("notes", .notes, "print what calls of trace say, or no longer"),
        ShellCommand(
            "unknown", "<reference>...", "print what is left of queries that know all but these",
            1...64
        ) { (shell, words) throws(Problems) in
            try shell.take(unknowns: words)
            return .more
        },
        ShellCommand("unset-unknown", "", "answer queries again", 0...0) { shell, _ in
            shell.unknowns = []
            return .more
        },
        ShellCommand("metrics", "", "switch times of evaluation on or off", 0...0) { shell, _ in
            shell.showsMetrics.toggle()
            return .more
        },
        ShellCommand(
            "strict-builtin-errors", "", "switch on or off that failing builtins end a query", 0...0
        ) { shell, _ in
            shell.isStrict.toggle()
            return .more
        },
        ShellCommand("dump", "[file]", "print or write the base documents", 0...1, dump),
        ShellCommand("target", "rego", "what runs queries; there is no other here", 1...1) {
            (shell, words) throws(Problems) in
            guard words[0] == "rego" else {
                throw Problems(clause: "target: this build has no `\(words[0])`, only rego")
            }
            return .more
        },
        ShellCommand("help", "[input]", "print this, or how to set the input", 0...1, help),
        ShellCommand("exit", "", "end (or ctrl+d)", 0...0) { _, _ in .exit },
    ]

    /// Commands of OPA's shell that are not here: named, so that none is taken for a query.
    private static let missing = [
        "profile": "profiler in the shell; eval --profile is there",
        "instrument": "instrumentation; metrics is there", "types": "types of queries",
    ]

    init(
        _ name: String, _ arguments: String, _ help: String, _ counts: ClosedRange<Int>,
        _ run: @escaping @Sendable (inout Shell, [String]) throws(Problems) -> Shell.Next
    ) {
        self.name = name
        self.arguments = arguments
        self.help = help
        self.counts = counts
        self.run = run
    }

    /// The command that a line begins with, and the words after it. `show := 1` is a rule.
    static func named(in line: String) -> (ShellCommand, [String])? {
        let words = line.split { $0.isWhitespace }.map(String.init)
        guard let first = words.first else { return nil }
        let operators: Set = [":=", "=", "==", "!=", "if", "contains", "in"]
        if words.count > 1, operators.contains(words[1]) { return nil }
        let arguments = Array(words.dropFirst())
        if let subject = missing[first] {
            let refusal = ShellCommand(first, "", "", 0...0) { (_, _) throws(Problems) in
                throw Problems(clause: "\(first): this build has no \(subject)")
            }
            return (refusal, arguments)
        }
        guard let command = all.first(where: { $0.name == first }) else { return nil }
        guard command.counts.contains(arguments.count) else {
            let usage = "usage: \(command.syntax)"
            let refusal = ShellCommand(first, "", "", 0...0) { (_, _) throws(Problems) in
                throw Problems(clause: usage)
            }
            return (refusal, arguments)
        }
        return (command, arguments)
    }

    private var syntax: String { arguments.isEmpty ? name : "\(name) \(arguments)" }

    // MARK: What they do

    private static func explaining(
        _ name: String, _ mode: ExplanationMode, _ help: String
    ) -> ShellCommand {
        ShellCommand(name, "", help, 0...0) { shell, _ in
            shell.explains = shell.explains == mode ? .off : mode
            return .more
        }
    }

    @Sendable private static func show(
        _ shell: inout Shell, _ words: [String]
    ) throws(Problems) -> Shell.Next {
        if let word = words.first {
            guard word == "debug" else { throw Problems(clause: "show: unknown option `\(word)`") }
            var layout = JSONLayout()
            layout.object { layout in
                layout.member("format") { $0.string(shell.format.rawValue) }
                layout.member("metrics") { $0.string(shell.showsMetrics ? "on" : "off") }
                layout.member("strict-builtin-errors") {
                    $0.string(shell.isStrict ? "on" : "off")
                }
                if !shell.unknowns.isEmpty {
                    layout.member("unknowns") { layout in
                        layout.array(shell.unknowns) { $0.string($1) }
                    }
                }
                layout.member("pretty-limit") { $0.integer(shell.cellBytesMax) }
            }
            layout.newLine()
            Standard.output(layout.bytes)
            return .more
        }
        guard let module = shell.modules[shell.package] else {
            Shell.say("no rules defined")
            return .more
        }
        let source = Source(name: module.name, text: module.text)
        switch Formatter.formatted(
            source, target: shell.version == .v1 ? .v1 : .v0, version: shell.version)
        {
        case .success(let text): Standard.output(text)
        case .failure: Standard.output(source.bytes)
        }
        return .more
    }

    @Sendable private static func unset(
        _ shell: inout Shell, _ words: [String]
    ) throws(Problems) -> Shell.Next {
        var module = shell.module
        let count = module.rules.count
        module.rules.removeAll { $0.name == words[0] }
        guard module.rules.count < count else {
            Shell.say("warning: no matching rules in current module")
            return .more
        }
        try shell.put(module)
        return .more
    }

    private static func unsetPackage(
        _ shell: inout Shell, _ words: [String]
    ) throws(Problems) -> Shell.Next {
        let source = Source(name: "", text: "package " + words[0])
        guard case .success(let header) = Parser.module(source) else {
            throw Problems(clause: "unset-package: `\(words[0])` is no package")
        }
        var modules = shell.modules
        guard modules.removeValue(forKey: header.package) != nil else {
            Shell.say("warning: no matching package")
            return .more
        }
        try shell.replace(by: modules)
        if shell.package == header.package { shell.package = Shell.firstPackage }
        return .more
    }

    @Sendable private static func dump(
        _ shell: inout Shell, _ words: [String]
    ) throws(Problems) -> Shell.Next {
        let json = (shell.loaded.data.json(at: []) ?? Array("{}".utf8)) + [0x0A]
        guard let path = words.first else {
            Standard.output(json)
            return .more
        }
        try FormatFiles.replace(path, by: json)
        return .more
    }

    @Sendable private static func help(
        _ shell: inout Shell, _ words: [String]
    ) throws(Problems) -> Shell.Next {
        if let word = words.first {
            guard word == "input" else { throw Problems(clause: "help: unknown topic `\(word)`") }
            Standard.output(Array(inputHelp.utf8))
            return .more
        }
        let statements = [
            ("<query>", "answer it: data.authz.allow, or x := [1, 2][_]; x > 1"),
            ("<rule>", "keep it: `p := 1`, `allow if input.admin`; `:=` takes the place of others"),
            ("package <path>", "go to a package"), ("import <path>", "import into the package"),
        ]
        let rows = statements + all.map { ($0.syntax, $0.help) }
        let width = rows.map(\.0.count).max() ?? 0
        for (syntax, text) in rows {
            Shell.say(syntax + String(repeating: " ", count: width - syntax.count) + "  " + text)
        }
        Shell.say("An empty line ends what spans several. The tab key completes names.")
        return .more
    }

    private static let inputHelp = """
        The input document is what data.repl.input is. Load it from a file,

            ostiary run repl.input:input.json policies

        or define it in its package:

            > package repl.input
            > method := "POST"
            > package repl
            > input.method
            "POST"

        """
}
