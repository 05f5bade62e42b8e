/// What an expression binds, given the variables that are bound before it.
struct Bindings {
    let variables: [Variable]
    let depth: Int
    let safe: LocalSet

    func outputs(of expression: ResolvedExpression) -> LocalSet {
        for modifier in expression.modifiers {
            guard case .term(let value) = modifier.value else { continue }
            var reads = Reads(variables: variables, depth: depth)
            reads.add(value)
            guard reads.direct.isSubset(of: safe) else { return LocalSet() }
        }
        var outputs = LocalSet()
        switch expression.kind {
        case .not, .and, .or: break
        case .term(let term): addKeys(of: term, to: &outputs)
        case .every(_, _, let domain, _): addKeys(of: domain, to: &outputs)
        case .unify(let left, let right):
            addKeys(of: left, to: &outputs)
            addKeys(of: right, to: &outputs)
            var before = safe
            before.formUnion(outputs)
            var matching = Matching(bindings: self, safe: before)
            matching.match(left, right)
            var marked = matching.marked
            if expression.isAssignment {
                var reads = Reads(variables: variables, depth: depth)
                reads.add(right)
                marked.subtract(reads.direct)
            }
            outputs.formUnion(marked)
        }
        return outputs
    }

    func isSafe(_ local: LocalID, in set: LocalSet) -> Bool {
        variables[local].depth < depth || set.contains(local)
    }

    // MARK: Keys

    /// Adds the variables that iterating over the references in a term binds.
    private func addKeys(of term: ResolvedTerm, to outputs: inout LocalSet) {
        switch term {
        case .null, .boolean, .number, .string, .local, .input, .data: break
        case .reference(let head, let path):
            guard isReadable(head, in: safe) else { return }
            addKeys(of: head, to: &outputs)
            for element in path {
                addVariables(of: element, to: &outputs)
                addKeys(of: element, to: &outputs)
            }
        case .call(_, let arguments, _): for term in arguments { addKeys(of: term, to: &outputs) }
        case .array(let elements), .set(let elements):
            for element in elements { addKeys(of: element, to: &outputs) }
        case .object(let pairs):
            for pair in pairs {
                addKeys(of: pair.key, to: &outputs)
                addKeys(of: pair.value, to: &outputs)
            }
        case .arrayComprehension, .setComprehension, .objectComprehension: break
        }
    }

    /// Whether iterating over a reference binds one of some variables.
    func bindsKeys(_ reference: ResolvedTerm, _ wanted: LocalSet) -> Bool {
        var keys = LocalSet()
        addKeys(of: reference, to: &keys)
        return !wanted.isSubset(of: wanted.subtracting(keys))
    }

    /// The variables of a key: not the heads of references in it, nor what calls in it read.
    private func addVariables(of key: ResolvedTerm, to outputs: inout LocalSet) {
        switch key {
        case .local(let local):
            if variables[local].depth == depth { outputs.insert(local) }
        case .reference(_, let path):
            for element in path { addVariables(of: element, to: &outputs) }
        case .array(let elements), .set(let elements):
            for element in elements { addVariables(of: element, to: &outputs) }
        case .object(let pairs):
            for pair in pairs {
                addVariables(of: pair.key, to: &outputs)
                addVariables(of: pair.value, to: &outputs)
            }
        case .null, .boolean, .number, .string, .input, .data, .call: break
        case .arrayComprehension, .setComprehension, .objectComprehension: break
        }
    }

    /// Whether a term can be evaluated: all it mentions is bound, or bound by iterating.
    func isReadable(_ term: ResolvedTerm, in set: LocalSet) -> Bool {
        switch term {
        case .null, .boolean, .number, .string, .input, .data: return true
        case .local(let local): return isSafe(local, in: set)
        default:
            var reads = Reads(variables: variables, depth: depth)
            reads.add(term)
            var missing = reads.direct.subtracting(set)
            guard !missing.isEmpty else { return true }
            var keys = LocalSet()
            addKeys(of: term, to: &keys)
            missing.subtract(keys)
            return missing.isEmpty
        }
    }
}

/// The variables that matching two terms binds.
struct Matching {
    let bindings: Bindings
    let safe: LocalSet
    private(set) var marked = LocalSet()
    /// For a variable, those that must be bound for it to be.
    private var waiting: [LocalID: Set<LocalID>] = [:]

    init(bindings: Bindings, safe: LocalSet) {
        self.bindings = bindings
        self.safe = safe
    }

