/// The tree as OPA's `opa parse --format json` and `rego.parse_module` print it.
///
/// Keys stand in the order in which Go's encoder puts them, sets and objects in Rego's order of
/// terms. A rule without a body has the body `true`, as in OPA.
public struct TreeJSON {
    public struct Parts: OptionSet, Sendable {
        public let rawValue: UInt8

        public init(rawValue: UInt8) {
            self.rawValue = rawValue
        }

        /// `location` objects: file, row and column of every node.
        public static let locations = Parts(rawValue: 1)
        public static let comments = Parts(rawValue: 2)
    }

    var json: JSONText
    let source: Source
    private let version: LanguageVersion
    private let parts: Parts

    private init(_ source: Source, _ version: LanguageVersion, _ parts: Parts, isIndented: Bool) {
        json = JSONText(isIndented: isIndented)
        self.source = source
        self.version = version
        self.parts = parts
    }

    public static func module(
        _ module: Module, including parts: Parts = [], isIndented: Bool = true
    ) -> String {
        var tree = TreeJSON(module.source, module.version, parts, isIndented: isIndented)
        tree.module(module)
        return tree.json.text
    }

    /// A body, as the compile API's queries are printed.
    /// - Parameter source: The source of the body; what templates look like is read from it.
    public static func body(
        _ body: [Expression], of source: Source, isIndented: Bool = false
    ) -> String {
        var tree = TreeJSON(source, .v1, [], isIndented: isIndented)
        tree.body(body)
        return tree.json.text
    }

    // MARK: Modules

    private mutating func module(_ module: Module) {
        json.open("{")
        json.key("package")
        package(module)
        if !module.imports.isEmpty {
            list("imports", module.imports) { $0.imported($1) }
        }
        if !module.rules.isEmpty { list("rules", module.rules) { $0.rule($1) } }
        if parts.contains(.comments), !module.comments.isEmpty {
            list("comments", module.comments) { $0.comment($1) }
        }
        json.close("}")
    }

    mutating func list<Element>(
        _ key: String, _ elements: [Element], _ write: (inout TreeJSON, Element) -> Void
    ) {
        json.key(key)
        list(elements, write)
    }

    mutating func list<Element>(
        _ elements: [Element], _ write: (inout TreeJSON, Element) -> Void
    ) {
        json.open("[")
        for element in elements {
            json.element()
            write(&self, element)
        }
        json.close("]")
    }

    mutating func location(_ span: Span) {
        guard parts.contains(.locations) else { return }
        json.key("location")
        place(span)
    }

    private mutating func place(_ span: Span) {
        json.open("{")
        json.key("file")
        json.string(source.name)
        json.key("row")
        json.raw("\(span.row)")
        json.key("col")
        json.raw("\(span.column)")
        json.close("}")
    }

    private mutating func package(_ module: Module) {
        let span = module.packageSpan
        let path = [Term(.variable("data"), span)] + module.package.map { Term(.string($0), span) }
        json.open("{")
        location(span)
        list("path", path) { $0.element($1) }
        json.close("}")
    }

    private mutating func imported(_ imported: Import) {
        json.open("{")
        if let alias = imported.alias {
            json.key("alias")
            json.string(alias)
        }
        location(imported.span)
        json.key("path")
        let first = Term(.variable(imported.path[0]), imported.span)
        let others = imported.path.dropFirst().map { Term(.string($0), imported.span) }
        typed("ref", imported.span) { tree in
            tree.list([first] + others) { $0.element($1) }
        }
        json.close("}")
    }

    private mutating func comment(_ comment: Comment) {
        json.open("{")
        json.key("Text")
        json.string(Base64.encoded(comment.text.utf8))
        json.key("Location")
        place(comment.span)
        json.close("}")
    }

    // MARK: Rules

    private mutating func rule(_ rule: Rule) {
        branch(
            rule, RuleBranch(kind: rule.head.kind, body: rule.body, span: rule.span),
            rule.elses[...])
    }

    /// What differs between a rule and its `else` branches.
    private struct RuleBranch {
        var kind: Rule.Head.Kind
        var body: [Expression]
        var span: Span
    }

