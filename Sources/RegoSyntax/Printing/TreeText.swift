/// The tree as OPA's `opa parse --format pretty` prints it: a line for each node, indented by
/// one space for each level.
public struct TreeText {
    private var text = ""
    private var depth = 0

    public static func module(_ module: Module) -> String {
        var tree = TreeText()
        tree.node("module") { tree in
            tree.node("package") { $0.path(["data"] + module.package) }
            for imported in module.imports {
                tree.node("import") { tree in
                    tree.path(imported.path)
                    if let alias = imported.alias { tree.line(alias) }
                }
            }
            for rule in module.rules { tree.rule(rule) }
        }
        return tree.text
    }

    private mutating func line(_ content: String) {
        text += String(repeating: " ", count: depth) + content + "\n"
    }

    private mutating func node(_ name: String, _ children: (inout TreeText) -> Void) {
        line(name)
        depth += 1
        children(&self)
        depth -= 1
    }

    private mutating func path(_ path: [String]) {
        node("ref") { tree in
            tree.line(path[0])
            for name in path.dropFirst() { tree.quoted(name) }
        }
    }

    private mutating func quoted(_ value: String) {
        var literal = ""
        RegoText.quote(value, to: &literal)
        line(literal)
    }

    // MARK: Rules

    private mutating func rule(_ rule: Rule) {
        node("rule") { tree in
            tree.head(rule.head, rule.head.kind)
            tree.body(rule.body)
            tree.elses(rule, rule.elses[...])
        }
    }

    private mutating func elses(_ rule: Rule, _ elses: ArraySlice<Rule.Else>) {
        guard let branch = elses.first else { return }
        node("rule") { tree in
            tree.head(rule.head, .value(branch.value, usesAssignment: branch.usesAssignment))
            tree.body(branch.body)
            tree.elses(rule, elses.dropFirst())
        }
    }

    private mutating func head(_ head: Rule.Head, _ kind: Rule.Head.Kind) {
        node("head") { tree in
            tree.node("ref") { tree in
                tree.line(head.name)
                for element in head.path { tree.term(element) }
            }
            if let arguments = head.arguments {
                tree.node("args") { tree in for argument in arguments { tree.term(argument) } }
            }
            switch kind {
            case .contains(let key): tree.term(key)
            case .value(let value, _):
                if let value { tree.term(value) } else { tree.line("true") }
            }
        }
    }

    // MARK: Expressions

    private mutating func body(_ body: [Expression]) {
        node("body") { tree in
            if body.isEmpty { tree.node("expr index=0") { $0.line("true") } }
            for (index, expression) in body.enumerated() { tree.expression(expression, index) }
        }
    }

    private mutating func expression(_ expression: Expression, _ index: Int) {
        var negated = ""
        var terms = expression
        if case .not(let inner, scoped: false) = expression.kind, inner.count == 1 {
            negated = "negated "
            terms = inner[0]
        }
        node("expr \(negated)index=\(index)") { tree in
            tree.kind(terms.kind)
            for modifier in expression.modifiers {
                tree.node("with") { tree in
                    tree.term(modifier.target)
                    tree.term(modifier.value)
                }
            }
        }
    }

    private mutating func kind(_ kind: Expression.Kind) {
        switch kind {
        case .term(let term):
            guard case .call(let call) = term.kind else { return self.term(term) }
            operands(call)
        case .someVariables(let names):
            node("somedecl") { tree in for name in names { tree.term(name) } }
        case .someIn(let key, let value, let domain):
            node("somedecl") { tree in
                tree.node("call") { tree in
                    tree.path(["internal", key == nil ? "member_2" : "member_3"])
                    for term in [key, value, domain] { if let term { tree.term(term) } }
                }
            }
        case .every(let key, let value, let domain, let body):
            node("every") { tree in
                for term in [key, value, domain] { if let term { tree.term(term) } }
                tree.body(body)
            }
        case .not(let body, _): node("not") { $0.body(body) }
        case .and(let left, let right): logic("logicaland", left, right)
        case .or(let left, let right): logic("logicalor", left, right)
        }
    }

    private mutating func logic(_ name: String, _ left: [Expression], _ right: [Expression]) {
        node(name) { tree in
            tree.body(left)
            tree.body(right)
        }
    }

    // MARK: Terms

    private mutating func operands(_ call: Call) {
        path(call.name)
        for argument in call.arguments { term(argument) }
    }

    private mutating func term(_ term: Term) {
        switch term.kind {
        case .null, .boolean, .number, .string: line(RegoText.term(term))
        case .variable(let name) where !term.isVariable: path([name])
        case .variable: line(RegoText.term(term))
        case .reference(let head, let path):
            node("ref") { tree in
                if case .variable(let name) = head.kind { tree.line(name) } else { tree.term(head) }
                for element in path { tree.term(element) }
            }
        case .call(let call): node("call") { $0.operands(call) }
        case .array(let terms):
            node("array") { tree in for term in terms { tree.term(term) } }
        case .set(let terms):
            node("set") { tree in for term in TermOrder.sorted(terms) { tree.term(term) } }
        case .object(let pairs):
            node("object") { tree in
                for pair in TermOrder.sorted(pairs) {
                    tree.term(pair.key)
                    tree.term(pair.value)
                }
            }
        case .arrayComprehension(let head, let body), .setComprehension(let head, let body):
            node(term.kind.name) { tree in
                tree.term(head)
                tree.body(body)
            }
        case .objectComprehension(let key, let value, let body):
            node(term.kind.name) { tree in
                tree.term(key)
                tree.term(value)
                tree.body(body)
            }
        case .template(let parts):
            node(term.kind.name) { tree in for part in parts { tree.part(part) } }
        }
    }

    private mutating func part(_ part: Term.TemplatePart) {
        switch part {
        case .text(let value): quoted(value)
        case .expression(let expression): self.expression(expression, 0)
        }
    }
}