    private func isSafe(_ local: LocalID) -> Bool {
        bindings.isSafe(local, in: safe) || marked.contains(local)
    }

    mutating func match(_ left: ResolvedTerm, _ right: ResolvedTerm) {
        switch (left, right) {
        case (.local(let a), .local(let b)):
            if isSafe(b) {
                mark(a)
            } else if isSafe(a) {
                mark(b)
            } else {
                waiting[a, default: []].insert(b)
                waiting[b, default: []].insert(a)
            }
        case (.local(let local), let term), (let term, .local(let local)):
            match(local, term)
        case (.array(let a), .array(let b)):
            guard a.count == b.count else { return }
            for (left, right) in zip(a, b) { match(left, right) }
        case (.object(let a), .object(let b)):
            matchObjects(a, b)
        case (.array, let source), (.object, let source):
            if source.isSource && bindings.isReadable(source, in: safe) { markAll(left) }
        case (let source, .array), (let source, .object):
            if source.isSource && bindings.isReadable(source, in: safe) { markAll(right) }
        default: break
        }
    }

    private mutating func match(_ local: LocalID, _ term: ResolvedTerm) {
        switch term {
        case .array, .object:
            if isSafe(local) {
                markAll(term)
                return
            }
            var missing = Set<LocalID>()
            term.forEachPatternLocal { if !isSafe($0) { missing.insert($0) } }
            if missing.isEmpty {
                mark(local)
            } else {
                waiting[local, default: []].formUnion(missing)
            }
        case .reference(let head, _):
            if bindings.isReadable(head, in: safe) { mark(local) }
        case .call:
            if bindings.isReadable(term, in: safe) { mark(local) }
        default:
            mark(local)
        }
    }

    private mutating func matchObjects(
        _ a: [(key: ResolvedTerm, value: ResolvedTerm)],
        _ b: [(key: ResolvedTerm, value: ResolvedTerm)]
    ) {
        guard a.count == b.count else { return }
        for left in a {
            for right in b where left.key.isSameKey(as: right.key) {
                match(left.value, right.value)
            }
        }
    }

    private mutating func mark(_ local: LocalID) {
        guard !marked.contains(local), !bindings.isSafe(local, in: safe) else { return }
        marked.insert(local)
        for other in waiting.removeValue(forKey: local) ?? [] { mark(other) }
        for (other, missing) in waiting where missing.contains(local) {
            waiting[other]?.remove(local)
            if waiting[other]?.isEmpty ?? false {
                waiting[other] = nil
                mark(other)
            }
        }
    }

    private mutating func markAll(_ pattern: ResolvedTerm) {
        var found: [LocalID] = []
        pattern.forEachPatternLocal { found.append($0) }
        for local in found { mark(local) }
    }
}

extension ResolvedTerm {
    /// Whether matching a pattern with it gives the pattern's variables values.
    fileprivate var isSource: Bool {
        switch self {
        case .reference, .call, .input, .data: true
        case .arrayComprehension, .setComprehension, .objectComprehension: true
        default: false
        }
    }

    /// Whether two keys of objects are surely the same.
    func isSameKey(as other: ResolvedTerm) -> Bool {
        switch (self, other) {
        case (.string(let a), .string(let b)), (.number(let a), .number(let b)): a == b
        case (.boolean(let a), .boolean(let b)): a == b
        case (.null, .null), (.input, .input), (.data, .data): true
        case (.local(let a), .local(let b)): a == b
        case (.array(let a), .array(let b)): a.areSameKeys(as: b)
        case (.reference(let a, let first), .reference(let b, let second)):
            a.isSameKey(as: b) && first.areSameKeys(as: second)
        default: false
        }
    }

    /// The locals of a pattern: not those in keys, heads of references, calls, closures.
    fileprivate func forEachPatternLocal(_ visit: (LocalID) -> Void) {
        switch self {
        case .local(let local): visit(local)
        case .reference(_, let path): path.forEach { $0.forEachPatternLocal(visit) }
        case .array(let elements), .set(let elements):
            elements.forEach { $0.forEachPatternLocal(visit) }
        case .object(let pairs): pairs.forEach { $0.value.forEachPatternLocal(visit) }
        case .null, .boolean, .number, .string, .input, .data, .call: break
        case .arrayComprehension, .setComprehension, .objectComprehension: break
        }
    }
}

extension [ResolvedTerm] {
    fileprivate func areSameKeys(as other: [ResolvedTerm]) -> Bool {
        count == other.count && zip(self, other).allSatisfy { $0.isSameKey(as: $1) }
    }
}
