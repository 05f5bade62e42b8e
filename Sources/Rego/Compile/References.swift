/// Walks what a rule reads of `data`.
struct References {
    /// A path below `data`.
    enum Path {
        case names([String])
        case terms([ResolvedTerm])
    }

    let visit: (Path) -> Void
    /// Paths below `input`.
    let visitInput: (Path) -> Void

    init(visit: @escaping (Path) -> Void, visitInput: @escaping (Path) -> Void = { _ in }) {
        self.visit = visit
        self.visitInput = visitInput
    }

    func walk(_ branch: ResolvedRule.Branch) {
        walk(branch.value)
        walk(branch.body)
    }

    func walk(_ body: [ResolvedExpression]) {
        for expression in body { walk(expression) }
    }

    private func walk(_ expression: ResolvedExpression) {
        switch expression.kind {
        case .term(let term): walk(term)
        case .unify(let left, let right):
            walk(left)
            walk(right)
        case .not(let body): walk(body)
        case .and(let left, let right), .or(let left, let right):
            walk(left)
            walk(right)
        case .every(_, _, let domain, let body):
            walk(domain)
            walk(body)
        }
        for modifier in expression.modifiers {
            switch modifier.target {
            case .data(let path), .callee(.function(let path)): visit(.names(path))
            case .input, .callee(.builtin): break
            }
            switch modifier.value {
            case .term(let term): walk(term)
            case .callee(.function(let path)): visit(.names(path))
            case .callee(.builtin): break
            }
        }
    }

    func walk(_ term: ResolvedTerm) {
        switch term {
        case .null, .boolean, .number, .string, .local: break
        case .input: visitInput(.names([]))
        case .data: visit(.names([]))
        case .reference(let head, let path):
            switch head {
            case .data: visit(.terms(path))
            case .input: visitInput(.terms(path))
            default: walk(head)
            }
            for element in path { walk(element) }
        case .call(let callee, let arguments, _):
            if case .function(let path) = callee { visit(.names(path)) }
            for argument in arguments { walk(argument) }
        case .array(let elements), .set(let elements):
            for element in elements { walk(element) }
        case .object(let pairs):
            for pair in pairs {
                walk(pair.key)
                walk(pair.value)
            }
        case .arrayComprehension(let head, let body), .setComprehension(let head, let body):
            walk(head)
            walk(body)
        case .objectComprehension(let key, let value, let body):
            walk(key)
            walk(value)
            walk(body)
        }
    }
}

extension References.Path {
    enum Element {
        case name(String)
        /// Any name.
        case variable
        /// A constant that names no rule.
        case constant
    }

    var count: Int {
        switch self {
        case .names(let names): names.count
        case .terms(let terms): terms.count
        }
    }

    subscript(position: Int) -> Element {
        switch self {
        case .names(let names): return .name(names[position])
        case .terms(let terms):
            switch terms[position] {
            case .string(let name): return .name(name)
            case .null, .boolean, .number: return .constant
            default: return .variable
            }
        }
    }
}

extension References.Path {
    /// Up to the first variable.
    var names: [String] {
        switch self {
        case .names(let names): return names
        case .terms(let terms):
            var names: [String] = []
            for case .string(let name) in terms.prefix(while: \.isString) { names.append(name) }
            return names
        }
    }
}

extension ResolvedTerm {
    fileprivate var isString: Bool { if case .string = self { true } else { false } }
}

extension [Draft] {
    /// What they name below `data`: each path up to its first variable.
    var reads: Set<[String]> {
        var found: Set<[String]> = []
        let references = References { found.insert($0.names) }
        for draft in self {
            for branch in draft.rule.branches { references.walk(branch) }
        }
        return found
    }
}

extension ResolvedRule.Branch {
    /// Whether it names one of some paths, or what is above or below one.
    func reads(_ paths: PathSet) -> Bool {
        var found = false
        References { if !found { found = paths.touches($0.names) } }.walk(self)
        return found
    }
}
