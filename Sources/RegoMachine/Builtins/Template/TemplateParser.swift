/// From the text of a template to its tree.
/// - Source: Go's `text/template/parse`.
struct TemplateParser {
    private let source: Bytes
    private let context: BuiltinContext
    private var position = 0
    private var depth = 0
    private var loops = 0
    /// Variables in sight, the innermost last.
    private var variables = ["$"]
    /// Bodies of `define` and `block`.
    private(set) var definitions: [String: [TemplateNode]] = [:]

    private enum Ending { case end, otherwise, source }

    /// Actions and parentheses inside each other.
    private static let depthMax = 100

    init(_ source: Bytes, _ context: BuiltinContext) {
        self.source = source
        self.context = context
    }

    mutating func parse() throws(BuiltinError) -> [TemplateNode] {
        let (nodes, ending) = try list()
        switch ending {
        case .source: return nodes
        case .end: throw failure("unexpected {{end}}")
        case .otherwise: throw failure("unexpected {{else}}")
        }
    }

    private func failure(_ reason: String) -> BuiltinError {
        let row = source[0..<min(position, source.count)].reduce(1) { $1 == 0x0A ? $0 + 1 : $0 }
        return .failed("template: template:\(row): \(reason)")
    }

    /// Nodes up to an `{{end}}` or `{{else`, or the end of the source.
    private mutating func list() throws(BuiltinError) -> ([TemplateNode], Ending) {
        var nodes: [TemplateNode] = []
        while true {
            let text = takeText()
            if !text.isEmpty { nodes.append(.text(text)) }
            guard position < source.count else { return (nodes, .source) }
            if try skipComment() { continue }
            skipSpace()
            let start = position
            switch takeWord() {
            case "end":
                try close()
                return (nodes, .end)
            case "else": return (nodes, .otherwise)
            case "define": try define()
            case let word:
                if let node = try node(word, from: start) { nodes.append(node) }
            }
        }
    }

    private mutating func node(
        _ word: String, from start: Int
    ) throws(BuiltinError) -> TemplateNode? {
        switch word {
        case "if": return .branch(try branch(.if))
        case "with": return .branch(try branch(.with))
        case "range": return .branch(try branch(.range))
        case "template": return try invocation()
        case "block": return try block()
        case "break", "continue":
            if loops == 0 { throw failure("{{\(word)}} outside {{range}}") }
            try close()
            return word == "break" ? .leave : .next
        default:
            position = start
            let pipeline = try pipeline()
            try close()
            return .action(pipeline)
        }
    }

    private mutating func nested<T>(
        _ body: (inout TemplateParser) throws(BuiltinError) -> T
    ) throws(BuiltinError) -> T {
        guard depth < TemplateParser.depthMax else { throw .limit(.nesting) }
        depth += 1
        let inSight = variables.count
        let result = try body(&self)
        variables.removeSubrange(inSight...)
        depth -= 1
        return result
    }

    private mutating func branch(
        _ kind: TemplateNode.Branch.Kind
    ) throws(BuiltinError) -> TemplateNode.Branch {
        try nested { (parser: inout TemplateParser) throws(BuiltinError) in
            let condition = try parser.pipeline(isRange: kind == .range)
            try parser.close()
            if kind == .range { parser.loops += 1 }
            let (body, ending) = try parser.list()
            if kind == .range { parser.loops -= 1 }
            let alternative = try parser.alternative(kind, ending)
            return TemplateNode.Branch(
                kind: kind, condition: condition, body: body, alternative: alternative)
        }
    }

    /// What follows an `{{else`: another condition, or a body up to `{{end}}`.
    private mutating func alternative(
        _ kind: TemplateNode.Branch.Kind, _ ending: Ending
    ) throws(BuiltinError) -> [TemplateNode] {
        switch ending {
        case .source: throw failure("unexpected EOF")
        case .end: return []
        case .otherwise: break
        }
        skipSpace()
        if kind == .if, takeKeyword("if") { return [.branch(try branch(.if))] }
        if kind == .with, takeKeyword("with") { return [.branch(try branch(.with))] }
        try close()
        return try body()
    }

