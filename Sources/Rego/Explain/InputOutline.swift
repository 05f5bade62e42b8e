import RegoMachine

/// Who asked what: the plain values of an input near its root.
enum InputOutline {
    private static let countMax = 40
    private static let depthMax = 4
    /// What names a thing is told from further below.
    private static let naming: Set<String> = ["id", "kind", "name", "type"]

    /// - Returns: References such as `input.subject.id`, and what stands there.
    static func values(in input: [UInt8]?) -> [(text: String, json: [UInt8]?)] {
        guard let input, let document = try? Document.parse(json: input) else { return [] }
        var found: [(path: [String], json: [UInt8]?)] = []
        func add(_ path: [String]) { found.append((path, document.json(at: path))) }
        func visit(_ value: Value, _ path: [String]) {
            switch value.kind {
            case .object where path.count < depthMax:
                for (key, member) in value.entries { visit(member, path + [key.string ?? ""]) }
            case .array where value.elements.allSatisfy(\.isPlain):
                if path.count < 3 { add(path) }
            case .array:
                if let names = value.names { found.append((path, names)) }
            case .object, .set, .undefined: break
            default:
                if path.count < 3 || naming.contains(path.last ?? "") { add(path) }
            }
        }
        document.withRoot { root in
            guard root.kind == .object else { return }
            for (key, member) in root.entries { visit(member, [key.string ?? ""]) }
        }
        return found.prefix(countMax).map { ("input." + $0.path.joined(separator: "."), $0.json) }
    }
}

extension Value {
    /// Of an array of things that have names: `["viewer"]`.
    fileprivate var names: [UInt8]? {
        let arena = Arena.make(bytesMax: 1 << 20)
        defer { arena.destroy() }
        guard let key = try? Value.string("name", in: arena) else { return nil }
        var names: [Value] = []
        for element in elements {
            guard element.kind == .object else { return nil }
            let name = element.element(key, arena: arena)
            guard name.kind == .string else { return nil }
            names.append(name)
        }
        return (try? Value.array(names, in: arena)).flatMap { Document.copy(of: $0)?.json(at: []) }
    }

    fileprivate var isPlain: Bool {
        switch kind {
        case .object, .array, .set: false
        default: true
        }
    }
}
