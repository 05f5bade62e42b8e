/// Numbers, strings and templates.
extension Grammar {
    /// Reads a number; its sign and a leading point are tokens of their own.
    mutating func number(sign: Token?) throws(Fault) -> Term {
        let start = sign ?? current
        var literal = sign == nil ? "" : "-"
        let beginsWithPoint = kind == .dot
        if beginsWithPoint {
            literal += "."
            advance()
        }
        guard kind == .number else { throw unexpected("expected number") }
        let token = current
        if !beginsWithPoint, hasLeadingZero(token) {
            throw unexpected("expected number without leading zero")
        }
        literal += word(token)
        guard isWithinLimits(literal) else { throw fault(token.span, "number too big") }
        advance()
        return Term(.number(literal), span(from: start))
    }

    private func hasLeadingZero(_ token: Token) -> Bool {
        let digits = bytes[Int(token.start)..<Int(token.end)]
        guard digits.count > 1, digits.first == UInt8(ascii: "0") else { return false }
        let second = digits[digits.startIndex + 1]
        return second != UInt8(ascii: ".") && second | 0x20 != UInt8(ascii: "e")
    }

    /// OPA's bound: a binary exponent of 100,000 either way, or 30,103 decimal places.
    private func isWithinLimits(_ literal: String) -> Bool {
        guard literal.utf8.count > 300 || literal.utf8.contains(where: { $0 | 0x20 == 0x65 })
        else { return true }
        var magnitude = 0
        var exponent = 0
        var exponentSign = 1
        var state = (isFraction: false, isExponent: false, sawDigit: false)
        for byte in literal.utf8 {
            switch byte {
            case UInt8(ascii: "."): state.isFraction = true
            case UInt8(ascii: "e"), UInt8(ascii: "E"): state.isExponent = true
            case UInt8(ascii: "-") where state.isExponent: exponentSign = -1
            case UInt8(ascii: "0")...UInt8(ascii: "9") where state.isExponent:
                exponent = min(exponent * 10 + Int(byte - UInt8(ascii: "0")), 1 << 40)
            case UInt8(ascii: "0") where !state.sawDigit:
                if state.isFraction { magnitude -= 1 }
            case UInt8(ascii: "0")...UInt8(ascii: "9"):
                state.sawDigit = true
                if !state.isFraction { magnitude += 1 }
            default: break
            }
        }
        return !state.sawDigit || abs(magnitude + exponentSign * exponent) <= 30_103
    }

    mutating func stringText(_ token: Token) throws(Fault) -> String {
        let content = bytes[Int(token.start) + 1..<Int(token.end) - 1]
        guard token.flags.contains(.escapes) else {
            return String(decoding: content, as: UTF8.self)
        }
        guard let text = StringLiteral.decoded(content, allowsBrace: false) else {
            throw fault(token.span, "illegal string literal: \(word(token))")
        }
        return text
    }

    /// Reads a template from its first stretch of text to its last.
    mutating func template() throws(Fault) -> Term {
        let start = current
        guard text.options.features.contains(.templates) else {
            throw fault(
                start.span, "template strings are not supported by current capabilities",
                hint: "use `sprintf`, or name capabilities that have template_strings")
        }
        var parts: [Term.TemplatePart] = []
        var tallest = 0
        var textStart = Int(start.start) + 2
        while true {
            let part = current
            let text = try templateText(part, from: textStart)
            if !text.isEmpty { parts.append(.text(text)) }
            guard part.kind == .templatePart else { break }
            advance()
            parts.append(.expression(try templateExpression()))
            tallest = max(tallest, height)
            guard kind == .rightBrace else {
                throw faultAtCurrent("expected } to end template string expression")
            }
            advance()
            guard kind == .templatePart || kind == .templateEnd else { throw unexpected() }
            textStart = Int(current.start)
        }
        advance()
        height = tallest + 1
        return Term(.template(parts), span(from: start))
    }

    private func templateText(_ token: Token, from start: Int) throws(Fault) -> String {
        let content = bytes[start..<Int(token.end) - 1]
        guard token.flags.contains(.escapes) else {
            return String(decoding: content, as: UTF8.self)
        }
        if token.flags.contains(.raw) { return StringLiteral.withoutBraceEscapes(content) }
        guard let text = StringLiteral.decoded(content, allowsBrace: true) else {
            throw fault(token.span, "illegal template-string part: \(word(token))")
        }
        return text
    }

    private mutating func templateExpression() throws(Fault) -> Expression {
        let expression = try self.expression()
        switch expression.kind {
        case .not(_, scoped: false):
            throw templateFault(expression, "negation ('not')")
        case .every: throw templateFault(expression, "'every'")
        case .someIn, .someVariables: throw templateFault(expression, "'some'")
        case .term(let term):
            guard case .call(let call) = term.kind else { return expression }
            if case .infix("=") = call.notation {
                throw templateFault(expression, "unification ('=')")
            }
            if case .infix(":=") = call.notation {
                throw templateFault(expression, "assignment (':=')")
            }
            return expression
        case .not, .and, .or: return expression
        }
    }

    private func templateFault(_ expression: Expression, _ what: String) -> Fault {
        fault(expression.span, "unexpected \(what) in template-string expression")
    }
}
