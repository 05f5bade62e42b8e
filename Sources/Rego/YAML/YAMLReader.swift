import CYAML
import RegoMachine

/// One pass over libyaml's events.
@safe final class YAMLReader {
    private let parser: UnsafeMutablePointer<yaml_parser_t>
    /// libyaml reads from here while the reader lives.
    private let text: Bytes
    private let arena: Arena
    private let nestingMax: Int
    private let digitsMax: Int
    private var anchors: [String: Node] = [:]
    private var open: Set<String> = []
    private var weightOfAliases = 0

    /// A value, and how much there is of it when written out.
    struct Node {
        var value: Value
        var weight: Int
    }

    /// What all aliases of a document may add up to.
    static let aliasWeightMax = 4_000_000

    init(_ text: Bytes, _ arena: Arena, _ limits: Limits) throws(YAMLError) {
        self.text = text
        self.arena = arena
        nestingMax = limits.nesting
        digitsMax = Limits.numberDigits
        unsafe parser = UnsafeMutablePointer<yaml_parser_t>.allocate(capacity: 1)
        unsafe parser.initialize(to: yaml_parser_t())
        guard unsafe yaml_parser_initialize(parser) == 1 else {
            throw YAMLError("out of memory")
        }
        unsafe yaml_parser_set_encoding(parser, YAML_UTF8_ENCODING)
        unsafe yaml_parser_set_input_string(parser, text.buffer.baseAddress, text.count)
    }

    deinit {
        unsafe yaml_parser_delete(parser)
        unsafe parser.deallocate()
    }

    func document() throws(YAMLError) -> Value {
        guard !text.isEmpty else { return .null }
        try skip()
        let first = try next()
        // A stream without a document.
        guard case .other(YAML_DOCUMENT_START_EVENT) = first else { return .null }
        return try node(next(), depth: 0).value
    }

    private func skip() throws(YAMLError) { _ = try next() }
}

extension YAMLReader {
    /// An event, as far as values depend on it; texts are copied out of libyaml.
    private enum Event {
        case scalar(YAMLScalar, anchor: String?)
        case sequence(anchor: String?)
        case mapping(anchor: String?)
        case end
        case alias(String)
        case other(yaml_event_type_t)
    }

    private func next() throws(YAMLError) -> Event {
        var event = unsafe yaml_event_t()
        guard unsafe yaml_parser_parse(parser, &event) == 1 else { throw failure() }
        defer { unsafe yaml_event_delete(&event) }
        switch unsafe event.type {
        case YAML_SCALAR_EVENT:
            let scalar = unsafe event.data.scalar
            let bytes = unsafe UnsafeBufferPointer(start: scalar.value, count: scalar.length)
            let style = unsafe scalar.style
            return unsafe .scalar(
                YAMLScalar(
                    text: Array(bytes), tag: name(scalar.tag),
                    isPlain: style == YAML_PLAIN_SCALAR_STYLE),
                anchor: name(scalar.anchor))
        case YAML_SEQUENCE_START_EVENT:
            return unsafe .sequence(anchor: name(event.data.sequence_start.anchor))
        case YAML_MAPPING_START_EVENT:
            return unsafe .mapping(anchor: name(event.data.mapping_start.anchor))
        case YAML_SEQUENCE_END_EVENT, YAML_MAPPING_END_EVENT: return .end
        case YAML_ALIAS_EVENT:
            return unsafe .alias(name(event.data.alias.anchor) ?? "")
        default: return unsafe .other(event.type)
        }
    }

    @unsafe private func name(_ start: UnsafeMutablePointer<UInt8>?) -> String? {
        guard let start = unsafe start else { return nil }
        return unsafe String(cString: start)
    }

    /// Why libyaml stopped, with the line as go-yaml counts it.
    private func failure() -> YAMLError {
        let problem = unsafe parser.pointee.problem.map { unsafe String(cString: $0) }
        let isScanner = unsafe parser.pointee.error == YAML_SCANNER_ERROR
        let context = unsafe Int(parser.pointee.context_mark.line)
        var line = context != 0 ? context : unsafe Int(parser.pointee.problem_mark.line)
        if line != 0 && isScanner { line += 1 }
        let place = line == 0 ? "" : "line \(line): "
        return YAMLError(place + (problem ?? "unknown problem parsing YAML content"))
    }
}