    /// Nodes up to `{{end}}`.
    private mutating func body() throws(BuiltinError) -> [TemplateNode] {
        let (nodes, ending) = try list()
        switch ending {
        case .end: return nodes
        case .otherwise: throw failure("expected end; found {{else}}")
        case .source: throw failure("unexpected EOF")
        }
    }

    private mutating func define() throws(BuiltinError) {
        let name = try takeName()
        try close()
        definitions[name] = try definition()
    }

    /// A body that sees no variables of what is around it.
    private mutating func definition() throws(BuiltinError) -> [TemplateNode] {
        let outer = (variables, loops)
        (variables, loops) = (["$"], 0)
        let nodes = try nested { (parser: inout TemplateParser) throws(BuiltinError) in
            try parser.body()
        }
        (variables, loops) = outer
        return nodes
    }

    private mutating func invocation() throws(BuiltinError) -> TemplateNode {
        let name = try takeName()
        let argument = isAtClose ? nil : try pipeline()
        try close()
        return .invoke(name: name, argument: argument)
    }

    private mutating func block() throws(BuiltinError) -> TemplateNode {
        let name = try takeName()
        let argument = try pipeline()
        try close()
        definitions[name] = try definition()
        return .invoke(name: name, argument: argument)
    }
}

extension TemplateParser {
    private mutating func pipeline(
        isRange: Bool = false
    ) throws(BuiltinError) -> TemplatePipeline {
        var pipeline = TemplatePipeline()
        try takeDeclaration(&pipeline, isRange: isRange)
        repeat {
            let command = try command()
            if command.isEmpty { throw failure("missing value for command") }
            if !pipeline.commands.isEmpty, case .literal = command[0] {
                throw failure("non executable command in pipeline")
            }
            pipeline.commands.append(command)
        } while take("|")
        if !pipeline.isAssignment { variables += pipeline.variables }
        return pipeline
    }

    /// `$x :=`, `$x =`, and for `range` also `$i, $x :=`.
    private mutating func takeDeclaration(
        _ pipeline: inout TemplatePipeline, isRange: Bool
    ) throws(BuiltinError) {
        skipSpace()
        let start = position
        var names: [String] = []
        while byte == 0x24, names.count < (isRange ? 2 : 1) {
            position += 1
            names.append("$" + takeWord())
            skipSpace()
            if names.count == 1 && isRange && take(",") { skipSpace() }
        }
        let isNew = take(":=")
        let isAssigned = isNew ? false : take("=")
        guard !names.isEmpty, isNew || isAssigned else {
            position = start
            return
        }
        for name in names where !isNew && !variables.contains(name) {
            throw failure("undefined variable \"\(name)\"")
        }
        (pipeline.variables, pipeline.isAssignment) = (names, !isNew)
    }

    private mutating func command() throws(BuiltinError) -> [TemplateOperand] {
        var operands: [TemplateOperand] = []
        while true {
            skipSpace()
            guard let byte, byte != 0x7C, byte != 0x29, !isAtClose else { return operands }
            try context.charge(1)
            operands.append(try operand(byte))
            if let byte = self.byte, !TemplateParser.endsOperand(byte), !isAtClose {
                throw failure("unexpected \(Quoted.text(rest(6))) in operand")
            }
        }
    }

    private static func endsOperand(_ byte: UInt8) -> Bool {
        isSpace(byte) || byte == 0x7C || byte == 0x29
    }

    private mutating func operand(_ byte: UInt8) throws(BuiltinError) -> TemplateOperand {
        switch byte {
        case 0x2E:
            let fields = takeFields()
            if !fields.isEmpty { return .fields(fields) }
            position += 1
            return .dot
        case 0x24:
            position += 1
            let name = "$" + takeWord()
            guard variables.contains(name) else {
                throw failure("undefined variable \"\(name)\"")
            }
            return .variable(name, takeFields())
        case 0x28:
            position += 1
            let inner = try nested { (parser: inout TemplateParser) throws(BuiltinError) in
                try parser.pipeline()
            }
            skipSpace()
            guard take(")") else { throw failure("unclosed left paren") }
            return .pipeline(inner, takeFields())
        case 0x22, 0x60: return .literal(.text(try takeString()))
        case 0x27: return .literal(.integer(try takeCharacter()))
        case 0x30...0x39, 0x2B, 0x2D: return .literal(try takeNumber())
        default: return try word()
        }
    }

