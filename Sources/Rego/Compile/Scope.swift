import RegoSyntax

/// The names that one body brings into being.
struct Scope {
    struct Entry {
        let local: LocalID
        var occurrence: Occurrence
        /// How often it was read, nested bodies included.
        var uses = 0
        /// `some x` of a body that uses `x` in closures only: each of them has its own.
        var isForClosures = false
    }

    enum Occurrence {
        /// Found ahead in the body, and not come to yet.
        case ahead
        case seen
        case argument
        /// By `:=`.
        case assigned
        /// By `some` and `every`.
        case declared
    }

    var entries: [String: Entry] = [:]
    /// Names that the body declares somewhere: from its beginning on they are no rules or imports.
    var declares = NameSet()
    /// Names that stand in the body itself, outside of closures.
    var direct = NameSet()
}

/// A set of names in the order of their coming; a plain list while it is small.
struct NameSet {
    private(set) var names: [String] = []
    private var index: Set<String>?

    func contains(_ name: String) -> Bool { index?.contains(name) ?? names.contains(name) }

    /// - Returns: Whether it was not there yet.
    @discardableResult
    mutating func insert(_ name: String) -> Bool {
        if contains(name) { return false }
        names.append(name)
        index?.insert(name)
        if index == nil && names.count > 16 { index = Set(names) }
        return true
    }
}

/// Walks what belongs to a body itself: into every term, but into no closure.
struct NameCollector {
    private(set) var known = NameSet()
    /// Where each name of `known` stands first.
    private(set) var spans: [Span] = []
    private(set) var declared = NameSet()

    mutating func add(_ body: [Expression]) {
        for expression in body { add(expression) }
    }

    mutating func add(_ expression: Expression) {
        switch expression.kind {
        case .term(let term):
            if case .call(let call) = term.kind, let left = call.assignmentTarget {
                declare(left)
            }
            add(term)
        case .someVariables(let terms):
            for term in terms {
                if case .variable(let name) = term.kind { declared.insert(name) }
            }
        case .someIn(let key, let value, let domain):
            key.map { declare($0) }
            declare(value)
            for term in [key, value, domain] { term.map { add($0) } }
        case .every(_, _, let domain, _):
            add(domain)
        case .not(let body, let scoped):
            if !scoped { add(body) }
        case .and, .or:
            break
        }
        for modifier in expression.modifiers {
            add(modifier.value)
            if case .reference(_, let path) = modifier.target.kind { path.forEach { add($0) } }
        }
    }

    mutating func add(_ term: Term) {
        switch term.kind {
        case .variable(let name): add(name, at: term.span)
        case .reference(let head, let path):
            add(head)
            path.forEach { add($0) }
        case .call(let call): call.arguments.forEach { add($0) }
        case .array(let elements), .set(let elements): elements.forEach { add($0) }
        case .object(let pairs):
            for pair in pairs {
                add(pair.key)
                add(pair.value)
            }
        case .template(let parts):
            // What a template shows must be bound outside of it.
            for case .expression(let expression) in parts { add(expression) }
        case .null, .boolean, .number, .string: break
        case .arrayComprehension, .setComprehension, .objectComprehension: break
        }
    }

    private mutating func add(_ name: String, at span: Span) {
        if known.insert(name) { spans.append(span) }
    }

    /// The variables of the left side of `:=`, or of a pattern of `some … in`.
    private mutating func declare(_ pattern: Term) {
        var variables: [(String, Span)] = []
        pattern.patternVariables(into: &variables)
        for (name, _) in variables { declared.insert(name) }
    }
}

extension Call {
    /// The left side, where this is `a := b`.
    var assignmentTarget: Term? {
        name == ["assign"] && arguments.count == 2 ? arguments[0] : nil
    }
}

extension Term {
    /// The variables that matching this pattern binds: not those in keys, sets, references, calls.
    func patternVariables(into found: inout [(String, Span)]) {
        switch kind {
        case .variable(let name): found.append((name, span))
        case .array(let elements): elements.forEach { $0.patternVariables(into: &found) }
        case .object(let pairs): pairs.forEach { $0.value.patternVariables(into: &found) }
        default: break
        }
    }
}
