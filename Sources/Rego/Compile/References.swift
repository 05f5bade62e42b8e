/// The paths below `data` that a rule reads.
struct References {
    enum Element {
        case name(String)
        /// Any name.
        case variable
        /// A constant that names no rule.
        case constant
    }

    private(set) var paths: [[Element]] = []

    private mutating func add(path: [String]) { paths.append(path.map { .name($0) }) }

    mutating func add(_ body: [ResolvedExpression]) {
        for expression in body { add(expression) }
    }

    mutating func add(_ expression: ResolvedExpression) {
        switch expression.kind {
        case .term(let term): add(term)
        case .unify(let left, let right):
            add(left)
            add(right)
        case .not(let body): add(body)
        case .and(let left, let right), .or(let left, let right):
            add(left)
            add(right)
        case .every(_, _, let domain, let body):
            add(domain)
            add(body)
        }
        for modifier in expression.modifiers {
            switch modifier.target {
            case .data(let path), .callee(.function(let path)): add(path: path)
            case .input, .callee(.builtin): break
            }
            switch modifier.value {
            case .term(let term): add(term)
            case .callee(.function(let path)): add(path: path)
            case .callee(.builtin): break
            }
        }
    }

    mutating func add(_ term: ResolvedTerm) {
        switch term {
        case .null, .boolean, .number, .string, .local, .input: break
        case .data: paths.append([])
        case .reference(let head, let path):
            if case .data = head {
                paths.append(path.map { Element($0) })
            } else {
                add(head)
            }
            for element in path { add(element) }
        case .call(let callee, let arguments, _):
            if case .function(let path) = callee { add(path: path) }
            for argument in arguments { add(argument) }
        case .array(let elements), .set(let elements):
            for element in elements { add(element) }
        case .object(let pairs):
            for pair in pairs {
                add(pair.key)
                add(pair.value)
            }
        case .arrayComprehension(let head, let body), .setComprehension(let head, let body):
            add(head)
            add(body)
        case .objectComprehension(let key, let value, let body):
            add(key)
            add(value)
            add(body)
        }
    }
}

extension References.Element {
    init(_ term: ResolvedTerm) {
        switch term {
        case .string(let name): self = .name(name)
        case .null, .boolean, .number: self = .constant
        default: self = .variable
        }
    }
}
