import RegoMachine
import RegoSyntax

/// What the `# METADATA` blocks of all modules say, for `rego.metadata.rule()` and `.chain()`.
///
/// Read when the first call asks: YAML is decoded for policies that look at it.
/// - Source: OPA documentation, "Annotations".
final class Annotations {
    enum Scope: String {
        case rule, document, package, subpackages
    }

    struct Annotation {
        let scope: Scope
        let content: ResolvedTerm
        let module: Int
        let target: AnnotationBlock.Target
        /// From `data`: of the rule or the package.
        let path: [String]
        let isEntrypoint: Bool
    }

    private let modules: [CompiledModule]
    /// Blocks that are no YAML.
    private(set) lazy var faults: [Diagnostic] = read.faults
    private lazy var read = readAll()

    init(_ modules: [CompiledModule]) { self.modules = modules }

    /// The annotations of a rule itself: those of the block closest to it.
    func rule(_ rule: Int, of module: Int) -> ResolvedTerm {
        ofRule(rule, module).first?.content ?? .object([])
    }

    /// The annotations of a document as a whole.
    func document(at path: [String]) -> ResolvedTerm? { first(.document, path)?.content }

    /// The annotations of a rule, its document, its package and those above, from the inside out.
    func chain(_ rule: Int, of module: Int) -> ResolvedTerm {
        let package = modules[module].module.package
        let path = modules[module].module.rules[rule].head.constantPath(in: package)
        var links = ofRule(rule, module).map { link($0.path, $0) }
        if links.isEmpty { links = [link(path, nil)] }
        if let document = first(.document, path) { links.append(link(path, document)) }
        if let own = first(.package, package) { links.append(link(package, own)) }
        for length in package.indices.reversed() {
            let above = Array(package[...length])
            if let found = first(.subpackages, above) { links.append(link(above, found)) }
        }
        return .array(links)
    }

    /// What `entrypoint: true` stands above.
    var entrypoints: [(module: Int, target: AnnotationBlock.Target, path: [String])] {
        read.annotations.filter(\.isEntrypoint).map { ($0.module, $0.target, $0.path) }
    }

    /// Whether some block names schemas, as far as its text shows.
    var nameSchemas: Bool {
        modules.contains { $0.module.annotations.contains { $0.yaml.contains("schemas") } }
    }

    /// The elements of `schemas` that concern a rule, from the outside in.
    func schemas(_ rule: Int, of module: Int) -> [ResolvedTerm] {
        let package = modules[module].module.package
        let path = modules[module].module.rules[rule].head.constantPath(in: package)
        var links = package.indices.compactMap { first(.subpackages, Array(package[...$0])) }
        links += [first(.package, package), first(.document, path)].compactMap { $0 }
        links += ofRule(rule, module).reversed()
        return links.flatMap { annotation -> [ResolvedTerm] in
            guard case .object(let pairs) = annotation.content else { return [] }
            for case (.string("schemas"), .array(let elements)) in pairs { return elements }
            return []
        }
    }

    private func ofRule(_ rule: Int, _ module: Int) -> [Annotation] {
        read.annotations.filter {
            $0.scope == .rule && $0.module == module && $0.target == .rule(rule)
        }.reversed()
    }

    private func first(_ scope: Scope, _ path: [String]) -> Annotation? {
        read.annotations.first { $0.scope == scope && $0.path == path }
    }

    private func link(_ path: [String], _ annotation: Annotation?) -> ResolvedTerm {
        let place = (ResolvedTerm.string("path"), ResolvedTerm.array(path.map { .string($0) }))
        guard let annotation else { return .object([place]) }
        return .object([place, (.string("annotations"), annotation.content)])
    }

    // MARK: Reading

    private func readAll() -> (annotations: [Annotation], faults: [Diagnostic]) {
        var annotations: [Annotation] = []
        var faults: [Diagnostic] = []
        for (index, compiled) in modules.enumerated() {
            let module = compiled.module
            for block in module.annotations {
                do throws(YAMLError) {
                    annotations.append(try read(block, of: module, index))
                } catch {
                    faults.append(
                        Diagnostic(
                            code: .parse, message: error.message, file: module.source.name,
                            span: block.span))
                }
            }
        }
        return (annotations, faults)
    }

    private func read(
        _ block: AnnotationBlock, of module: Module, _ index: Int
    ) throws(YAMLError) -> Annotation {
        let arena = Arena.make(bytesMax: 1 << 26)
        defer { arena.destroy() }
        let fields = try AnnotationFields(block.yaml, arena)
        let path =
            switch block.target {
            case .package: module.package
            case .rule(let rule): module.rules[rule].head.constantPath(in: module.package)
            }
        let usual: Scope =
            if case .package = block.target {
                .package
            } else if fields.isEntrypoint {
                .document
            } else {
                .rule
            }
        let scope = fields.scope.flatMap { Scope(rawValue: $0) } ?? usual
        return Annotation(
            scope: scope, content: fields.content(scope), module: index, target: block.target,
            path: path, isEntrypoint: fields.isEntrypoint)
    }
}

