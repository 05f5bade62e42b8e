import RegoMachine

/// Where something is evaluated: what is unknown there, and what `with` has put in the place of
/// something else.
final class Situation {
    /// 0 for the question itself.
    let number: Int
    /// Of `data`: where support rules stand.
    private let namespace: String
    private(set) var unknowns: [DocumentPath] = []
    /// What has a value that is known, wherever it stands.
    private(set) var known: [DocumentPath] = []
    private(set) var mocks: [Callee: Mock] = [:]
    /// The same, for the machine.
    private(set) var modifiers: [ResolvedExpression.Modifier] = []
    fileprivate var reaches: [SupportKey: Bool] = [:]

    enum Mock {
        case callee(Callee)
        case value(ResolvedTerm)
    }

    init(unknowns: [DocumentPath], namespace: String) {
        number = 0
        self.namespace = namespace
        self.unknowns = unknowns
    }

    private init(_ number: Int, from other: Situation) {
        self.number = number
        namespace = other.namespace
        unknowns = other.unknowns
        known = other.known
        mocks = other.mocks
        modifiers = other.modifiers
    }

    /// - Parameter isKnown: Whether the values of documents are known, and so not to be left alone.
    func under(
        _ written: [ResolvedExpression.Modifier], number: Int, isKnown: Bool
    ) -> Situation {
        let inner = Situation(number, from: self)
        for modifier in written {
            switch (modifier.target, modifier.value) {
            case (.input(let path), _): inner.put(DocumentPath(.input, path), isKnown)
            case (.data(let path), _): inner.put(DocumentPath(.data, path), isKnown)
            case (.callee(let callee), .callee(let other)):
                inner.mocks[callee] = .callee(other)
                inner.modifiers.append(modifier)
            case (.callee(let callee), .term(let term)):
                inner.mocks[callee] = .value(term)
                inner.modifiers.append(modifier)
            }
        }
        return inner
    }

    private func put(_ path: DocumentPath, _ isKnown: Bool) {
        known.removeAll { $0.starts(with: path) }
        if isKnown {
            unknowns.removeAll { $0.starts(with: path) }
            known.append(path)
        } else {
            unknowns.append(path)
        }
    }

    /// What is mocked is evaluated where nothing is.
    func withoutMocks(number: Int) -> Situation {
        let inner = Situation(number, from: self)
        inner.mocks = [:]
        inner.modifiers = []
        return inner
    }

    /// Whether something unknown stands at a path, above or below it.
    func isUnknown(_ path: DocumentPath) -> Bool {
        if isSupport(path) { return true }
        let longest = known.filter { path.starts(with: $0) }.map(\.elements.count).max() ?? -1
        return unknowns.contains { unknown in
            path.starts(with: unknown)
                ? unknown.elements.count >= longest : unknown.starts(with: path)
        }
    }

    private func isSupport(_ path: DocumentPath) -> Bool {
        path.root == .data && path.elements.first == namespace
    }

    /// Whether a `with`, or that it is unknown, hides the rules at a path.
    func isShadowed(_ path: [String]) -> Bool {
        let place = DocumentPath(.data, path)
        return isSupport(place) || known.contains { place.starts(with: $0) }
            || unknowns.contains { place.starts(with: $0) }
    }
}

/// A place in `input` or `data`.
struct DocumentPath: Hashable {
    enum Root { case input, data }
    var root: Root
    var elements: [String]

    init(_ root: Root, _ elements: [String]) {
        self.root = root
        self.elements = elements
    }

    func starts(with other: DocumentPath) -> Bool {
        root == other.root && elements.starts(with: other.elements)
    }
}

/// The rules of a path, or the functions, in one situation.
struct SupportKey: Hashable {
    var path: [String]
    var isFunction: Bool
    var situation: Int
}

extension [ResolvedTerm] {
    /// The constant strings that a path begins with.
    var constantStart: [String] {
        var names: [String] = []
        for element in self {
            guard case .string(let name) = element else { break }
            names.append(name)
        }
        return names
    }
}

