/// A term as the type checker sees it: what it is made of where its variables may still be given
/// a type, and the type of the rest.
indirect enum Shape {
    case type(RegoType)
    /// Refused already: agrees with all.
    case refused
    case local(LocalID)
    case array([Shape])
    case object([(key: Shape, constant: RegoType.Constant?, value: Shape)])
    case set([Shape])
}

extension ResolvedTerm {
    var constant: RegoType.Constant? {
        switch self {
        case .null: .null
        case .boolean(let value): .boolean(value)
        case .number(let literal): .number(literal)
        case .string(let text): .string(text)
        default: nil
        }
    }
}

/// The types of one body's variables.
struct LocalTypes {
    private var types: [RegoType?]
    private var changes: [(local: LocalID, before: RegoType?)] = []

    init(count: Int) { types = Array(repeating: nil, count: count) }

    subscript(local: LocalID) -> RegoType? { types[local] }

    mutating func set(_ local: LocalID, _ type: RegoType) {
        changes.append((local, types[local]))
        types[local] = type
    }

    var mark: Int { changes.count }

    /// Forgets what a closure found.
    mutating func restore(to mark: Int) {
        while changes.count > mark, let (local, before) = changes.popLast() {
            types[local] = before
        }
    }

    /// The type of a shape; `nil` where a variable in it has none yet.
    func type(of shape: Shape) -> RegoType? {
        switch shape {
        case .type(let type): return type
        case .refused: return .any
        case .local(let local): return types[local]
        case .array(let elements):
            guard let types = self.types(of: elements) else { return nil }
            return .array(types, rest: types.isEmpty ? .any : nil)
        case .set(let elements):
            guard let types = self.types(of: elements) else { return nil }
            return .set(.anyOf(types) ?? .any)
        case .object(let pairs):
            var known: [RegoType.Constant: RegoType] = [:]
            var others: RegoType.Others?
            for pair in pairs {
                guard let value = type(of: pair.value) else { return nil }
                if let constant = pair.constant {
                    known[constant] = value
                } else {
                    guard let key = type(of: pair.key) else { return nil }
                    others = RegoType.Others(
                        key: others?.key.or(key) ?? key, value: others?.value.or(value) ?? value)
                }
            }
            if pairs.isEmpty { others = RegoType.Others(key: .any, value: .any) }
            return .object(known, others: others)
        }
    }

    private func types(of shapes: [Shape]) -> [RegoType]? {
        var result: [RegoType] = []
        result.reserveCapacity(shapes.count)
        for shape in shapes {
            guard let type = type(of: shape) else { return nil }
            result.append(type)
        }
        return result
    }

    // MARK: Matching

    /// Whether two terms may be equal. Gives their variables types.
    mutating func match(_ left: Shape, _ right: Shape) -> Bool {
        switch (type(of: left), type(of: right)) {
        case (nil, let type?): return admit(left, type)
        case (let type?, nil): return admit(right, type)
        case (let one?, let two?): return one.agrees(with: two)
        case (nil, nil): break
        }
        switch (left, right) {
        case (.array(let one), .array(let two)):
            guard one.count == two.count else { return false }
            for (left, right) in zip(one, two) {
                guard match(left, right) else { return false }
            }
            return true
        case (.object(let one), .object(let two)): return matchObjects(one, two)
        case (.local(let local), .array), (.local(let local), .object), (.local(let local), .set),
            (.local(let local), .local):
            return admit(right, .any) && admit(.local(local), type(of: right) ?? .any)
        case (.array, .local(let local)), (.object, .local(let local)), (.set, .local(let local)):
            return admit(left, .any) && admit(.local(local), type(of: left) ?? .any)
        default: return false
        }
    }

    private mutating func matchObjects(
        _ left: [(key: Shape, constant: RegoType.Constant?, value: Shape)],
        _ right: [(key: Shape, constant: RegoType.Constant?, value: Shape)]
    ) -> Bool {
        guard left.count == right.count else { return false }
        var opposite: [RegoType.Constant: Shape] = [:]
        for pair in right { if let constant = pair.constant { opposite[constant] = pair.value } }
        for pair in left {
            guard let constant = pair.constant else { continue }
            guard let value = opposite[constant] else {
                if opposite.count == right.count { return false }
                continue
            }
            guard match(pair.value, value) else { return false }
        }
        return true
    }

    /// Whether a term may be of a type. Gives its variables types: with `widening`, beside what
    /// they have.
    mutating func admit(_ shape: Shape, _ type: RegoType, widening: Bool = false) -> Bool {
        switch shape {
        case .refused: return true
        case .type(let own): return own.agrees(with: type)
        case .local(let local):
            if let known = types[local] {
                if !widening { return known.agrees(with: type) }
                set(local, known.or(type))
            } else {
                set(local, type)
            }
            return true
        case .array(let parts), .set(let parts):
            if type.isAny {
                for part in parts { _ = admit(part, .any, widening: true) }
                return true
            }
        case .object(let pairs):
            if type.isAny {
                for pair in pairs {
                    _ = admit(pair.key, .any, widening: true)
                    _ = admit(pair.value, .any, widening: true)
                }
                return true
            }
        }
        guard case .union(let members) = type.kind else {
            return admitParts(shape, type, widening)
        }
        var agrees = false
        for member in members where admit(shape, member, widening: true) { agrees = true }
        return agrees
    }

    private mutating func admitParts(
        _ shape: Shape, _ type: RegoType, _ widening: Bool
    ) -> Bool {
        switch (shape, type.kind) {
        case (.array(let parts), .array(let elements, let rest)):
            guard parts.count == elements.count || rest != nil else { return false }
            for (position, part) in parts.enumerated() {
                guard let element = position < elements.count ? elements[position] : rest,
                    admit(part, element, widening: widening)
                else { return false }
            }
            return true
        case (.set(let parts), .set(let member)):
            for part in parts {
                guard admit(part, member, widening: widening) else { return false }
            }
            return true
        case (.object(let pairs), .object(let known, let others)):
            guard pairs.count == known.count || others != nil else { return false }
            for pair in pairs {
                if let constant = pair.constant {
                    guard let element = type.element(constant),
                        admit(pair.value, element, widening: widening)
                    else { return false }
                } else {
                    _ = admit(pair.key, type.keys ?? .any, widening: widening)
                    _ = admit(pair.value, type.values ?? .any, widening: widening)
                }
            }
            return true
        default: return false
        }
    }
}
