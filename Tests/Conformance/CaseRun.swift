import Outbound
import Rego
import RegoMachine
import RegoSyntax

/// Runs cases on one thread, as OPA's own harness does: `print` erased, results compared as sets
/// of binding objects, errors by code and by a part of their text.
struct CaseRun {
    let evaluator: Evaluator
    private let exchangesPlans: Bool
    private let shortcuts: Shortcuts

    /// - Parameters: See `CompileOptions`.
    init(exchangesPlans: Bool, shortcuts: Shortcuts = .all) {
        self.exchangesPlans = exchangesPlans
        self.shortcuts = shortcuts
        var limits = Limits()
        limits.timeoutNanoseconds = 30_000_000_000
        var host = Host.system
        host.print = { _ in }
        evaluator = Evaluator(host: host, limits: limits)
    }

    /// - Returns: Why the case fails, or `nil`.
    func verdict(_ test: Case) -> String? {
        do {
            let policy = try policy(test)
            let rows = try rows(test, policy)
            if let code = test.wantErrorCode ?? test.wantError {
                return "no error, but \(code) was wanted"
            }
            return try difference(test, rows)
        } catch let failure as EvaluationFailure {
            let file = failure.file.isEmpty ? "query" : failure.file
            let text = "\(file):\(failure.span.row): \(failure.code.rawValue): \(failure.message)"
            return errorDifference(test, code: failure.code.rawValue, text: text)
        } catch let failure as CompileFailure {
            return "does not compile: " + Self.text(failure.diagnostics)
        } catch let failure as Diagnostics {
            return "does not parse: " + Self.text(failure.all)
        } catch {
            return "\(error)"
        }
    }

    private static func text(_ found: [Diagnostic]) -> String {
        found.map {
            "\($0.file):\($0.span.row):\($0.span.column): \($0.code.rawValue): \($0.message)"
        }
        .joined(separator: "; ")
    }

    /// OPA's harnesses have builtins that nobody else has; here nothing waits for the first.
    static let builtins =
        Builtin.all + [
            Builtin("test.sleep", [.string], .null) { _, _ throws(BuiltinError) in .null },
            Builtin("custom_builtin_test", [.number], .number) {
                operands, _ throws(BuiltinError) in .integer((operands[0].integer ?? 0) + 1)
            },
            Builtin("custom_builtin_test_impure", [], .string) {
                _, context throws(BuiltinError) in try .string("foo", in: context.arena)
            },
            Builtin("custom_builtin_test_memoization", [], .number) {
                _, _ throws(BuiltinError) in .integer(100)
            },
        ]

    func policy(_ test: Case) throws -> Policy {
        let modules = try test.modules.enumerated().map { index, text in
            try Parser.module(
                Source(name: "test-\(index).rego", text: text),
                options: ParserOptions(version: test.version)
            ).get()
        }
        var options = CompileOptions()
        options.printEnabled = false
        options.exchangesPlans = exchangesPlans
        options.shortcuts = shortcuts
        return try Policy(modules: modules, builtins: Self.builtins, options: options)
    }

    func rows(_ test: Case, _ policy: Policy) throws -> [ResultRow] {
        // A term may hold sets, which JSON cannot say.
        let query = test.inputTerm.map { "\(test.query) with input as \($0)" } ?? test.query
        return try rows(test, policy, query: query, version: test.version)
    }

    /// - Parameter query: In the place of the case's own.
    func rows(
        _ test: Case, _ policy: Policy, query: String, version: LanguageVersion = .v1
    ) throws -> [ResultRow] {
        let prepared = try policy.prepare(query: query, version: version)
        let data = try test.data.map { json in try Document.parse(json: json) } ?? .empty
        var options = EvaluationOptions()
        options.strictBuiltinErrors = test.isStrict
        guard let input = test.input, test.inputTerm == nil else {
            return try unsafe evaluator.results(
                prepared, data: data, input: .undefined, options: options
            ).rows
        }
        return try unsafe input.withUnsafeBytes { bytes in
            try unsafe evaluator.results(
                prepared, data: data, input: .json(bytes), options: options
            ).rows
        }
    }

    func errorDifference(_ test: Case, code: String, text: String) -> String? {
        guard test.wantError != nil || test.wantErrorCode != nil else {
            return "error: \(text)"
        }
        if let want = test.wantErrorCode, want != code {
            return "error \(want) wanted, got \(text)"
        }
        if let want = test.wantError, !want.isEmpty, !text.contains(want) {
            return "error `\(want)` wanted, got \(text)"
        }
        return nil
    }

    func difference(_ test: Case, _ rows: [ResultRow]) throws -> String? {
        guard let json = test.wantResult else { return nil }
        let arena = Arena.make(bytesMax: 1 << 30)
        defer { arena.destroy() }
        let want = try Value.parsing(json, in: arena)
        let wanted = try Value.set(in: arena)
        for row in want.elements { try wanted.insert(row, in: arena) }
        let got = try Value.set(in: arena)
        for row in rows {
            let bindings = try Value.object(in: arena)
            for (name, json) in row.bindings {
                if test.ignoresGeneratedVariables && name.hasPrefix("__localq") { continue }
                var value = try Value.parsing(json, in: arena)
                if test.sortsBindings && value.kind == .array {
                    let sorted = value.elements.sorted { Value.compare($0, $1) < 0 }
                    value = try Value.array(sorted, in: arena)
                }
                try bindings.insert(try Value.string(name, in: arena), value, in: arena)
            }
            try got.insert(bindings, in: arena)
        }
        if wanted == got { return nil }
        return try "want \(Self.json(wanted, arena)) got \(Self.json(got, arena))"
    }

    private static func json(_ value: Value, _ arena: Arena) throws -> String {
        var text = try TextBuilder(in: arena)
        try JSONWriter.write(value, to: &text)
        return String(text.bytes.string.prefix(400))
    }
}