    private mutating func word() throws(BuiltinError) -> TemplateOperand {
        let word = takeWord()
        switch word {
        case "": throw failure("unexpected \(Quoted.text(rest(6))) in command")
        case "true", "false": return .literal(.boolean(word == "true"))
        case "nil": return .literal(.missing)
        default:
            guard TemplateFunctions.names.contains(word) else {
                throw failure("function \"\(word)\" not defined")
            }
            return .function(word)
        }
    }
}

extension TemplateParser {
    private var byte: UInt8? { position < source.count ? source[position] : nil }

    private func rest(_ count: Int) -> String {
        source[position..<min(position + count, source.count)].string
    }

    private static func isSpace(_ byte: UInt8) -> Bool {
        byte == 0x20 || byte == 0x09 || byte == 0x0D || byte == 0x0A
    }

    private static func isWord(_ byte: UInt8) -> Bool {
        byte &- 0x30 < 10 || (byte | 0x20) &- 0x61 < 26 || byte == 0x5F || byte >= 0x80
    }

    private func starts(_ text: String, at offset: Int? = nil) -> Bool {
        let start = offset ?? position
        let end = start + text.utf8.count
        return end <= source.count && source[start..<end].elementsEqual(text.utf8)
    }

    private mutating func take(_ text: String) -> Bool {
        guard starts(text) else { return false }
        position += text.utf8.count
        return true
    }

    private mutating func takeKeyword(_ word: String) -> Bool {
        let start = position
        if takeWord() == word { return true }
        position = start
        return false
    }

    private mutating func skipSpace() {
        while let byte, TemplateParser.isSpace(byte) { position += 1 }
    }

    private mutating func takeWord() -> String {
        let start = position
        while let byte, TemplateParser.isWord(byte) { position += 1 }
        return source[start..<position].string
    }

    /// `.a.b`
    private mutating func takeFields() -> [String] {
        var fields: [String] = []
        while byte == 0x2E, position + 1 < source.count,
            TemplateParser.isWord(source[position + 1])
        {
            position += 1
            fields.append(takeWord())
        }
        return fields
    }

    /// Up to the next `{{`, which is taken; `{{-` trims the spaces before it.
    private mutating func takeText() -> Bytes {
        let start = position
        let end = SearchPattern.actionStart(in: source, from: position) ?? source.count
        position = min(end + 2, source.count)
        var text = source[start..<end]
        if end < source.count && starts("-") && position + 1 < source.count
            && TemplateParser.isSpace(source[position + 1])
        {
            position += 1
            var kept = text.count
            while kept > 0 && TemplateParser.isSpace(text[kept - 1]) { kept -= 1 }
            text = text[0..<kept]
        }
        return text
    }

    private mutating func skipComment() throws(BuiltinError) -> Bool {
        let start = position
        skipSpace()
        guard take("/*") else {
            position = start
            return false
        }
        while position < source.count, !starts("*/") { position += 1 }
        guard take("*/") else { throw failure("unclosed comment") }
        guard isAtClose else { throw failure("comment ends before closing delimiter") }
        try close()
        return true
    }

    /// Whether nothing but spaces stands before the `}}`.
    private var isAtClose: Bool {
        var end = position
        while end < source.count, TemplateParser.isSpace(source[end]) { end += 1 }
        let isAfterSpace = end > 0 && TemplateParser.isSpace(source[end - 1])
        return starts("}}", at: end) || isAfterSpace && starts("-}}", at: end)
    }

    /// Takes the `}}`; ` -}}` trims the spaces after it.
    private mutating func close() throws(BuiltinError) {
        guard isAtClose else {
            throw failure(
                position < source.count
                    ? "unexpected \(Quoted.text(rest(6))) in action" : "unclosed action")
        }
        skipSpace()
        let isTrimming = take("-")
        position += 2
        if isTrimming { skipSpace() }
    }
}

extension TemplateParser {
    private mutating func takeName() throws(BuiltinError) -> String {
        skipSpace()
        guard byte == 0x22 || byte == 0x60 else {
            throw failure("unexpected \(Quoted.text(rest(6))) in template clause")
        }
        return try takeString().string
    }

