/// Rego text of parts of the tree, on one line, as OPA prints them in messages and results.
public enum RegoText {
    public static func term(_ term: Term) -> String {
        var text = ""
        write(term, to: &text)
        return text
    }

    public static func expression(_ expression: Expression) -> String {
        var text = ""
        write(expression, to: &text)
        return text
    }

    public static func body(_ body: [Expression]) -> String {
        var text = ""
        write(body, to: &text)
        return text
    }

    // MARK: Terms

    static func write(_ term: Term, to text: inout String) {
        switch term.kind {
        case .null: text += "null"
        case .boolean(let value): text += value ? "true" : "false"
        case .number(let literal): text += literal
        case .string(let value): quote(value, to: &text)
        case .variable(let name): text += name.hasPrefix("$") ? "_" : name
        case .reference(let head, let path): write(head, path, to: &text)
        case .call(let call): write(call, to: &text)
        case .array(let terms): write(terms, "[", "]", to: &text)
        case .set(let terms) where terms.isEmpty: text += "set()"
        case .set(let terms): write(TermOrder.sorted(terms), "{", "}", to: &text)
        case .object(let pairs): write(TermOrder.sorted(pairs), to: &text)
        case .arrayComprehension(let head, let body):
            text += "["
            write(head, to: &text)
            write(body, after: " | ", "]", to: &text)
        case .setComprehension(let head, let body):
            text += "{"
            write(head, to: &text)
            write(body, after: " | ", "}", to: &text)
        case .objectComprehension(let key, let value, let body):
            text += "{"
            write(key, to: &text)
            text += ": "
            write(value, to: &text)
            write(body, after: " | ", "}", to: &text)
        case .template(let parts): write(parts, to: &text)
        }
    }

    private static func write(_ head: Term, _ path: [Term], to text: inout String) {
        write(head, to: &text)
        for element in path {
            if case .string(let name) = element.kind, isName(name) {
                text += "." + name
            } else {
                text += "["
                write(element, to: &text)
                text += "]"
            }
        }
    }

    package static func isName(_ text: String) -> Bool {
        guard let first = text.utf8.first, !(0x30...0x39).contains(first) else { return false }
        return text.utf8.allSatisfy(Lexer.isWordByte)
    }

    private static func write(_ call: Call, to text: inout String) {
        switch call.notation {
        case .infix(let symbol) where call.arguments.count == 2:
            write(operand: call.arguments[0], to: &text)
            text += " \(symbol) "
            write(operand: call.arguments[1], to: &text)
        case .infix(let symbol) where call.arguments.count == 3:
            write(operand: call.arguments[0], to: &text)
            text += ", "
            write(operand: call.arguments[1], to: &text)
            text += " \(symbol) "
            write(operand: call.arguments[2], to: &text)
        case .negative where call.arguments.count == 2:
            text += "-"
            write(call.arguments[1], to: &text)
        default:
            text += call.name[0]
            for name in call.name.dropFirst() {
                if isName(name) {
                    text += "." + name
                } else {
                    text += "["
                    quote(name, to: &text)
                    text += "]"
                }
            }
            write(call.arguments, "(", ")", to: &text)
        }
    }

    private static func write(operand: Term, to text: inout String) {
        guard case .call(let call) = operand.kind, case .infix = call.notation else {
            return write(operand, to: &text)
        }
        text += "("
        write(operand, to: &text)
        text += ")"
    }

    private static func write(
        _ terms: [Term], _ open: String, _ close: String, to text: inout String
    ) {
        text += open
        for (index, term) in terms.enumerated() {
            if index > 0 { text += ", " }
            write(term, to: &text)
        }
        text += close
    }

    private static func write(_ pairs: [(key: Term, value: Term)], to text: inout String) {
        text += "{"
        for (index, pair) in pairs.enumerated() {
            if index > 0 { text += ", " }
            write(pair.key, to: &text)
            text += ": "
            write(pair.value, to: &text)
        }
        text += "}"
    }

    private static func write(_ parts: [Term.TemplatePart], to text: inout String) {
        text += "$\""
        for part in parts {
            switch part {
            case .text(let value):
                var quoted = ""
                quote(value, to: &quoted)
                for character in quoted.dropFirst().dropLast() {
                    if character == "{" { text += "\\" }
                    text.append(character)
                }
            case .expression(let expression):
                text += "{"
                write(expression, to: &text)
                text += "}"
            }
        }
        text += "\""
    }

    static func quote(_ value: String, to text: inout String) {
        text += "\""
        for scalar in value.unicodeScalars {
            switch scalar {
            case "\"": text += "\\\""
            case "\\": text += "\\\\"
            case "\n": text += "\\n"
            case "\r": text += "\\r"
            case "\t": text += "\\t"
            case "\u{08}": text += "\\b"
            case "\u{0C}": text += "\\f"
            case _ where scalar.value < 0x20 || scalar.value == 0x7F:
                let hexadecimal = String(scalar.value, radix: 16)
                text +=
                    "\\u" + String(repeating: "0", count: 4 - hexadecimal.count)
                    + hexadecimal
            default: text.unicodeScalars.append(scalar)
            }
        }
        text += "\""
    }

    // MARK: Expressions

    private static func write(
        _ body: [Expression], after open: String, _ close: String, to text: inout String
    ) {
        text += open
        write(body, to: &text)
        text += close
    }

    static func write(_ body: [Expression], to text: inout String) {
        for (index, expression) in body.enumerated() {
            if index > 0 { text += "; " }
            write(expression, to: &text)
        }
    }

    static func write(_ expression: Expression, to text: inout String) {
        switch expression.kind {
        case .term(let term): write(term, to: &text)
        case .someVariables(let names): write(names, "some ", "", to: &text)
        case .someIn(let key, let value, let domain):
            text += "some "
            write(key, value, domain, to: &text)
        case .every(let key, let value, let domain, let body):
            text += "every "
            write(key, value, domain, to: &text)
            write(body, after: " { ", " }", to: &text)
        case .not(let body, _):
            text += "not "
            write(operand: body, to: &text)
        case .and(let left, let right): write(left, "and", right, to: &text)
        case .or(let left, let right): write(left, "or", right, to: &text)
        }
        for modifier in expression.modifiers {
            text += " with "
            write(modifier.target, to: &text)
            text += " as "
            write(modifier.value, to: &text)
        }
    }

    private static func write(
        _ key: Term?, _ value: Term, _ domain: Term, to text: inout String
    ) {
        if let key {
            write(key, to: &text)
            text += ", "
        }
        write(value, to: &text)
        text += " in "
        write(domain, to: &text)
    }

    private static func write(
        _ left: [Expression], _ name: String, _ right: [Expression], to text: inout String
    ) {
        write(operand: left, to: &text)
        text += " \(name) "
        write(operand: right, to: &text)
    }

    /// Braces where a body, or an operator of its own, stands as an operand.
    private static func write(operand body: [Expression], to text: inout String) {
        if body.count == 1, body[0].modifiers.isEmpty, body[0].isPlain {
            return write(body[0], to: &text)
        }
        write(body, after: "{ ", " }", to: &text)
    }
}

extension Expression {
    fileprivate var isPlain: Bool {
        switch kind {
        case .term: true
        case .not(let body, _): body.count == 1 && body[0].isPlain
        default: false
        }
    }
}
