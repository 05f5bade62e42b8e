/// `strings.render_template`: the language of Go's `text/template`.
///
/// Text is copied; `{{…}}` holds fields (`.user.name`), variables (`$x := …`), pipelines, `if`,
/// `with`, `range`, `define`, `template`, `block`, comments, and the functions that Go predeclares,
/// but for `call`, as no value here is a function. A key that is missing shows as `<undefined>`.
/// Numbers of the object are Go's `json.Number`: text that prints as it was written, equal to no
/// number of the template's own.
/// - Source: Go's `text/template`; OPA's `builtinRenderTemplate`.
enum Template {
    static func render(
        _ operands: Operands, _ context: BuiltinContext
    ) throws(BuiltinError) -> Value {
        let source = operands[0].bytes
        try context.charge(source.count)
        var parser = TemplateParser(source, context)
        let body = try parser.parse()
        var run = try TemplateRun(parser.definitions, root: operands[1], context)
        try run.execute(body)
        return run.output.value
    }
}

indirect enum TemplateNode {
    case text(Bytes)
    case action(TemplatePipeline)
    case branch(Branch)
    case invoke(name: String, argument: TemplatePipeline?)
    case leave
    case next

    struct Branch {
        enum Kind { case `if`, with, range }

        let kind: Kind
        let condition: TemplatePipeline
        let body: [TemplateNode]
        let alternative: [TemplateNode]
    }
}

struct TemplatePipeline {
    var variables: [String] = []
    /// `$x = …` rather than `$x := …`.
    var isAssignment = false
    /// Each one gets the result of the one before as its last operand.
    var commands: [[TemplateOperand]] = []
}

indirect enum TemplateOperand {
    case dot
    case literal(TemplateValue)
    /// `.a.b`
    case fields([String])
    /// `$x.a.b`; `$` is the whole object.
    case variable(String, [String])
    case function(String)
    /// `(…).a.b`
    case pipeline(TemplatePipeline, [String])
}

/// What a template computes with.
enum TemplateValue {
    /// A missing key, and `null`.
    case missing
    case boolean(Bool)
    case integer(Int64)
    case float(Double)
    case text(Bytes)
    /// A number of the object.
    case number(Value)
    /// An array, set or object.
    case collection(Value)

    init(_ value: Value) {
        switch value.kind {
        case .undefined, .null: self = .missing
        case .boolean: self = .boolean(value.isTrue)
        case .string: self = .text(value.bytes)
        case .integer, .decimal: self = .number(value)
        case .array, .set, .object: self = .collection(value)
        }
    }

    /// What `if` asks: not zero, and not empty.
    var isTrue: Bool {
        switch self {
        case .missing: false
        case .boolean(let flag): flag
        case .integer(let number): number != 0
        case .float(let number): number != 0
        case .text(let text): !text.isEmpty
        case .number: true
        case .collection(let collection): collection.count != 0
        }
    }

    var isText: Bool {
        if case .text = self { true } else { false }
    }
}

extension TextBuilder {
    /// As Go prints the value: `[1 2]`, `map[a:1]`.
    mutating func append(template value: TemplateValue) throws(BuiltinError) {
        switch value {
        case .missing: try append("<undefined>")
        case .boolean(let flag): try append(flag ? "true" : "false")
        case .integer(let number): try append(String(number))
        case .float(let number): try append(FormatDirective().text(.float(number)))
        case .text(let text): try append(text)
        case .number(let number): try append(Numbers.text(number))
        case .collection(let collection): try append(go: collection)
        }
    }

    private mutating func append(go value: Value) throws(BuiltinError) {
        switch value.kind {
        case .null: try append("<nil>")
        case .array, .set:
            try append("[")
            for (position, element) in value.items.enumerated() {
                if position > 0 { try append(" ") }
                try append(go: element)
            }
            try append("]")
        case .object:
            try append("map[")
            for (position, entry) in value.entries.enumerated() {
                if position > 0 { try append(" ") }
                try append(display: entry.key)
                try append(":")
                try append(go: entry.value)
            }
            try append("]")
        default: try append(display: value)
        }
    }
}
