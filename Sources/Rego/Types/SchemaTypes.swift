/// The types that JSON Schemas say of values.
///
/// What a schema does not say is `any`; keywords of values (`minimum`, `pattern`, `enum`) and
/// `oneOf`, `not`, `if` say nothing of types here. References stay inside of the schema.
/// - Source: OPA documentation, "Type checking", Supported schemas.
struct SchemaTypes {
    let root: ResolvedTerm
    /// References under way: one that comes back to itself is `any`.
    private var open: Set<String> = []

    /// Why a schema is none.
    struct Mistake: Error {
        let clause: String
    }

    private static let depthMax = 64

    static func type(of schema: ResolvedTerm) throws(Mistake) -> RegoType {
        guard schema.isSchema else { throw Mistake(clause: "a schema is an object or a boolean") }
        var types = SchemaTypes(root: schema)
        return try types.type(schema, 0)
    }

    private init(root: ResolvedTerm) { self.root = root }

    private mutating func type(_ schema: ResolvedTerm, _ depth: Int) throws(Mistake) -> RegoType {
        guard depth < SchemaTypes.depthMax else { return .any }
        if case .string(let reference)? = schema.member("$ref") {
            return try target(of: reference, depth)
        }
        if let options = schema.list("anyOf") {
            var found: [RegoType] = []
            for option in options { found.append(try type(option, depth + 1)) }
            return .anyOf(found) ?? .any
        }
        if let parts = schema.list("allOf") { return try all(parts, depth) }
        let named = schema.typeNames
        if named.isEmpty {
            if schema.member("properties") != nil { return try object(schema, depth) }
            if schema.member("items") != nil { return try array(schema, depth) }
            return .any
        }
        var found: [RegoType] = []
        for name in named {
            switch name {
            case "null": found.append(.null)
            case "boolean": found.append(.boolean)
            case "string": found.append(.string)
            case "number", "integer": found.append(.number)
            case "object": found.append(try object(schema, depth))
            case "array": found.append(try array(schema, depth))
            default: throw Mistake(clause: "`\(name)` is no type of JSON Schema")
            }
        }
        return .anyOf(found) ?? .any
    }

    private mutating func object(
        _ schema: ResolvedTerm, _ depth: Int
    ) throws(Mistake) -> RegoType {
        guard case .object(let properties)? = schema.member("properties"), !properties.isEmpty
        else { return .object(of: .any, .any) }
        var known: [RegoType.Constant: RegoType] = [:]
        for pair in properties {
            guard case .string(let name) = pair.key else { continue }
            known[.string(name)] = try type(pair.value, depth + 1)
        }
        // As in OPA, properties that are not named are not there, unless the schema says so.
        switch schema.member("additionalProperties") {
        case .object(let pairs)?:
            let value = try type(.object(pairs), depth + 1)
            return .object(known, others: RegoType.Others(key: .string, value: value))
        case .boolean(true)?:
            return .object(known, others: RegoType.Others(key: .any, value: .any))
        default: return .object(known)
        }
    }

    private mutating func array(_ schema: ResolvedTerm, _ depth: Int) throws(Mistake) -> RegoType {
        switch schema.member("items") {
        case .array(let items)?:
            var found: [RegoType] = []
            for item in items { found.append(try type(item, depth + 1)) }
            return .array(found)
        case let item?: return .array([], rest: try type(item, depth + 1))
        case nil: return .array([], rest: .any)
        }
    }

    /// Objects that all hold are one object.
    private mutating func all(
        _ parts: [ResolvedTerm], _ depth: Int
    ) throws(Mistake) -> RegoType {
        var merged: [RegoType.Constant: RegoType] = [:]
        var others: RegoType.Others?
        for part in parts {
            guard case .object(let known, let more) = try type(part, depth + 1).kind else {
                return .any
            }
            merged.merge(known) { $1 }
            others = others ?? more
        }
        return .object(merged, others: others)
    }

    private mutating func target(
        of reference: String, _ depth: Int
    ) throws(Mistake) -> RegoType {
        guard reference.hasPrefix("#") else {
            throw Mistake(clause: "remote reference loading disabled: \(reference.prefix(200))")
        }
        guard open.insert(reference).inserted else { return .any }
        defer { open.remove(reference) }
        var found = root
        for token in reference.dropFirst().split(separator: "/") {
            let name = token.split(separator: "~1", omittingEmptySubsequences: false)
                .joined(separator: "/")
                .split(separator: "~0", omittingEmptySubsequences: false).joined(separator: "~")
            guard let next = found.member(name) else {
                throw Mistake(clause: "object has no key '\(reference.prefix(200))'")
            }
            found = next
        }
        return try type(found, depth + 1)
    }
}

extension ResolvedTerm {
    fileprivate var isSchema: Bool {
        switch self {
        case .object, .boolean: true
        default: false
        }
    }

    fileprivate func member(_ name: String) -> ResolvedTerm? {
        switch self {
        case .object(let pairs):
            return pairs.first { if case .string(name) = $0.key { true } else { false } }?.value
        case .array(let elements):
            return Int(name).flatMap { elements.indices.contains($0) ? elements[$0] : nil }
        default: return nil
        }
    }

    fileprivate func list(_ name: String) -> [ResolvedTerm]? {
        if case .array(let elements)? = member(name) { elements } else { nil }
    }

    fileprivate var typeNames: [String] {
        switch member("type") {
        case .string(let name)?: [name]
        case .array(let names)?:
            names.compactMap { if case .string(let name) = $0 { name } else { nil } }
        default: []
        }
    }
}
