extension Builtin {
    package static let documents: [Builtin] = [
        Builtin(
            "json.filter", [.object(.any, .any), paths], .object(.any, .any), [.checksOperands],
            run: Documents.filter),
        Builtin(
            "json.patch",
            [
                .any,
                .array(
                    of: .object(
                        [.init("op", .string), .init("path", .any)], others: [.any, .any])),
            ], .any, run: Patches.patch),
        Builtin(
            "json.remove", [.object(.any, .any), paths], .object(.any, .any), [.checksOperands],
            run: Documents.remove),
    ]

    private static let path = TypeDeclaration.anyOf([.string, .array(of: .any)])
    private static let paths = TypeDeclaration.anyOf([.array(of: path), .set(path)])
}

/// What stands at paths of a document. A path is a JSON pointer, or an array of keys of any type;
/// elements of arrays are named by the text of their index.
enum Documents {
    static func filter(
        _ operands: Operands, _ context: BuiltinContext
    ) throws(BuiltinError) -> Value {
        try operands.check(0, is: ["object"])
        return try kept(operands[0], by: try tree(of: operands.list(1), context), context)
    }

    static func remove(
        _ operands: Operands, _ context: BuiltinContext
    ) throws(BuiltinError) -> Value {
        try operands.check(0, is: ["object"])
        return try rest(operands[0], without: try tree(of: operands.list(1), context), context)
    }

    /// The keys of one path.
    /// - Returns: `nil` where the value is neither a string nor an array.
    static func keys(
        of path: Value, _ context: BuiltinContext
    ) throws(BuiltinError) -> [Value]? {
        if path.kind == .array { return Array(path.elements) }
        guard path.kind == .string else { return nil }
        try context.charge(path.bytes.count / 16)
        if path.bytes.isEmpty { return [] }
        let pointer = path.bytes.drop { $0 == UInt8(ascii: "/") }
        var keys: [Value] = []
        for part in pointer.split(separator: UInt8(ascii: "/"), omittingEmptySubsequences: false) {
            keys.append(try unescaped(part, context.arena))
        }
        return keys
    }

    /// `~1` stands for a slash, `~0` for a tilde.
    private static func unescaped(_ part: Bytes, _ arena: Arena) throws(BuiltinError) -> Value {
        guard part.contains(UInt8(ascii: "~")) else { return .string(sharing: part) }
        var text = try TextBuilder(in: arena, capacity: part.count)
        var offset = 0
        while offset < part.count {
            let isTilde = part[offset] == UInt8(ascii: "~") && offset + 1 < part.count
            if isTilde && part[offset + 1] == UInt8(ascii: "1") {
                try text.append(UInt8(ascii: "/"))
                offset += 2
            } else {
                try text.append(part[offset])
                offset += isTilde && part[offset + 1] == UInt8(ascii: "0") ? 2 : 1
            }
        }
        return text.value
    }

    /// All paths in one object of objects; `null` stands where a path ends.
    private static func tree(
        of paths: Elements, _ context: BuiltinContext
    ) throws(BuiltinError) -> Value {
        let root = try Value.object(in: context.arena)
        for path in paths {
            guard let keys = try keys(of: path, context) else {
                throw .operandContent(
                    position: 2,
                    message: "must be one of {set, array} containing string paths or array of path"
                        + " segments but got \(path.typeName)")
            }
            try context.charge(keys.count)
            if keys.count > context.limits.nesting { throw .limit(.nesting) }
            try insert(keys, into: root, context.arena)
        }
        return root
    }

    private static func insert(
        _ keys: [Value], into root: Value, _ arena: Arena
    ) throws(BuiltinError) {
        guard let last = keys.last else { return }
        var node = root
        for key in keys.dropLast() {
            var child = node.element(key, arena: arena)
            // A shorter path covers this one.
            if child.kind == .null { return }
            if child.isUndefined {
                child = try Value.object(in: arena)
                try node.insert(key, child, in: arena)
            }
            node = child
        }
        try node.insert(last, .null, in: arena)
    }

    private static func branch(
        _ tree: Value, _ index: Int, _ arena: Arena
    ) throws(BuiltinError) -> Value {
        tree.element(try .string(String(index), in: arena), arena: arena)
    }
}

extension Documents {
    /// The parts of a value that a tree of paths leads to.
    private static func kept(
        _ value: Value, by tree: Value, _ context: BuiltinContext
    ) throws(BuiltinError) -> Value {
        if tree.kind == .null { return value }
        let arena = context.arena
        switch value.kind {
        case .object:
            let kept = try Value.object(in: arena)
            try context.charge(tree.entries.count)
            for branch in tree.entries {
                let below = value.element(branch.key, arena: arena)
                if below.isUndefined { continue }
                try kept.insert(branch.key, self.kept(below, by: branch.value, context), in: arena)
            }
            return kept
        case .array:
            var elements: [Value] = []
            try context.charge(value.elements.count)
            for (index, element) in value.elements.enumerated() {
                let branch = try branch(tree, index, arena)
                if branch.isUndefined { continue }
                elements.append(try kept(element, by: branch, context))
            }
            return try .array(elements, in: arena)
        case .set:
            let members = try Value.set(in: arena)
            try context.charge(tree.entries.count)
            for branch in tree.entries where value.holds(branch.key, in: arena) {
                try members.insert(kept(branch.key, by: branch.value, context), in: arena)
            }
            return members
        default: return value
        }
    }

    /// A value without the parts that a tree of paths leads to.
    private static func rest(
        _ value: Value, without tree: Value, _ context: BuiltinContext
    ) throws(BuiltinError) -> Value {
        guard tree.kind == .object else { return value }
        let arena = context.arena
        try context.charge(value.count ?? 0)
        switch value.kind {
        case .object:
            let rest = try Value.object(capacity: value.entries.count, in: arena)
            for entry in value.entries {
                let branch = tree.element(entry.key, arena: arena)
                if branch.kind == .null { continue }
                let left = try self.rest(entry.value, without: branch, context)
                try rest.insert(entry.key, left, in: arena)
            }
            return rest
        case .array:
            var elements: [Value] = []
            for (index, element) in value.elements.enumerated() {
                let branch = try branch(tree, index, arena)
                if branch.kind == .null { continue }
                elements.append(try rest(element, without: branch, context))
            }
            return try .array(elements, in: arena)
        case .set:
            let members = try Value.set(capacity: value.members.count, in: arena)
            for member in value.members {
                let branch = tree.element(member, arena: arena)
                if branch.kind == .null { continue }
                try members.insert(rest(member, without: branch, context), in: arena)
            }
            return members
        default: return value
        }
    }
}
