import RegoSyntax

/// What schemas say of `input` and of base documents, for one rule.
///
/// Annotations of subpackages, packages, documents and the rule itself may each name schemas; the
/// closer one wins. Without any, the schema that was given for `input` counts.
struct DeclaredTypes {
    struct Entry {
        let isInput: Bool
        /// Below `input` or `data`.
        let path: [String]
        let type: RegoType
    }

    private(set) var entries: [Entry] = []

    init(input: RegoType?) {
        if let input { add(Entry(isInput: true, path: [], type: input)) }
    }

    /// Later ones hide those at and below their path.
    mutating func add(_ entry: Entry) {
        entries.removeAll { $0.isInput == entry.isInput && $0.path.starts(with: entry.path) }
        entries.append(entry)
    }

    /// The type that a reference begins in, and how many of its keys lead there.
    func start(isInput: Bool, _ keys: [ResolvedTerm]) -> (type: RegoType, depth: Int)? {
        let found = entries.filter { entry in
            entry.isInput == isInput && entry.path.count <= keys.count
                && zip(entry.path, keys).allSatisfy { name, key in
                    if case .string(name) = key { true } else { false }
                }
        }
        return found.max { $0.path.count < $1.path.count }.map { ($0.type, $0.path.count) }
    }
}

extension Annotations {
    /// - Returns: What the rule's annotations declare, and what is wrong with them.
    func declared(
        _ rule: Int, of module: Int, schemas: SchemaSet, input: RegoType?
    ) -> (DeclaredTypes, [String]) {
        var types = DeclaredTypes(input: input)
        var faults: [String] = []
        for case .object(let pairs) in self.schemas(rule, of: module) {
            var fields: [String: ResolvedTerm] = [:]
            for case (.string(let name), let value) in pairs { fields[name] = value }
            guard let path = fields["path"]?.names, let root = path.first else { continue }
            var schema = fields["definition"]
            if let names = fields["schema"]?.names {
                if schemas.isEmpty { continue }
                schema = schemas.terms[Array(names.dropFirst())]
                if schema == nil || names.first != "schema" {
                    faults.append("undefined schema: \(names.joined(separator: "."))")
                    continue
                }
            }
            guard let schema, ["input", "data"].contains(root) else {
                faults.append("schemas: a path begins with input or data, got `\(root)`")
                continue
            }
            do throws(SchemaTypes.Mistake) {
                types.add(
                    DeclaredTypes.Entry(
                        isInput: root == "input", path: Array(path.dropFirst()),
                        type: try SchemaTypes.type(of: schema)))
            } catch {
                faults.append("unable to compile the schema: \(error.clause)")
            }
        }
        return (types, faults)
    }
}

extension ResolvedTerm {
    fileprivate var names: [String]? {
        guard case .array(let elements) = self else { return nil }
        return elements.compactMap { if case .string(let name) = $0 { name } else { nil } }
    }
}