    /// A quoted string with Go's escapes, or a raw one.
    private mutating func takeString() throws(BuiltinError) -> Bytes {
        let isRaw = byte == 0x60
        let quote: UInt8 = isRaw ? 0x60 : 0x22
        position += 1
        var text = try TextBuilder(in: context.arena)
        while let byte, byte != quote, isRaw || byte != 0x0A {
            if byte == 0x5C && !isRaw {
                try takeEscape(into: &text)
            } else {
                try text.append(byte)
                position += 1
            }
        }
        guard byte == quote else { throw failure("unterminated quoted string") }
        position += 1
        return text.bytes
    }

    private mutating func takeCharacter() throws(BuiltinError) -> Int64 {
        position += 1
        var text = try TextBuilder(in: context.arena)
        if byte == 0x5C {
            try takeEscape(into: &text)
        } else {
            let width = byte == nil ? 0 : source.scalar(at: position).width
            try text.append(source[position..<position + width])
            position += width
        }
        guard byte == 0x27, !text.bytes.isEmpty else {
            throw failure("unterminated character constant")
        }
        position += 1
        return Int64(text.bytes.scalar(at: 0).scalar.value)
    }

    private mutating func takeEscape(into text: inout TextBuilder) throws(BuiltinError) {
        guard position + 1 < source.count else { throw failure("unterminated quoted string") }
        let mark = source[position + 1]
        position += 2
        switch mark {
        case 0x61: try text.append(0x07)
        case 0x62: try text.append(0x08)
        case 0x66: try text.append(0x0C)
        case 0x6E: try text.append(0x0A)
        case 0x72: try text.append(0x0D)
        case 0x74: try text.append(0x09)
        case 0x76: try text.append(0x0B)
        case 0x22, 0x27, 0x5C: try text.append(mark)
        case 0x78: try text.append(UInt8(truncatingIfNeeded: takeHex(2)))
        case 0x75: try text.append(scalar: Unicode.Scalar(takeHex(4)) ?? "\u{FFFD}")
        case 0x55: try text.append(scalar: Unicode.Scalar(takeHex(8)) ?? "\u{FFFD}")
        default: throw failure("invalid syntax")
        }
    }

    private mutating func takeHex(_ digits: Int) throws(BuiltinError) -> UInt32 {
        let end = position + digits
        guard end <= source.count,
            let value = UInt32(source[position..<end].string, radix: 16)
        else { throw failure("invalid syntax") }
        position = end
        return value
    }

    private mutating func takeNumber() throws(BuiltinError) -> TemplateValue {
        let start = position
        while let byte,
            TemplateParser.isWord(byte) || byte == 0x2E
                || (byte == 0x2B || byte == 0x2D)
                    && (position == start || source[position - 1] | 0x20 == 0x65)
        { position += 1 }
        let text = source[start..<position]
        if let integer = integer(text.filter { $0 != 0x5F }) { return .integer(integer) }
        if let literal = LooseLiteral.json(text, isSigned: true),
            let double = Numbers.double(try Numbers.parse(literal, in: context.arena))
        {
            return .float(double)
        }
        throw failure("bad number syntax: \(Quoted.text(text.string))")
    }

    private func integer(_ text: [UInt8]) -> Int64? {
        let isNegative = text.first == 0x2D
        let digits = text.drop { $0 == 0x2D || $0 == 0x2B }
        let sign = isNegative ? "-" : ""
        func number(_ prefix: Int, _ radix: Int) -> Int64? {
            Int64(sign + String(decoding: digits.dropFirst(prefix), as: UTF8.self), radix: radix)
        }
        guard digits.first == 0x30, digits.count > 1 else { return number(0, 10) }
        switch digits[digits.startIndex + 1] | 0x20 {
        case 0x78: return number(2, 16)
        case 0x6F: return number(2, 8)
        case 0x62: return number(2, 2)
        default: return number(1, 8)
        }
    }
}

extension SearchPattern {
    fileprivate static func actionStart(in source: Bytes, from start: Int) -> Int? {
        var position = start
        while position + 1 < source.count {
            if source[position] == 0x7B && source[position + 1] == 0x7B { return position }
            position += 1
        }
        return nil
    }
}
