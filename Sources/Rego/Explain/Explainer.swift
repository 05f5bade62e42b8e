public import RegoMachine
public import RegoSyntax

/// Explains decisions of one policy about one input.
public final class Explainer {
    let policy: Policy
    let bodies: BodySearch
    private let annotations: Annotations
    private let isFull: Bool
    private var told: Set<String> = []
    private var documentsLeft = Explainer.documentsMax

    private static let nanosecondsMax: UInt64 = 10_000_000_000
    private static let documentsMax = 200
    private static let depthMax = 12

    /// - Parameters:
    ///   - input: As JSON; `nil`: undefined.
    ///   - limits: Of each evaluation; there are many.
    ///   - isFull: Whether to tell of rules, too, that were not needed or that others spared.
    public init(
        policy: Policy, data: Document, input: [UInt8]?, host: Host, limits: Limits, isFull: Bool
    ) {
        var host = host
        host.print = { _ in }
        host.note = { _ in }
        self.policy = policy
        self.isFull = isFull
        annotations = Annotations(policy.resolved.modules)
        let nowhere = Span(start: 0, end: 0, row: 1, column: 1)
        bodies = BodySearch(
            module: Module(
                source: Source(name: "", text: ""), version: .v1, package: [],
                packageSpan: nowhere),
            policy: policy, data: data, input: input,
            evaluator: Evaluator(host: host, limits: limits), host: host,
            deadline: host.monotonic() + Explainer.nanosecondsMax)
    }

    /// - Parameters:
    ///   - query: A path such as `data.authz.allow`, or expressions.
    ///   - package: Where names of rules are looked up.
    ///   - imports: As the text after `import`.
    /// - Throws: what is wrong with the query, the package or an import.
    public func explanation(
        of query: String, package: String? = nil, imports: [String] = [],
        version: LanguageVersion = .v1
    ) throws(CompileFailure) -> Explanation {
        _ = try policy.prepare(
            query: query, package: package, imports: imports, version: version)
        var module = try policy.header(package, imports) ?? bodies.module
        module.source = Source(name: "", text: query)
        module.version = version
        let body = (try? Parser.query(module.source).get()) ?? []
        let reads = RuleReads(module: module, exports: policy.resolved.exports)
        var asked = body
        let root: ExplainedDocument
        if let path = reads.document(of: body) {
            root = document(at: path, depth: 0)
            let term = Term.path(["data"] + path, module.packageSpan)
            asked = [Expression(kind: .term(term), span: term.span)]
        } else {
            root = ofQuery(body, query, module)
        }
        let summary = CauseSearch(self, asked, bodies.reading(module), root)?.summary
        return Explanation(
            root: isFull ? root : Trimming.trimmed(root, to: summary), summary: summary)
    }

    private func ofQuery(
        _ body: [Expression], _ text: String, _ module: Module
    ) -> ExplainedDocument {
        let search = bodies.reading(module)
        let finding = search.finding(in: body)
        let rule = ExplainedRule(
            text: text, title: "", file: "", span: module.packageSpan, isElse: false,
            outcome: .unknown, reads: [])
        let draft = ExplanationDraft(rule, search).filled(with: finding, [], body, results: [])
        var json: [UInt8]?
        if case .holds(let rows) = finding {
            json = rows.first?.expressions.last?.json
        } else if body.count == 1 {
            // A query of one expression answers with its value even where that is false.
            json = search.value(of: body)
        }
        return ExplainedDocument(
            name: text, title: "", json: json, rules: [finished(draft, depth: 0)], omission: nil,
            path: nil)
    }

    // MARK: Documents

    private func document(at path: [String], depth: Int) -> ExplainedDocument {
        let name = RegoText.term(.path(["data"] + path, bodies.module.packageSpan))
        let json = value(at: path)
        return document(path, name: name, json: json, call: nil, depth: depth)
    }

    /// A document for itself, told from its beginning.
    func documentAlone(at path: [String]) -> ExplainedDocument {
        told = []
        documentsLeft = Explainer.documentsMax
        return document(at: path, depth: 1)
    }

    private func document(
        _ path: [String], name: String, json: [UInt8]?, call: ExplainedCall?, depth: Int
    ) -> ExplainedDocument {
        let entries = entries(at: path)
        let title = title(at: path, entries)
        func document(
            _ rules: [ExplainedRule], _ omission: ExplainedDocument.Omission? = nil
        ) -> ExplainedDocument {
            ExplainedDocument(
                name: name, title: title, json: json, rules: rules, omission: omission,
                path: call == nil ? path : nil)
        }
        guard told.insert(name).inserted else { return document([], .toldBefore) }
        documentsLeft -= 1
        guard documentsLeft > 0, depth < Explainer.depthMax, !bodies.isOver else {
            return document([], .tooDeep)
        }
        var drafts = entries.filter { !rule($0).isDefault }.flatMap {
            branches(of: $0, call, documentTitle: title)
        }
        for entry in entries where rule(entry).isDefault {
            let isNeeded = !drafts.contains(where: \.rule.holds)
            drafts.append(standIn(entry, json, isNeeded: isNeeded))
        }
        if !isFull { drafts = drafts.telling(isRoot: depth == 0) }
        return document(drafts.map { finished($0, depth: depth) })
    }

