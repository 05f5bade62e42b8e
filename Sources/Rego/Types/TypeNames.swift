import RegoMachine

extension RegoType {
    /// As messages show it, cut where it is long: `array<string, number>`, `set[any]`.
    var description: String {
        var text = ""
        write(to: &text)
        return text
    }

    /// The longest text of a type in a message, in characters, before it is cut.
    private static let lengthMax = 160

    private func write(to text: inout String) {
        guard text.utf8.count < RegoType.lengthMax else {
            if !text.hasSuffix("…") { text += "…" }
            return
        }
        switch kind {
        case .any: text += "any"
        case .null: text += "null"
        case .boolean: text += "boolean"
        case .number: text += "number"
        case .string: text += "string"
        case .union(let members): RegoType.list("any<", members, to: &text)
        case .array(let elements, let rest):
            text += "array"
            if !elements.isEmpty { RegoType.list("<", elements, to: &text) }
            if let rest { RegoType.bracket(rest, to: &text) }
        case .set(let member):
            text += "set"
            RegoType.bracket(member, to: &text)
        case .object(let known, let others):
            text += "object"
            if !known.isEmpty { RegoType.pairs(known, to: &text) }
            guard let others else { return }
            text += "["
            others.key.write(to: &text)
            text += ": "
            others.value.write(to: &text)
            text += "]"
        case .function(let operands, let result):
            RegoType.list("function<", operands, to: &text)
            text += " => "
            result.write(to: &text)
        }
    }

    private static func list(_ opening: String, _ types: [RegoType], to text: inout String) {
        text += opening
        for (position, type) in types.enumerated() {
            if position > 0 { text += ", " }
            type.write(to: &text)
            if text.hasSuffix("…") { break }
        }
        text += ">"
    }

    private static func bracket(_ type: RegoType, to text: inout String) {
        text += "["
        type.write(to: &text)
        text += "]"
    }

    private static func pairs(_ known: [Constant: RegoType], to text: inout String) {
        text += "<"
        let sorted = known.sorted { $0.key.description < $1.key.description }
        for (position, pair) in sorted.enumerated() {
            if position > 0 { text += ", " }
            text += pair.key.description + ": "
            pair.value.write(to: &text)
            if text.hasSuffix("…") { break }
        }
        text += ">"
    }

    /// The types that a builtin's row declares.
    init(_ declaration: TypeDeclaration) {
        switch declaration {
        case .any: self = .any
        case .anyOf(let types): self = .anyOf(types.map { RegoType($0) }) ?? .any
        case .null: self = .null
        case .boolean: self = .boolean
        case .number: self = .number
        case .string: self = .string
        case .array(let elements, let rest):
            self = .array(elements.map { RegoType($0) }, rest: rest.map { RegoType($0) })
        case .set(let member): self = .set(RegoType(member))
        case .object(let properties, let others):
            var known: [Constant: RegoType] = [:]
            for property in properties { known[.string(property.key)] = RegoType(property.value) }
            let pair = others.count == 2
                ? Others(key: RegoType(others[0]), value: RegoType(others[1])) : nil
            self = .object(known, others: pair)
        case .function(let operands, let result):
            self = .function(operands.map { RegoType($0) }, RegoType(result))
        }
    }
}

extension RegoType.Constant {
    var description: String {
        switch self {
        case .null: "null"
        case .boolean(let value): value ? "true" : "false"
        case .number(let literal): literal
        case .string(let text): text
        }
    }
}
