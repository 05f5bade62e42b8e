import Foundation
import Glibc
import Testing

/// `ostiary run` without `--server`, from outside.
@Suite struct ShellTests {
    private func shell(
        _ lines: String..., arguments: [String] = [], files: [String: String] = [:]
    ) throws -> Invocation {
        try Invocation(
            ["run"] + arguments, files: files,
            standardInput: lines.joined(separator: "\n") + "\n")
    }

    @Test(arguments: [
        ("x := )", "rego_parse_error"), ("x", "rego_unsafe_var_error"),
        ("show x", "unknown option"),
        ("unset", "usage: unset <name>"), ("profile", "eval --profile"),
        ("unknown input x", "`x`: not a reference into input or data"),
        ("target wasm", "only rego"), ("pretty-limit x", "no number"), ("package 1", "rego_parse"),
        ("import a.b", "rego_parse_error"), ("p := q", "var q is unsafe"),
        ("\"a\\", "rego_parse_error"), ("unset-package ]", "no package"), ("p if {", "rego_parse"),
    ])
    func whatFailsIsSaidAndTheNextLineIsTaken(_ line: String, _ message: String) throws {
        let run = try shell(line, "", "1 + 1")
        #expect(run.errors.contains(message), "\(run.errors)")
        #expect(run.output == "2\n")
        #expect(run.status == 2)
    }

    @Test func aRuleThatDoesNotCompileIsNotKept() throws {
        let run = try shell("p := 1", "q := p + nothing", "show", "exit", "1")
        #expect(run.output.hasSuffix("package repl\n\np := 1\n"), "\(run.output)")
    }

