extension RegoType {
    /// The keys that a reference may use; `nil` for what has no elements.
    var keys: RegoType? {
        switch kind {
        case .any: .any
        case .union(let members): .anyOf(members.compactMap(\.keys))
        case .array: .number
        case .object(let known, let others):
            .anyOf(known.keys.map(\.type) + (others.map { [$0.key] } ?? []))
        case .set(let member): member
        case .null, .boolean, .number, .string, .function: nil
        }
    }

    /// What iterating gives; `nil` for what has no elements.
    var values: RegoType? {
        switch kind {
        case .any: .any
        case .union(let members): .anyOf(members.compactMap(\.values))
        case .array(let elements, let rest): .anyOf(elements + (rest.map { [$0] } ?? []))
        case .object(let known, let others):
            .anyOf(Array(known.values) + (others.map { [$0.value] } ?? []))
        case .set(let member): member
        case .null, .boolean, .number, .string, .function: nil
        }
    }

    /// The element at a key; `nil` where there can be none.
    func element(_ key: Constant) -> RegoType? {
        switch kind {
        case .any: return .any
        case .union(let members): return .anyOf(members.compactMap { $0.element(key) })
        case .array(let elements, let rest):
            guard case .number(let literal) = key, let position = Int(literal), position >= 0
            else { return nil }
            return position < elements.count ? elements[position] : rest
        case .object(let known, let others):
            if let value = known[key] { return value }
            return others.flatMap { $0.key.contains(key.type) ? $0.value : nil }
        case .set(let member): return member.contains(key.type) ? key.type : nil
        case .null, .boolean, .number, .string, .function: return nil
        }
    }

    private func contains(_ scalar: RegoType) -> Bool {
        members.contains { $0.isAny || $0 == scalar }
    }

    // MARK: Agreement

    /// Whether some value may be of both types. Functions are no values.
    func agrees(with other: RegoType) -> Bool {
        switch (kind, other.kind) {
        case (.function, _), (_, .function): false
        case (.any, _), (_, .any): true
        case (.union(let members), _): members.contains { $0.agrees(with: other) }
        case (_, .union(let members)): members.contains { agrees(with: $0) }
        case (.null, .null), (.boolean, .boolean), (.number, .number), (.string, .string): true
        case (.array, .array): arraysAgree(other)
        case (.object, .object): objectsAgree(other)
        case (.set(let left), .set(let right)): left.agrees(with: right)
        default: false
        }
    }

    private func arraysAgree(_ other: RegoType) -> Bool {
        guard case .array(let left, let leftRest) = kind,
            case .array(let right, let rightRest) = other.kind
        else { return false }
        for position in 0..<max(left.count, right.count) {
            guard let one = position < left.count ? left[position] : leftRest,
                let two = position < right.count ? right[position] : rightRest,
                one.agrees(with: two)
            else { return false }
        }
        guard let leftRest, let rightRest else { return true }
        return leftRest.agrees(with: rightRest)
    }

    private func objectsAgree(_ other: RegoType) -> Bool {
        guard case .object(let left, let leftOthers) = kind,
            case .object(let right, let rightOthers) = other.kind
        else { return false }
        for (key, value) in left {
            guard let opposite = other.element(key), value.agrees(with: opposite) else {
                return false
            }
        }
        for (key, value) in right where left[key] == nil {
            guard let opposite = element(key), value.agrees(with: opposite) else { return false }
        }
        guard let leftOthers, let rightOthers else { return true }
        return leftOthers.value.agrees(with: rightOthers.value)
    }
}
