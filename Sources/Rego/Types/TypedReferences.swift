import RegoSyntax

extension TypeChecker {
    /// What a reference gives. Gives the variables among its keys types.
    mutating func reference(
        _ head: ResolvedTerm, _ path: [ResolvedTerm], _ span: ResolvedSpan
    ) -> Shape {
        let keys = path.map { shape(of: $0, span) }
        switch head {
        case .input:
            guard let (type, depth) = declared.start(isInput: true, path) else {
                leaveOpen(keys[...])
                return .type(.any)
            }
            let written = KeyPath(head: .input, terms: path, keys: keys)
            return element(of: type, written, from: depth, span)
        case .data: return document(path, keys, span)
        default:
            let base = shape(of: head, span)
            if base.isRefused { return .refused }
            let type = locals.type(of: base) ?? .any
            return element(of: type, KeyPath(head: head, terms: path, keys: keys), from: 0, span)
        }
    }

    /// A reference's keys, as terms and as shapes.
    struct KeyPath {
        let head: ResolvedTerm
        let terms: [ResolvedTerm]
        let keys: [Shape]
    }

    /// Variables over what is not known.
    private mutating func leaveOpen(_ keys: ArraySlice<Shape>) {
        for case .local(let local) in keys where locals[local] == nil { locals.set(local, .any) }
    }

    // MARK: Documents

    private mutating func document(
        _ path: [ResolvedTerm], _ keys: [Shape], _ span: ResolvedSpan
    ) -> Shape {
        let written = KeyPath(head: .data, terms: path, keys: keys)
        var node = 0
        for (position, term) in path.enumerated() {
            var child: Int?
            if case .string(let name) = term { child = exports.child(of: node, named: name) }
            if let child {
                node = child
                continue
            }
            // Where rules stand below a partial one, what others have is not known.
            if exports.nodes[node].below == 0, let type = ruleTypes[node] {
                return element(of: type, written, from: position, span)
            }
            if let (type, depth) = declared.start(isInput: false, path) {
                return element(of: type, written, from: depth, span)
            }
            leaveOpen(keys[position...])
            return .type(.any)
        }
        guard let type = ruleTypes[node] else { return .type(.any) }
        guard type.isFunction else {
            return exports.nodes[node].below == 0 ? .type(type) : .type(.any)
        }
        refuse(written, at: path.count, of: type, span)
        return .type(type)
    }

    // MARK: Elements

    private mutating func element(
        of type: RegoType, _ path: KeyPath, from start: Int, _ span: ResolvedSpan
    ) -> Shape {
        var type = type
        for position in start..<path.terms.count {
            guard let next = element(of: type, path.terms[position].constant, path.keys[position])
            else {
                refuse(path, at: position, of: type, span)
                return .refused
            }
            type = next
        }
        return .type(type)
    }

    private mutating func element(
        of type: RegoType, _ constant: RegoType.Constant?, _ key: Shape
    ) -> RegoType? {
        guard let keys = type.keys else { return nil }
        if let constant { return type.element(constant) }
        guard locals.admit(key, keys) else { return nil }
        return type.values ?? .any
    }
}