    private func value(at path: [String]) -> [UInt8]? {
        guard let query = try? policy.prepare(path: path), let rows = try? bodies.rows(of: query)
        else { return nil }
        return rows.first?.expressions.first?.json
    }

    // MARK: Rules

    func entries(at path: [String]) -> [Exports.Entry] {
        let exports = policy.resolved.exports
        return exports.find(path).map { exports.nodes[$0].rules } ?? []
    }

    func module(_ entry: Exports.Entry) -> Module {
        policy.resolved.modules[entry.module].module
    }

    func rule(_ entry: Exports.Entry) -> Rule { module(entry).rules[entry.rule] }

    /// What annotations call a document, or the one of its rules that is called something.
    private func title(at path: [String], _ entries: [Exports.Entry]) -> String {
        if let own = annotations.document(at: path).flatMap(Explainer.title) { return own }
        let titles = entries.compactMap { self.title($0) }
        return titles.count == 1 ? titles[0] : ""
    }

    private func title(_ entry: Exports.Entry) -> String? {
        Explainer.title(annotations.rule(entry.rule, of: entry.module))
    }

    private static func title(_ annotations: ResolvedTerm) -> String? {
        guard case .object(let pairs) = annotations else { return nil }
        for (key, value) in pairs {
            if case .string("title") = key, case .string(let text) = value { return text }
        }
        return nil
    }

    private func standIn(
        _ entry: Exports.Entry, _ json: [UInt8]?, isNeeded: Bool
    ) -> ExplanationDraft {
        let rule = rule(entry)
        let source = module(entry).source
        let explained = ExplainedRule(
            text: source.text(rule.span), title: "", file: source.name, span: rule.span,
            isElse: false,
            outcome: isNeeded ? json.map { .standsIn($0) } ?? .unknown : .notNeeded, reads: [])
        return ExplanationDraft(explained, bodies.reading(module(entry)))
    }

    /// Of the rule itself and of each `else`.
    private func branches(
        of entry: Exports.Entry, _ call: ExplainedCall?, documentTitle: String
    ) -> [ExplanationDraft] {
        let head = rule(entry).head
        var search = bodies.reading(module(entry))
        search.names = call?.names(for: head) ?? [:]
        let prefix = call?.binding(head) ?? []
        var found: [ExplanationDraft] = []
        for branch in rule(entry).explainedBranches {
            // The document's own title is not said again with its first rule.
            let title = found.isEmpty ? title(entry) ?? "" : ""
            let explained = ExplainedRule(
                text: search.module.source.text(branch.text),
                title: title == documentTitle ? "" : title, file: search.module.source.name,
                span: branch.span, isElse: !found.isEmpty, outcome: .notNeeded, reads: [])
            var draft = ExplanationDraft(explained, search)
            if !found.contains(where: \.rule.holds) {
                let finding = search.finding(in: prefix + branch.body + branch.results)
                draft = draft.filled(
                    with: finding, prefix, branch.body, results: branch.results)
            }
            found.append(draft)
        }
        return found
    }

    // MARK: What a rule reads

    private func finished(_ draft: ExplanationDraft, depth: Int) -> ExplainedRule {
        var rule = draft.rule
        for wanted in draft.wanted {
            rule.reads += reads(of: wanted, draft.search, depth)
        }
        return rule
    }

    private func reads(
        of wanted: ExplanationDraft.Wanted, _ search: BodySearch, _ depth: Int
    ) -> [ExplainedDocument] {
        let reading = RuleReads(module: search.module, exports: policy.resolved.exports)
        return reading.reads(of: wanted.expression, locals: wanted.locals).compactMap { read in
            guard !isConstant(read.path) else { return nil }
            guard let call = read.call else { return document(at: read.path, depth: depth + 1) }
            guard !read.isInner else { return nil }
            func value(_ term: Term) -> [UInt8]? {
                search.values(of: term, in: wanted.expression, after: wanted.before)?.first
            }
            var operands: [(text: String, json: [UInt8])] = []
            for argument in call.arguments {
                guard let json = value(argument) else { return nil }
                operands.append((search.shown(argument, bound: wanted.locals), json))
            }
            let told = ExplainedCall(operands: operands)
            let name = RegoText.term(.path(["data"] + read.path, bodies.module.packageSpan))
            return document(
                read.path, name: name + told.text, json: value(Term(.call(call), call.nameSpan)),
                call: told, depth: depth + 1)
        }
    }

    /// Rules without conditions, which nothing can be said about.
    private func isConstant(_ path: [String]) -> Bool {
        let reading = entries(at: path).filter { entry in
            let rule = rule(entry)
            return !rule.body.isEmpty || !rule.elses.isEmpty || rule.head.arguments != nil
                || readsRules(entry)
        }
        return reading.isEmpty
    }

    private func readsRules(_ entry: Exports.Entry) -> Bool {
        let reading = RuleReads(module: module(entry), exports: policy.resolved.exports)
        return rule(entry).explainedBranches.contains { branch in
            branch.results.contains { !reading.reads(of: $0, locals: []).isEmpty }
        }
    }
}
