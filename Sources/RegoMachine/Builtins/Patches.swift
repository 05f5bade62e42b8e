/// JSON Patch, on sets too: there a key is the member itself.
///
/// Nothing is changed in place; an operation copies the collections along its path. An operation
/// that cannot be applied makes the whole patch undefined.
/// - Source: RFC 6902; paths as in `Documents`.
enum Patches {
    static func patch(
        _ operands: Operands, _ context: BuiltinContext
    ) throws(BuiltinError) -> Value {
        var document = operands[0]
        for operation in operands[1].elements {
            guard operation.kind == .object,
                let changed = try apply(operation, to: document, context)
            else { return .undefined }
            document = changed
        }
        return document
    }

    /// - Returns: The document afterwards, `undefined` where it was removed as a whole; `nil`
    ///   where the operation is malformed or does not fit.
    private static func apply(
        _ operation: Value, to document: Value, _ context: BuiltinContext
    ) throws(BuiltinError) -> Value? {
        guard let name = try member("op", of: operation, context)?.string,
            let path = try keys("path", of: operation, context)
        else { return nil }
        switch name {
        case "remove": return try edit(document, path, .remove, context)
        case "add", "replace", "test":
            guard let value = try member("value", of: operation, context) else { return nil }
            if name == "test" {
                return find(path, in: document, context) == value ? document : nil
            }
            if name == "add" { return try edit(document, path, .insert(value), context) }
            guard let without = try edit(document, path, .remove, context) else { return nil }
            return try edit(without, path, .insert(value), context)
        case "copy", "move":
            guard let from = try keys("from", of: operation, context),
                let value = find(from, in: document, context)
            else { return nil }
            // Copies share memory, so that a few operations could make a value too deep or too
            // large to go through.
            try measure(value, depth: path.count, context)
            let source = name == "copy" ? document : try edit(document, from, .remove, context)
            guard let source else { return nil }
            return try edit(source, path, .insert(value), context)
        default: return nil
        }
    }

    private static func member(
        _ name: String, of operation: Value, _ context: BuiltinContext
    ) throws(BuiltinError) -> Value? {
        let key = try Value.string(name, in: context.arena)
        let value = operation.element(key, arena: context.arena)
        return value.isUndefined ? nil : value
    }

    private static func keys(
        _ name: String, of operation: Value, _ context: BuiltinContext
    ) throws(BuiltinError) -> [Value]? {
        guard let path = try member(name, of: operation, context) else { return nil }
        let keys = try Documents.keys(of: path, context)
        if let keys, keys.count > context.limits.nesting { throw .limit(.nesting) }
        return keys
    }

    /// Pays for each value inside.
    private static func measure(
        _ value: Value, depth: Int, _ context: BuiltinContext
    ) throws(BuiltinError) {
        if depth > context.limits.nesting { throw .limit(.nesting) }
        try context.charge(1)
        switch value.kind {
        case .array, .set:
            for item in value.items { try measure(item, depth: depth + 1, context) }
        case .object:
            for entry in value.entries {
                try measure(entry.key, depth: depth + 1, context)
                try measure(entry.value, depth: depth + 1, context)
            }
        default: break
        }
    }
}

extension Patches {
    private enum Change {
        case insert(Value)
        case remove
    }

    private static func find(
        _ path: [Value], in document: Value, _ context: BuiltinContext
    ) -> Value? {
        var found = document
        for key in path {
            if found.kind == .array {
                guard let index = index(key, in: found.elements, context),
                    index < found.elements.count
                else { return nil }
                found = found.elements[index]
            } else {
                found = found.element(key, arena: context.arena)
            }
            if found.isUndefined { return nil }
        }
        return found.isUndefined ? nil : found
    }

    /// - Returns: A copy of the document with the change at the path, or `nil` where the path does
    ///   not lead there.
    private static func edit(
        _ document: Value, _ path: [Value], _ change: Change, _ context: BuiltinContext
    ) throws(BuiltinError) -> Value? {
        guard let last = path.last else {
            if case .insert(let value) = change { return value }
            return document.isUndefined ? nil : .undefined
        }
        // The collections on the way, outermost first.
        var spine = [document]
        for key in path.dropLast() {
            guard let next = find([key], in: spine[spine.count - 1], context) else { return nil }
            spine.append(next)
        }
        guard var changed = try edit(spine[spine.count - 1], at: last, change, context) else {
            return nil
        }
        for depth in (0..<spine.count - 1).reversed() {
            changed = try replace(path[depth], in: spine[depth], with: changed, context)
        }
        return changed
    }

    private static func edit(
        _ collection: Value, at key: Value, _ change: Change, _ context: BuiltinContext
    ) throws(BuiltinError) -> Value? {
        try context.charge(1 + (collection.count ?? 0))
        switch collection.kind {
        case .array: return try edit(collection.elements, at: key, change, context)
        case .object:
            if case .insert(let value) = change {
                let copy = try collection.copied(in: context.arena)
                try copy.insert(key, value, in: context.arena)
                return copy
            }
            return try without(key, collection, context)
        case .set:
            if case .insert(let value) = change {
                guard key == value else { return nil }
                let copy = try collection.copied(in: context.arena)
                try copy.insert(value, in: context.arena)
                return copy
            }
            return try without(key, collection, context)
        default: return nil
        }
    }

    private static func edit(
        _ elements: Elements, at key: Value, _ change: Change, _ context: BuiltinContext
    ) throws(BuiltinError) -> Value? {
        guard let index = index(key, in: elements, context) else { return nil }
        var changed = Array(elements)
        switch change {
        case .insert(let value): changed.insert(value, at: index)
        case .remove:
            guard index < elements.count else { return nil }
            changed.remove(at: index)
        }
        return try .array(changed, in: context.arena)
    }

    private static func without(
        _ key: Value, _ collection: Value, _ context: BuiltinContext
    ) throws(BuiltinError) -> Value? {
        guard collection.holds(key, in: context.arena) else { return nil }
        if collection.kind == .set {
            return try .set(collection.members.filter { $0 != key }, in: context.arena)
        }
        let rest = try Value.object(capacity: collection.entries.count, in: context.arena)
        for entry in collection.entries where entry.key != key {
            try rest.insert(entry.key, entry.value, in: context.arena)
        }
        return rest
    }

    /// A copy of a collection with another value where one stands.
    private static func replace(
        _ key: Value, in collection: Value, with value: Value, _ context: BuiltinContext
    ) throws(BuiltinError) -> Value {
        try context.charge(1 + (collection.count ?? 0))
        if collection.kind == .array {
            var elements = Array(collection.elements)
            if let index = index(key, in: collection.elements, context) { elements[index] = value }
            return try .array(elements, in: context.arena)
        }
        if collection.kind == .set {
            let others = collection.members.filter { $0 != key }
            return try .set(others + [value], in: context.arena)
        }
        let copy = try collection.copied(in: context.arena)
        try copy.insert(key, value, in: context.arena)
        return copy
    }

    /// Where a key points in an array, up to one past its end, which `-` names.
    private static func index(
        _ key: Value, in elements: Elements, _ context: BuiltinContext
    ) -> Int? {
        var index = key.index
        if let text = key.string {
            if text == "-" { return elements.count }
            if text != "0" && text.hasPrefix("0") { return nil }
            index = Int64(text)
        }
        guard let index, index >= 0, index <= Int64(elements.count) else { return nil }
        return Int(index)
    }
}
