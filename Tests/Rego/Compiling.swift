import Rego
import RegoMachine
import RegoSyntax
import Testing

/// Compiles texts; what is wrong comes as lines such as `2:1 var x is unsafe`, with the file before
/// the row unless it is the first.
struct Compiling {
    var strict = false
    var printEnabled = false
    var version = LanguageVersion.v1

    /// Rows enough for the tests; none of them runs.
    static let builtins: [Builtin] = [
        row("count", 1), row("startswith", 2), row("upper", 1), row("plus", 2), row("mul", 2),
        row("gt", 2), row("lt", 2), row("equal", 2), row("neq", 2), row("walk", 1, .relation),
        row("internal.member_2", 2), row("time.now_ns", 0), row("rego.metadata.rule", 0),
        row("rego.metadata.chain", 0), row("any", 1, .deprecated),
    ]

    private static func row(
        _ name: String, _ arity: Int, _ traits: Builtin.Traits = []
    ) -> Builtin {
        Builtin(name, Array(repeating: .any, count: arity), .any, traits) {
            _, _ throws(BuiltinError) in .undefined
        }
    }

    private var compiler: Compiler {
        Compiler(
            builtins: BuiltinTable(Self.builtins),
            options: CompilerOptions(printEnabled: printEnabled, strict: strict))
    }

    func policy(_ texts: [String]) throws -> ResolvedPolicy {
        let modules = try texts.enumerated().map { index, text in
            try Parser.module(
                Source(name: "test-\(index).rego", text: text),
                options: ParserOptions(version: version)
            ).get()
        }
        return try compiler.compile(modules).get()
    }

    func mistakes(_ texts: String...) throws -> [String] {
        diagnostics(texts).map(Self.line)
    }

    func hints(_ texts: String...) -> [String?] { diagnostics(texts).map(\.hint) }

    private func diagnostics(_ texts: [String]) -> [Diagnostic] {
        do throws(Diagnostics) {
            _ = try compiler.compile(try modules(texts)).get()
            return []
        } catch {
            return error.all
        }
    }

    private func modules(_ texts: [String]) throws(Diagnostics) -> [Module] {
        var result: [Module] = []
        for (index, text) in texts.enumerated() {
            let source = Source(name: "test-\(index).rego", text: text)
            result.append(
                try Parser.module(source, options: ParserOptions(version: version)).get())
        }
        return result
    }

    func query(_ text: String, against texts: String...) throws(Diagnostics) -> ResolvedQuery {
        let policy = try compiler.compile(try modules(texts)).get()
        let source = Source(name: "query", text: text)
        return try compiler.query(
            try Parser.query(source).get(), source: source, against: policy
        ).get()
    }

    private static func line(_ diagnostic: Diagnostic) -> String {
        let file = diagnostic.file == "test-0.rego" ? "" : "\(diagnostic.file):"
        let span = diagnostic.span
        return "\(file)\(span.row):\(span.column) \(diagnostic.message)"
    }
}