extension YAMLReader {
    private func node(_ event: Event, depth: Int) throws(YAMLError) -> Node {
        guard depth < nestingMax else {
            throw YAMLError("exceeded max depth of \(nestingMax)")
        }
        switch event {
        case .scalar(let scalar, let anchor):
            let value = try made { () throws(BuiltinError) in
                try scalar.value(in: self.arena, digitsMax: self.digitsMax)
            }
            return note(Node(value: value, weight: 1 + scalar.text.count / 64), anchor)
        case .sequence(let anchor):
            begin(anchor)
            return note(try sequence(depth), anchor)
        case .mapping(let anchor):
            begin(anchor)
            return note(try mapping(depth), anchor)
        case .alias(let name): return try aliased(name)
        case .end, .other: throw YAMLError("did not find expected node content")
        }
    }

    private func begin(_ anchor: String?) {
        if let anchor { open.insert(anchor) }
    }

    private func note(_ node: Node, _ anchor: String?) -> Node {
        if let anchor {
            open.remove(anchor)
            anchors[anchor] = node
        }
        return node
    }

    private func aliased(_ name: String) throws(YAMLError) -> Node {
        if open.contains(name) { throw YAMLError("anchor '\(name)' value contains itself") }
        guard let node = anchors[name] else {
            throw YAMLError("unknown anchor '\(name)' referenced")
        }
        weightOfAliases += node.weight
        guard weightOfAliases <= YAMLReader.aliasWeightMax else {
            throw YAMLError("document contains excessive aliasing")
        }
        return node
    }

    private func sequence(_ depth: Int) throws(YAMLError) -> Node {
        var elements: [Value] = []
        var weight = 1
        while true {
            let event = try next()
            if case .end = event { break }
            let element = try node(event, depth: depth + 1)
            elements.append(element.value)
            weight += element.weight
        }
        let value = try made { () throws(BuiltinError) in
            try Value.array(elements, in: self.arena)
        }
        return Node(value: value, weight: weight)
    }

    private func mapping(_ depth: Int) throws(YAMLError) -> Node {
        let object = try made { () throws(BuiltinError) in try Value.object(in: self.arena) }
        var weight = 1
        while true {
            let event = try next()
            if case .end = event { break }
            let isMerge = if case .scalar(let scalar, _) = event { scalar.isMerge } else { false }
            let key = try node(event, depth: depth + 1)
            let value = try node(next(), depth: depth + 1)
            weight += key.weight + value.weight
            if isMerge {
                try merge(value.value, into: object)
            } else {
                let name = try self.key(key.value)
                try made { () throws(BuiltinError) in
                    try object.insert(name, value.value, in: self.arena)
                }
            }
        }
        return Node(value: object, weight: weight)
    }

    /// The entries of a mapping, or of several of which the first counts most.
    private func merge(_ value: Value, into object: Value) throws(YAMLError) {
        switch value.kind {
        case .object:
            try made { () throws(BuiltinError) in
                for (key, member) in value.entries {
                    try object.insert(key, member, in: self.arena)
                }
            }
        case .array where value.elements.allSatisfy({ $0.kind == .object }):
            for member in value.elements.reversed() { try merge(member, into: object) }
        default: throw YAMLError("map merge requires map or sequence of maps as the value")
        }
    }

    private func key(_ value: Value) throws(YAMLError) -> Value {
        let text: String
        switch value.kind {
        case .string: return value
        case .boolean: text = value.isTrue ? "true" : "false"
        case .integer: text = String(value.integer ?? 0)
        case .decimal: text = value.bytes.string
        default: throw YAMLError("unsupported map key of type: \(value.typeName)")
        }
        return try made { () throws(BuiltinError) in try Value.string(text, in: self.arena) }
    }

    /// What the arena makes, or that it is full.
    private func made<T>(_ body: () throws(BuiltinError) -> T) throws(YAMLError) -> T {
        do {
            return try body()
        } catch {
            switch error {
            case .failed(let message): throw YAMLError(message)
            default: throw YAMLError("document too large")
            }
        }
    }
}