/// The fields of one block, as OPA normalizes them.
private struct AnnotationFields {
    private let fields: [(name: String, value: ResolvedTerm)]

    init(_ yaml: String, _ arena: Arena) throws(YAMLError) {
        guard let text = try? Value.string(yaml, in: arena) else {
            throw YAMLError("out of memory")
        }
        let value = try YAML.value(text.bytes, in: arena, limits: Limits())
        guard value.kind == .object else { throw YAMLError("expected METADATA block, got none") }
        fields = value.entries.map { ($0.key.string ?? "", ResolvedTerm($0.value, arena)) }
    }

    subscript(name: String) -> ResolvedTerm? { fields.first { $0.name == name }?.value }

    var scope: String? {
        if case .string(let name)? = self["scope"] { name } else { nil }
    }

    var isEntrypoint: Bool {
        if case .boolean(true)? = self["entrypoint"] { true } else { false }
    }

    func content(_ scope: Annotations.Scope) -> ResolvedTerm {
        var pairs: [(key: ResolvedTerm, value: ResolvedTerm)] = [
            (.string("scope"), .string(scope.rawValue))
        ]
        let known = [
            "title", "description", "organizations", "related_resources", "authors", "entrypoint",
            "schemas", "custom", "labels", "compile",
        ]
        for name in known {
            guard let value = self[name] else { continue }
            pairs.append((.string(name), AnnotationFields.normalized(name, value)))
        }
        return .object(pairs)
    }

    private static func normalized(_ name: String, _ value: ResolvedTerm) -> ResolvedTerm {
        guard case .array(let elements) = value else { return value }
        switch name {
        case "authors": return .array(elements.map(author))
        case "related_resources": return .array(elements.map(resource))
        case "schemas": return .array(elements.map(schema))
        default: return value
        }
    }

    /// `Jane Doe <jane@example.com>` is a name and an email.
    private static func author(_ element: ResolvedTerm) -> ResolvedTerm {
        guard case .string(let text) = element else { return element }
        var words = text.split(separator: " ")
        var pairs: [(key: ResolvedTerm, value: ResolvedTerm)] = []
        if let last = words.last, last.hasPrefix("<"), last.hasSuffix(">") {
            pairs.append((.string("email"), .string(String(last.dropFirst().dropLast()))))
            words.removeLast()
        }
        if !words.isEmpty {
            pairs.append((.string("name"), .string(words.joined(separator: " "))))
        }
        return .object(pairs)
    }

    private static func resource(_ element: ResolvedTerm) -> ResolvedTerm {
        guard case .string = element else { return element }
        return .object([(.string("ref"), element)])
    }

    /// `input.user: schema.user` is a path and the path of a schema, or a definition.
    private static func schema(_ element: ResolvedTerm) -> ResolvedTerm {
        guard case .object(let pairs) = element, pairs.count == 1,
            case .string(let path) = pairs[0].key
        else { return element }
        let target: (ResolvedTerm, ResolvedTerm) =
            if case .string(let schema) = pairs[0].value {
                (.string("schema"), names(schema))
            } else {
                (.string("definition"), pairs[0].value)
            }
        return .object([(.string("path"), names(path)), target])
    }

    /// `a.b["c"]` as its names.
    private static func names(_ text: String) -> ResolvedTerm {
        if case .success(let term) = Parser.term(Source(name: "", text: text)),
            let (head, path) = term.dottedName
        {
            return .array(([head] + path).map { .string($0) })
        }
        return .array(text.split(separator: ".").map { .string(String($0)) })
    }
}

extension ResolvedTerm {
    /// A constant.
    init(_ value: Value, _ arena: Arena) {
        switch value.kind {
        case .undefined, .null: self = .null
        case .boolean: self = .boolean(value.isTrue)
        case .integer, .decimal: self = .number(value.literal(arena) ?? "0")
        case .string: self = .string(value.string ?? "")
        case .array: self = .array(value.elements.map { ResolvedTerm($0, arena) })
        case .set: self = .set(value.members.map { ResolvedTerm($0, arena) })
        case .object:
            self = .object(
                value.entries.map { (ResolvedTerm($0.key, arena), ResolvedTerm($0.value, arena)) })
        }
    }
}

extension Value {
    /// The text of a number.
    fileprivate func literal(_ arena: Arena) -> String? {
        guard var text = try? TextBuilder(in: arena) else { return nil }
        guard (try? JSONWriter.write(self, to: &text)) != nil else { return nil }
        return text.bytes.string
    }
}