    private mutating func branch(
        _ rule: Rule, _ branch: RuleBranch, _ elses: ArraySlice<Rule.Else>
    ) {
        json.open("{")
        json.key("body")
        let trueTerm = Term(.boolean(true), branch.span)
        body(
            branch.body.isEmpty
                ? [Expression(kind: .term(trueTerm), span: branch.span)] : branch.body)
        if rule.isDefault {
            json.key("default")
            json.raw("true")
        }
        if let next = elses.first {
            json.key("else")
            let kind = Rule.Head.Kind.value(next.value, usesAssignment: next.usesAssignment)
            self.branch(
                rule, RuleBranch(kind: kind, body: next.body, span: next.span),
                elses.dropFirst())
        }
        json.key("head")
        head(rule, branch.kind)
        location(branch.span)
        json.close("}")
    }

    private mutating func head(_ rule: Rule, _ kind: Rule.Head.Kind) {
        let head = rule.head
        json.open("{")
        let names = legacyNames(rule)
        if names.hasName {
            json.key("name")
            json.string(head.name)
        }
        if let arguments = head.arguments { list("args", arguments) { $0.term($1) } }
        if let key = names.key {
            json.key("key")
            term(key)
        }
        if case .value(let value, let usesAssignment) = kind {
            json.key("value")
            term(value ?? Term(.boolean(true), head.span))
            if usesAssignment {
                json.key("assign")
                json.raw("true")
            }
        }
        list("ref", [Term(.variable(head.name), head.span)] + head.path) { $0.element($1) }
        location(head.span)
        json.close("}")
    }

    /// The parts of a head from before references: a name, and a key of sets and objects.
    private func legacyNames(_ rule: Rule) -> (hasName: Bool, key: Term?) {
        let head = rule.head
        if case .contains(let key) = head.kind { return (head.path.isEmpty, key) }
        guard head.path.count == 1, head.arguments == nil, !rule.isDefault else {
            return (head.path.isEmpty, nil)
        }
        // With `if`, only a variable is a key; without, whatever is in the brackets.
        let usesIf = version == .v1 && !rule.body.isEmpty
        let key = usesIf && head.path[0].isGround ? nil : head.path[0]
        if case .value(.some, _) = head.kind { return (true, key) }
        return (false, key)
    }

    // MARK: Expressions

    mutating func body(_ body: [Expression]) {
        json.open("[")
        for (index, expression) in body.enumerated() {
            json.element()
            self.expression(expression, index)
        }
        json.close("]")
    }

    mutating func expression(_ expression: Expression, _ index: Int) {
        var terms = expression
        var isNegated = false
        if case .not(let inner, scoped: false) = expression.kind, inner.count == 1 {
            isNegated = true
            terms = inner[0]
        }
        json.open("{")
        json.key("index")
        json.raw("\(index)")
        location(expression.span)
        if isNegated {
            json.key("negated")
            json.raw("true")
        }
        json.key("terms")
        kind(terms)
        if !expression.modifiers.isEmpty {
            list("with", expression.modifiers) { $0.modifier($1) }
        }
        json.close("}")
    }

    private mutating func modifier(_ modifier: Expression.With) {
        json.open("{")
        location(modifier.span)
        json.key("target")
        term(modifier.target)
        json.key("value")
        term(modifier.value)
        json.close("}")
    }

    private mutating func kind(_ expression: Expression) {
        switch expression.kind {
        case .term(let value):
            guard case .call(let call) = value.kind else { return term(value) }
            return list(operands(call)) { $0.term($1) }
        case .someVariables(let names):
            json.open("{")
            list("symbols", names) { $0.term($1) }
        case .someIn(let key, let value, let domain):
            json.open("{")
            let call = membership(key, value, domain, expression.span)
            list("symbols", [call]) { $0.term($1) }
        case .every(let key, let value, let domain, let body):
            every(key, value, domain, body)
        case .not(let inner, _):
            json.open("{")
            json.key("body")
            body(inner)
        case .and(let left, let right), .or(let left, let right):
            json.open("{")
            json.key("lhs")
            body(left)
            json.key("rhs")
            body(right)
        }
        location(expression.span)
        json.close("}")
    }

    private mutating func every(
        _ key: Term?, _ value: Term, _ domain: Term, _ body: [Expression]
    ) {
        json.open("{")
        json.key("body")
        self.body(body)
        json.key("domain")
        term(domain)
        json.key("key")
        if let key { term(key) } else { json.raw("null") }
        json.key("value")
        term(value)
    }

    private func membership(_ key: Term?, _ value: Term, _ domain: Term, _ span: Span) -> Term {
        let name = key == nil ? "member_2" : "member_3"
        let arguments = key.map { [$0, value, domain] } ?? [value, domain]
        return Term(
            .call(
                Call(
                    name: ["internal", name], nameSpan: span, arguments: arguments,
                    notation: .infix("in"))), span)
    }
}
