public import RegoSyntax

/// One kind of doubtful Rego: what is well-formed, and most likely not what its author means.
///
/// A lint reads a compiled policy and changes nothing. Findings are warnings: `ostiary check
/// --lint` shows them, `docs/lints.md` is printed from `Lint.all`. Absent on purpose: matters of
/// layout (`ostiary fmt` has the say there) and of taste. A lint that would be wrong about a policy
/// that somebody runs does not belong here.
///
/// A finding is silenced by a comment at the end of its line, or alone on the line above it:
///
///     # ostiary ignore: missing-default
///     allow if input.admin
public struct Lint: Sendable {
    /// Such as `unused-import`.
    public let code: String
    /// What is found, as the end of "finds …".
    public let finds: String
    public let why: String
    public let fix: String
    /// A module in which the lint has one finding.
    public let example: String
    /// The same, mended.
    public let instead: String
    let check: @Sendable (LintReading) -> [LintFinding]

    /// The lint of a code.
    public static func named(_ code: String) -> Lint? { all.first { $0.code == code } }
}

/// One place that a lint doubts.
public struct LintFinding: Sendable, Hashable {
    public let code: String
    /// One lower-case clause, the author's text in backticks.
    public let message: String
    public let file: String
    public let span: Span
    /// What to do.
    public let hint: String

    /// As people read it, with the line where the source is known.
    public func rendered(source: Source?) -> String {
        "\(file):\(span.row): \(code): \(message)" + (source?.excerpt(span) ?? "")
            + "\n\thint: \(hint)"
    }
}

extension Policy {
    /// What lints find, by file and place, without what comments silence.
    /// - Parameter isWanted: Whether to look for a lint (by code) in a file at all.
    public func lintFindings(
        where isWanted: (_ code: String, _ file: String) -> Bool = { _, _ in true }
    ) -> [LintFinding] {
        let reading = LintReading(resolved, compiler)
        let silenced = resolved.modules.map { ($0.module.source.name, LintComments($0.module)) }
        let comments = Dictionary(silenced) { first, _ in first }
        var seen: Set<LintFinding> = []
        return Lint.all.flatMap { $0.check(reading) }
            .filter { finding in
                guard isWanted(finding.code, finding.file), seen.insert(finding).inserted else {
                    return false
                }
                return comments[finding.file]?.silence(finding) != true
            }
            .sorted { ($0.file, $0.span.start, $0.code) < ($1.file, $1.span.start, $1.code) }
    }
}

/// What lints read: the policy as written and as compiled.
struct LintReading {
    let modules: [CompiledModule]
    let exports: Exports
    let types: [RegoType?]
    let builtins: BuiltinTable
    let schemas: SchemaSet
    let reach: LintReach
    /// Paths that `entrypoint: true` stands above, with the place of the rule or package.
    let entrypoints: [(module: Module, span: Span, path: [String])]

    init(_ policy: ResolvedPolicy, _ compiler: Compiler) {
        modules = policy.modules
        exports = policy.exports
        types = policy.types
        builtins = compiler.builtins
        schemas = compiler.options.schemas
        reach = LintReach(policy)
        entrypoints = Annotations(policy.modules).entrypoints.map {
            let module = policy.modules[$0.module].module
            switch $0.target {
            case .package: return (module, module.packageSpan, $0.path)
            case .rule(let rule): return (module, module.rules[rule].head.span, $0.path)
            }
        }
    }

    /// Every rule with its module.
    var rules: [(module: Module, rule: Rule)] {
        modules.flatMap { compiled in compiled.module.rules.map { (compiled.module, $0) } }
    }

    /// Definitions of one path, defaults included, for each path.
    var documents: [[(module: Module, rule: Rule)]] {
        exports.nodes.lazy.filter { !$0.rules.isEmpty }.map { node in
            node.rules.map {
                (modules[$0.module].module, modules[$0.module].module.rules[$0.rule])
            }
        }
    }
}

/// The comments of a module that silence lints.
private struct LintComments {
    /// By row.
    private var codes: [Int32: Set<String>] = [:]

    init(_ module: Module) {
        let rows = Set(module.comments.map(\.span.row))
        for comment in module.comments {
            guard let named = Self.codes(comment.text) else { continue }
            var row = comment.span.row
            if Self.isAlone(comment, in: module.source) {
                // What follows the comments is meant.
                while rows.contains(row) { row += 1 }
            }
            codes[row, default: []].formUnion(named)
        }
    }

    func silence(_ finding: LintFinding) -> Bool {
        codes[finding.span.row]?.contains(finding.code) ?? false
    }

    /// The codes after `ostiary ignore:`.
    private static func codes(_ text: String) -> [String]? {
        let text = text.drop { $0 == " " || $0 == "\t" }
        let start = "ostiary ignore:"
        guard text.hasPrefix(start) else { return nil }
        return text.dropFirst(start.count).split { $0 == "," || $0.isWhitespace }.map(String.init)
    }

    private static func isAlone(_ comment: Comment, in source: Source) -> Bool {
        var index = Int(comment.span.start) - 1
        while index >= 0, source.bytes[index] != 0x0A {
            guard [0x20, 0x09, 0x0D].contains(source.bytes[index]) else { return false }
            index -= 1
        }
        return true
    }
}