/// Whether evaluating something touches what is unknown. It may say yes in vain, never no.
struct Reach {
    let tree: RuleTree
    let builtins: [String: Builtin]
    let situation: Situation
    /// Whether builtins are called, too, that answer differently each time.
    let callsNondeterministic: Bool

    func touches(_ expression: ResolvedExpression, _ deferred: Set<LocalID>) -> Bool {
        for term in expression.ownTerms where touches(term, deferred) { return true }
        for body in expression.bodies where touches(body, deferred) { return true }
        return expression.modifiers.contains { modifier in
            if case .callee(let callee) = modifier.value { touches(callee) } else { false }
        }
    }

    func touches(_ body: [ResolvedExpression], _ deferred: Set<LocalID>) -> Bool {
        body.contains { touches($0, deferred) }
    }

    func touches(_ term: ResolvedTerm, _ deferred: Set<LocalID>) -> Bool {
        switch term {
        case .null, .boolean, .number, .string: return false
        case .local(let local): return deferred.contains(local)
        case .input: return situation.isUnknown(DocumentPath(.input, []))
        case .data: return touches(dataPath: [])
        case .reference(let head, let path):
            if path.contains(where: { touches($0, deferred) }) { return true }
            switch head {
            case .input: return situation.isUnknown(DocumentPath(.input, path.constantStart))
            case .data: return touches(dataPath: path)
            default: return touches(head, deferred)
            }
        case .call(let callee, let arguments, _):
            return touches(callee) || arguments.contains { touches($0, deferred) }
        case .array(let terms), .set(let terms): return terms.contains { touches($0, deferred) }
        case .object(let pairs):
            return pairs.contains { touches($0.key, deferred) || touches($0.value, deferred) }
        case .arrayComprehension(let head, let body), .setComprehension(let head, let body):
            return touches(head, deferred) || touches(body, deferred)
        case .objectComprehension(let key, let value, let body):
            return touches(key, deferred) || touches(value, deferred) || touches(body, deferred)
        }
    }

    func touches(_ callee: Callee) -> Bool {
        switch situation.mocks[callee] {
        case .value(let term): return !term.isGround
        case .callee(let other): return touches(unmocked: other)
        case nil: return touches(unmocked: callee)
        }
    }

    private func touches(unmocked callee: Callee) -> Bool {
        switch callee {
        case .builtin(let name):
            let traits = builtins[name]?.traits ?? []
            return traits.contains(.nondeterministic) && !callsNondeterministic
        case .function(let path):
            // Without a node it is a support rule.
            return tree.node(at: path) == nil || touches(path, isFunction: true)
        }
    }

    private func touches(dataPath path: [ResolvedTerm]) -> Bool {
        let names = path.constantStart
        if situation.isUnknown(DocumentPath(.data, names)) { return true }
        var node = RuleTree.root
        var prefix: [String] = []
        while !tree.hasRules(node) {
            guard prefix.count < names.count else { return touches(below: node, prefix) }
            let name = names[prefix.count]
            prefix.append(name)
            guard !situation.isShadowed(prefix), let child = tree.child(node, name) else {
                return false
            }
            node = child
        }
        return touches(prefix, isFunction: false)
    }

    private func touches(below node: Int, _ prefix: [String]) -> Bool {
        tree.names(node).contains { name in
            let path = prefix + [name]
            guard let child = tree.child(node, name), !situation.isShadowed(path) else {
                return false
            }
            return tree.hasRules(child)
                ? touches(path, isFunction: false) : touches(below: child, path)
        }
    }

    private func touches(_ path: [String], isFunction: Bool) -> Bool {
        let key = SupportKey(path: path, isFunction: isFunction, situation: situation.number)
        if let known = situation.reaches[key] { return known }
        guard let node = tree.node(at: path) else { return false }
        // No rule reaches itself, but through a mock.
        situation.reaches[key] = true
        let rules = isFunction ? tree.functions(node) : tree.rules(node)
        let found = rules.contains { touches($0) }
        situation.reaches[key] = found
        return found
    }

    private func touches(_ rule: ResolvedRule) -> Bool {
        (rule.rest + rule.arguments).contains { touches($0, []) }
            || rule.branches.contains { touches($0.value, []) || touches($0.body, []) }
    }
}
