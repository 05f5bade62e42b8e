import RegoSyntax

/// The residual as Rego: queries and modules are written, and read again, so that text and tree
/// agree and both are what anybody else would read.
struct Rendition {
    private let evaluator: PartialEvaluator
    private let queries: [[ResolvedExpression]]
    private let rules: [ResolvedRule]
    /// Those without documents.
    private let packages: Set<[String]>
    /// Names that mean rules in the support modules.
    private let taken: Set<String>

    init(_ evaluator: PartialEvaluator, _ queries: [[ResolvedExpression]]) {
        self.evaluator = evaluator
        self.queries = queries
        var needed = SupportReads(evaluator.supportRules)
        queries.joined().forEach { needed.add($0) }
        rules = needed.closure()
        packages = evaluator.supportPackages.filter { needed.holds($0) }
        var taken = Rendition.reserved
        for rule in rules {
            if let name = Self.split(rule.path).head.first { taken.insert(name) }
        }
        self.taken = taken
    }

    private static let reserved: Set<String> = [
        "_", "as", "contains", "data", "default", "else", "every", "false", "if", "import", "in",
        "input", "not", "null", "package", "some", "true", "with",
    ]

    func residual() throws(EvaluationFailure) -> Residual {
        var written: [Residual.Query] = []
        var seen: Set<String> = []
        for body in queries {
            let text = writing(body).body(body)
            if seen.insert(text).inserted { written.append(try query(text)) }
        }
        return Residual(queries: written, support: try modules())
    }

    private func query(_ text: String) throws(EvaluationFailure) -> Residual.Query {
        let source = Source(name: "", text: text)
        if text.isEmpty { return Residual.Query(text: text, source: source, body: []) }
        return Residual.Query(
            text: text, source: source, body: try read(Parser.query(source), text))
    }

    private func modules() throws(EvaluationFailure) -> [Module] {
        var packages: [[String]: String] = [:]
        for path in self.packages { packages[path] = "" }
        var seen: Set<String> = []
        for rule in rules {
            let (package, head) = Self.split(rule.path)
            let text = self.rule(rule, head)
            let isNew = seen.insert("\(package) \(text)").inserted
            if isNew { packages[package, default: ""] += "\n" + text }
        }
        var modules: [Module] = []
        for (path, rules) in packages.sorted(by: { $0.key.lexicographicallyPrecedes($1.key) }) {
            let name = path.dropFirst().reduce(path[0]) { $0 + Self.selector($1) }
            let source = Source(
                name: path.joined(separator: "/") + ".rego", text: "package \(name)\n\(rules)")
            modules.append(
                try read(Parser.module(source), String(decoding: source.bytes, as: UTF8.self)))
        }
        return modules
    }

    /// What was written is read; that it cannot be is our mistake, and no answer.
    private func read<T>(
        _ result: Result<T, Diagnostics>, _ text: String
    ) throws(EvaluationFailure) -> T {
        switch result {
        case .success(let read): return read
        case .failure(let refusal):
            throw .limit("no Rego for the residual `\(text)`: \(refusal.all[0].message)")
        }
    }

    // MARK: Rules

    /// The package of a rule, and what its head begins with: the last name that can be one.
    private static func split(_ path: [String]) -> (package: [String], head: [String]) {
        let name = path.indices.dropFirst().last {
            RegoText.isName(path[$0]) && !reserved.contains(path[$0])
        } ?? path.count - 1
        return (Array(path[..<name]), Array(path[name...]))
    }

    private static func selector(_ name: String) -> String {
        RegoText.isName(name) && !reserved.contains(name)
            ? ".\(name)" : "[\(RegoText.term(Term(.string(name), Rendition.nowhere)))]"
    }

    static let nowhere = Span(start: 0, end: 0, row: 1, column: 1)

    private func rule(_ rule: ResolvedRule, _ head: [String]) -> String {
        let writing = writing(rule)
        var text = rule.isDefault ? "default " : ""
        text += head.dropFirst().reduce(head[0]) { $0 + Self.selector($1) }
        for term in rule.rest { text += "[\(writing.text(term))]" }
        if rule.kind == .function {
            text += "(\(rule.arguments.map(writing.text).joined(separator: ", ")))"
        }
        for (number, branch) in rule.branches.enumerated() {
            if number > 0 { text += " else" }
            let value = writing.text(branch.value)
            let isPlain = value == "true" && !rule.isDefault && !branch.body.isEmpty
            if rule.kind == .member {
                text += " contains \(value)"
            } else if !isPlain || (number == 0 && !rule.rest.isEmpty) {
                text += " := \(value)"
            }
            guard !branch.body.isEmpty else { continue }
            text += " if {\n" + branch.body.map { "\t\(writing.text($0))\n" }.joined() + "}"
        }
        return text + "\n"
    }

    // MARK: Names

    private func writing(_ query: [ResolvedExpression]) -> WrittenTerms {
        var locals: [LocalID] = []
        query.forEach { $0.addLocals(to: &locals) }
        return writing(locals, keeping: evaluator.prepared.query.variables.map(\.local),
            avoiding: Self.reserved)
    }

    private func writing(_ rule: ResolvedRule) -> WrittenTerms {
        var locals = (rule.arguments + rule.rest).flatMap(\.allLocals)
        for branch in rule.branches {
            branch.body.forEach { $0.addLocals(to: &locals) }
            locals += branch.value.allLocals
        }
        return writing(locals, keeping: [], avoiding: taken)
    }

    /// Names for variables that stand several times in one text; those that stand there once are
    /// wildcards.
    /// - Parameter kept: Have their author's names in any case.
    private func writing(
        _ locals: [LocalID], keeping kept: [LocalID], avoiding taken: Set<String>
    ) -> WrittenTerms {
        var counts: [LocalID: Int] = [:]
        for local in locals { counts[local, default: 0] += 1 }
        for local in kept { counts[local, default: 0] += 2 }
        var names: [LocalID: String] = [:]
        var used = taken
        var seen: Set<LocalID> = []
        for local in kept + locals where counts[local] != 1 && seen.insert(local).inserted {
            let author = evaluator.locals.names[local]
            names[local] = Self.name(author ?? "__local", used: &used, isAuthors: author != nil)
        }
        return WrittenTerms(names: names)
    }

    private static func name(
        _ wish: String, used: inout Set<String>, isAuthors: Bool
    ) -> String {
        var number = isAuthors ? 0 : 1
        while true {
            let name = isAuthors ? (number == 0 ? wish : "\(wish)\(number)") : "\(wish)\(number)__"
            if used.insert(name).inserted { return name }
            number += 1
        }
    }
}

extension PartialEvaluator {
    /// All of them, each path's together.
    fileprivate var supportRules: [ResolvedRule] {
        supportKeys.flatMap { support[$0]?.rules ?? [] } + extracted
    }
}