    @Test func rulesOfLoadedPackagesMayNotBeHiddenByData() throws {
        let run = try shell("package a", "p := 1", files: ["data.json": #"{"a": {"p": 2}}"#])
        #expect(run.status == 0)
        let files = ["d.json": #"{"a": {"p": 2}}"#]
        let refused = try shell("package a", "p := 1", arguments: ["d.json"], files: files)
        #expect(refused.errors.contains("conflicting rule for data path a/p"))
    }

    @Test func flagsOfTheServerNeedIt() throws {
        for flag in [["--watch"], ["--addr", "localhost:0"]] {
            let run = try Invocation(["run"] + flag)
            #expect(run.status == 1)
            #expect(run.errors.contains("\(flag[0]) is for --server"))
        }
    }

    @Test func queriesAreAnsweredAsEvalDoes() throws {
        let run = try shell("1 + 1", "some x in [1, 2]; y := x", "false == true", "input.a")
        let table = "│ 1 │ 1 │\n│ 2 │ 2 │\n"
        #expect(run.output.hasPrefix("2\n") && run.output.contains(table), "\(run.output)")
        #expect(run.output.hasSuffix("false\nundefined\n"))
        #expect(run.status == 0 && run.errors.isEmpty)
    }

    @Test func answersAreExplainedOnRequest() throws {
        let rule = #"p if { trace("here"); input.n > 1 }"#
        let run = try shell("json", rule, "pretty", "fails", "p", "notes", "p", "notes", "p")
        #expect(
            run.output.contains("\ndata.repl.p is undefined\n  ✗ p: does not hold"),
            "\(run.output)")
        #expect(run.output.hasPrefix("data.repl.p is undefined\n\nThe nearest rule"))
        #expect(run.output.contains("because `input.n > 1` is not so"))
        #expect(run.output.hasSuffix("undefined\nnote: here\nundefined\nundefined\n"))
    }

    @Test func definitionsAreKept() throws {
        let run = try shell(
            "x := 1", "y = 2", "y = 3", "f(n) := n + x", "x := 10", "f(y)", "z = [1, 2][i]")
        let kept = "Rule 'x' defined in package repl. Type 'show' to see rules.\n"
        #expect(run.output.hasPrefix(kept), "\(run.output)")
        #expect(run.output.contains("undefined\n"))
        #expect(run.output.contains("Rule 'x' re-defined in package repl."))
        #expect(run.output.contains("\n12\n"))
        // What is left open is asked, not kept.
        #expect(run.output.contains("│ 0 │ 1 │\n│ 1 │ 2 │\n"))
    }

    @Test func linesAreGatheredUntilTheyAreWhole() throws {
        let run = try shell("p if {", "  1 < 2", "}", "p", "q := [", "", "3")
        #expect(run.output.hasPrefix("Rule 'p' defined"))
        #expect(run.output.hasSuffix("true\n3\n"), "\(run.output)")
        #expect(run.status == 2)
    }

    @Test func rulesAreForgotten() throws {
        let run = try shell("p := 1", "p contains 2 if false", "unset p", "unset p", "show")
        let warning = "warning: no matching rules in current module\n"
        #expect(run.output.hasSuffix(warning + "package repl\n"))
        let packages = try shell(
            "package a.b", "p := 1", "unset-package a.b", "data.a.b.p", "unset-package a.b")
        #expect(packages.output.hasSuffix("undefined\nwarning: no matching package\n"))
    }

    @Test func packagesAndImportsAreThoseOfTheShell() throws {
        let files = ["p.rego": "package a.b\n\np := 1\n\n_q := 2\n"]
        let run = try shell(
            "import data.a.b as c", "c.p", "package a.b", "_q", arguments: ["p.rego"], files: files)
        #expect(run.output == "1\n2\n", "\(run.errors)")
    }

    @Test func theInputIsADocumentOfTheShell() throws {
        let run = try shell("package repl.input", "user := \"ada\"", "package x", "input.user")
        #expect(run.output.hasSuffix("\"ada\"\n"))
        let files = ["in.json": #"{"user": "bob"}"#]
        let loaded = try shell("input.user", arguments: ["repl.input:in.json"], files: files)
        #expect(loaded.output == "\"bob\"\n")
    }

    @Test func answersAreJSONOnDemand() throws {
        let run = try shell("json", "x := 1", "x")
        #expect(try run.json["result"] is [Any], "\(run.output)")
        let flag = try shell("1", arguments: ["-f", "json"])
        #expect(try flag.json["result"] is [Any])
    }

    @Test func helpNamesEveryCommand() throws {
        let run = try shell("help")
        for name in ["show", "unset-package", "dump", "strict-builtin-errors", "exit"] {
            #expect(run.output.contains("\n\(name)"), "\(name)")
        }
        #expect(try shell("help input").output.contains("data.repl.input"))
    }

    @Test func baseDocumentsAreDumped() throws {
        let files = ["data.json": #"{"a": [1]}"#]
        let run = try shell("dump", "p := 1", "dump", arguments: ["data.json"], files: files)
        #expect(run.output.hasPrefix("{\"a\":[1]}\nRule"), "\(run.output)")
    }

    @Test(.timeLimit(.minutes(1)))
    func aDeviceIsNoHistory() throws {
        var (terminal, other, far, device) = (Int32(-1), Int32(-1), Int32(-1), Int32(-1))
        try #require(unsafe openpty(&terminal, &other, nil, nil, nil) == 0)
        try #require(unsafe openpty(&far, &device, nil, nil, nil) == 0)
        defer {
            close(far)
            close(device)
        }
        let history = unsafe String(cString: ttyname(device))
        func permissions() throws -> Int? {
            try FileManager.default.attributesOfItem(atPath: history)[.posixPermissions] as? Int
        }
        try FileManager.default.setAttributes([.posixPermissions: 0o622], ofItemAtPath: history)
        let process = Process()
        process.executableURL = Invocation.binary
        process.arguments = ["run", "--history", history]
        process.environment = ["TERM": "xterm"]
        let side = FileHandle(fileDescriptor: other, closeOnDealloc: true)
        process.standardInput = side
        process.standardOutput = side
        try process.run()
        try side.close()
        let screen = FileHandle(fileDescriptor: terminal, closeOnDealloc: true)
        try screen.write(contentsOf: Data("1 + 1\n".utf8))
        _ = try text(screen, upTo: "\n2")
        try screen.write(contentsOf: Data("exit\n".utf8))
        process.waitUntilExit()
        #expect(process.terminationStatus == 0)
        #expect(try permissions() == 0o622)
    }

    @Test(.timeLimit(.minutes(1)))
    func aTerminalHasPromptsAndCompletion() throws {
        var (terminal, other) = (Int32(-1), Int32(-1))
        try #require(unsafe openpty(&terminal, &other, nil, nil, nil) == 0)
        let process = Process()
        process.executableURL = Invocation.binary
        // No device: whoever writes a history closes the file to everyone else.
        let history = FileManager.default.temporaryDirectory.path + "/history-\(UUID())"
        defer { try? FileManager.default.removeItem(atPath: history) }
        process.arguments = ["run", "--history", history]
        process.environment = ["TERM": "xterm"]
        let side = FileHandle(fileDescriptor: other, closeOnDealloc: true)
        process.standardInput = side
        process.standardOutput = side
        let errors = Pipe()
        process.standardError = errors
        try process.run()
        try side.close()
        let screen = FileHandle(fileDescriptor: terminal, closeOnDealloc: true)
        try screen.write(contentsOf: Data("total_amount := 41\n".utf8))
        #expect(try text(screen, upTo: "to see rules.").contains("`exit` ends."))
        try screen.write(contentsOf: Data("p if {\n".utf8))
        _ = try text(screen, upTo: "| ")
        try screen.write(contentsOf: Data("1 < 2 }\n".utf8))
        _ = try text(screen, upTo: "to see rules.")
        if FileManager.default.fileExists(atPath: "/usr/lib/x86_64-linux-gnu/libedit.so.2") {
            try screen.write(contentsOf: Data("data.repl.tot\t + 1\n".utf8))
            _ = try text(screen, upTo: "\n42")
        }
        try interrupt(process, screen, errors: errors.fileHandleForReading)
        try screen.write(contentsOf: Data("exit\n".utf8))
        process.waitUntilExit()
        #expect(process.terminationStatus == 0)
    }

    /// Interrupts a line, the beginning of a rule, and a query without end. The terminal is not the
    /// process's own here, so that it makes no signals of what is typed.
    private func interrupt(_ process: Process, _ screen: FileHandle, errors: FileHandle) throws {
        // What is typed before there is a prompt, the terminal echoes by itself.
        _ = try text(screen, upTo: "> ")
        try screen.write(contentsOf: Data("broken )".utf8))
        _ = try text(screen, upTo: "broken )")
        kill(process.processIdentifier, SIGINT)
        _ = try text(screen, upTo: "^C")
        try screen.write(contentsOf: Data("q if {\n".utf8))
        _ = try text(screen, upTo: "| ")
        kill(process.processIdentifier, SIGINT)
        _ = try text(screen, upTo: "^C")
        let endless = "print(concat(\"\", [\"g\", \"ö!\"])); some x, y in numbers.range(1, 99999);"
            + " some z in numbers.range(1, 99999); x + y + z < 0\n"
        try screen.write(contentsOf: Data(endless.utf8))
        _ = try text(errors, upTo: "!")
        kill(process.processIdentifier, SIGINT)
        _ = try text(errors, upTo: "cancelled")
        try screen.write(contentsOf: Data("40 + 3\n".utf8))
        _ = try text(screen, upTo: "\n43")
    }

    /// What comes until `end` does; what came so far where that takes too long.
    private func text(_ source: FileHandle, upTo end: String) throws -> String {
        var bytes: [UInt8] = []
        var waits = pollfd(fd: source.fileDescriptor, events: Int16(POLLIN), revents: 0)
        while !bytes.reversed().starts(with: end.utf8.reversed()),
            unsafe poll(&waits, 1, 20_000) == 1,
            let part = try? source.read(upToCount: 1), !part.isEmpty
        {
            bytes += part
        }
        let text = String(decoding: bytes, as: UTF8.self)
        try #require(bytes.reversed().starts(with: end.utf8.reversed()), "\(end): \(text)")
        return text
    }

    @Test func whatIsLeftOfQueriesIsPrintedWhereSomethingIsUnknown() throws {
        let run = try shell(
            "p if input.q == 1", "package repl.input", "r := 2", "package repl", "unknown input.q",
            "p; input.r == 2", "input.r == 3", "json", "p", "show debug", "unset-unknown",
            "input.r")
        let table = """
            ┌─────────┬─────────────┐
            │ Query 1 │ input.q = 1 │
            └─────────┴─────────────┘
            undefined

            """
        #expect(run.output.contains(table), "\(run.output)")
        #expect(run.output.contains("\"partial\": {"))
        #expect(run.output.contains("\"unknowns\": [\n    \"input.q\"\n  ]"))
        #expect(run.output.hasSuffix("\"value\": 2,\n          \"text\": \"input.r\",\n"
            + "          \"location\": {\n            \"row\": 1,\n            \"col\": 1\n"
            + "          }\n        }\n      ]\n    }\n  ]\n}\n"))
        #expect(run.status == 0 && run.errors.isEmpty)
    }
}
