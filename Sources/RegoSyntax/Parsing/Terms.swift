/// Terms: operators by precedence, literals, variables and references.
extension Grammar {
    /// Reads a term with its operators.
    /// - Parameter allowsPair: `k, v in xs` may stand here; not in a list, whose comma it is.
    mutating func operation(allowsPair: Bool) throws(Fault) -> Term {
        let first = try term()
        return try operation(after: first, allowsPair: allowsPair)
    }

    /// Goes on from a first operand that has been read.
    mutating func operation(after first: Term, allowsPair: Bool) throws(Fault) -> Term {
        let left = try operators(first, binding: .comparison)
        return try membership(left, allowsPair: allowsPair)
    }

    /// `x in xs` and `k, v in xs`, which bind weakest and to the left.
    private mutating func membership(_ first: Term, allowsPair: Bool) throws(Fault) -> Term {
        var left = first
        while true {
            if allowsPair, kind == .comma, let member = try pairMembership(left) {
                left = member
                continue
            }
            readKeywordAsName()
            guard kind == .in else { return left }
            let leftHeight = height
            let operatorSpan = current.span
            advance()
            let right = try operators(try term(), binding: .comparison)
            try grow(over: leftHeight, height)
            left = infix(.member, operatorSpan, [left, right])
            // A pair can only begin a chain.
            if kind != .in { return left }
        }
    }

    /// Tries `, v in xs` after a key; nil, and nothing read, where the comma means a list.
    private mutating func pairMembership(_ key: Term) throws(Fault) -> Term? {
        let start = mark
        let keyHeight = height
        attempts += 1
        let value: Term
        do throws(Fault) {
            defer { attempts -= 1 }
            advance()
            value = try operators(try term(), binding: .comparison)
        } catch {
            if error.isFinal { throw error }
            rewind(to: start)
            height = keyHeight
            return nil
        }
        guard kind == .in else {
            rewind(to: start)
            height = keyHeight
            return nil
        }
        let leftHeight = max(keyHeight, height)
        let operatorSpan = current.span
        advance()
        let domain = try operators(try term(), binding: .comparison)
        try grow(over: leftHeight, height)
        return infix(.pairMember, operatorSpan, [key, value, domain])
    }

    /// Precedence climbing; every operator groups to the left.
    private mutating func operators(_ first: Term, binding: InfixOperator.Binding) throws(Fault)
        -> Term
    {
        var left = first
        while let symbol = InfixOperator(kind), symbol.binding >= binding {
            let leftHeight = height
            let operatorSpan = current.span
            advance()
            var right = try term()
            while let next = InfixOperator(kind), next.binding > symbol.binding {
                right = try operators(right, binding: next.binding)
            }
            try grow(over: leftHeight, height)
            left = infix(symbol, operatorSpan, [left, right])
        }
        return left
    }

    func infix(_ symbol: InfixOperator, _ span: Span, _ operands: [Term]) -> Term {
        let call = Call(
            name: symbol.name, nameSpan: span, arguments: operands,
            notation: .infix(symbol.text))
        return Term(.call(call), self.span(from: operands[0].span))
    }

    // MARK: One term

    mutating func term() throws(Fault) -> Term {
        try enter()
        defer { leave() }
        // Where a term is due, `and(…)` and `or(…)` are calls of the functions.
        if kind == .and || kind == .or, adjacentKind == .leftParen { kind = .identifier }
        let start = current
        height = 1
        switch kind {
        case .null: return try literal(.null)
        case .true: return try literal(.boolean(true))
        case .false: return try literal(.boolean(false))
        case .number, .dot: return try suffixed(number(sign: nil))
        case .minus: return try negative()
        case .string: return try literal(.string(try stringText(start)))
        case .templatePart, .templateEnd: return try suffixed(template())
        case .identifier, .contains: return try suffixed(variable())
        case .leftBracket: return try suffixed(array())
        case .leftBrace: return try suffixed(braces())
        case .leftParen: return try suffixed(parenthesized())
        default: throw unexpected()
        }
    }

    private mutating func literal(_ kind: Term.Kind) throws(Fault) -> Term {
        let token = current
        advance()
        return try suffixed(Term(kind, token.span))
    }

    private mutating func parenthesized() throws(Fault) -> Term {
        advance()
        let inner = try operation(allowsPair: true)
        guard kind == .rightParen else {
            throw faultAtCurrent("non-terminated expression")
        }
        advance()
        guard case .call(var call) = inner.kind else { return inner }
        call.isParenthesized = true
        return Term(.call(call), inner.span)
    }

    /// The lexer's complaint about the current token, or else the message.
    mutating func faultAtCurrent(_ message: String) -> Fault {
        current.kind == .illegal ? unexpected() : fault(current.span, message)
    }

    /// A term with what follows it without a space: `.x`, `[x]`, `(x)`.
    private mutating func suffixed(_ head: Term) throws(Fault) -> Term {
        let token = current
        guard !token.flags.contains(.spaceBefore) else { return head }
        switch token.kind {
        case .leftParen, .dot, .leftBracket: return try reference(head)
        default: return head
        }
    }

    mutating func variable() -> Term {
        let token = current
        let isWildcard = token.end == token.start + 1 && bytes[Int(token.start)] == 0x5F
        let name = isWildcard ? nextWildcard() : word(token)
        advance()
        return Term(.variable(name), token.span)
    }

    mutating func nextWildcard() -> String {
        defer { wildcards += 1 }
        return "$\(wildcards)"
    }

    /// `-x` of a reference is `minus(0, x)`; of a number it is a part of the number.
    private mutating func negative() throws(Fault) -> Term {
        let sign = current
        advance()
        guard kind == .identifier || kind == .contains else {
            return try suffixed(number(sign: sign))
        }
        let operand = try suffixed(variable())
        try grow(over: height, 1)
        let zero = Term(.number("0"), sign.span)
        let call = Call(
            name: ["minus"], nameSpan: sign.span, arguments: [zero, operand], notation: .negative)
        return Term(.call(call), span(from: sign))
    }

    // MARK: References

    /// Reads the elements and calls after a head; the current token is the first of them.
    mutating func reference(_ first: Term) throws(Fault) -> Term {
        guard first.canBeIndexed else {
            throw fault(first.span, "illegal ref (head cannot be \(first.kind.name))")
        }
        var head = first
        var path: [Term] = []
        var tallest = height
        repeat {
            switch kind {
            case .dot:
                path.append(try dottedName())
            case .leftBracket:
                advance()
                path.append(try operation(allowsPair: true))
                tallest = max(tallest, height)
                try expect(.rightBracket, "expected [")
            case .leftParen:
                head = try call(head, path, tallest: &tallest)
                path = []
                if kind == .leftParen { return head }
            default:
                return referenceTerm(head, path, tallest)
            }
        } while !hasSpaceBefore
        return referenceTerm(head, path, tallest)
    }

    private mutating func referenceTerm(_ head: Term, _ path: [Term], _ tallest: Int) -> Term {
        guard !path.isEmpty else { return head }
        height = tallest + 1
        return Term(.reference(head, path), span(from: head.span))
    }

    private mutating func dottedName() throws(Fault) -> Term {
        advance()
        guard !hasSpaceBefore, kind == .identifier || kind.isKeyword else {
            throw hasSpaceBefore
                ? fault(current.span, "unexpected whitespace token: expected identifier")
                : unexpected("expected identifier")
        }
        let token = current
        advance()
        return Term(.string(word(token)), token.span)
    }

    private mutating func call(
        _ head: Term, _ path: [Term], tallest: inout Int
    ) throws(Fault) -> Term {
        let nameSpan = span(from: head.span)
        guard let name = callName(head, path) else {
            throw fault(current.span, "unexpected ( token: expected the name of a function")
        }
        advance()
        let arguments = try list(until: .rightParen, tallest: &tallest)
        advance()
        tallest += 1
        height = tallest
        if name == ["set"], arguments.isEmpty { return Term(.set([]), span(from: head.span)) }
        let call = Call(
            name: name, nameSpan: nameSpan, arguments: arguments, notation: .call)
        return Term(.call(call), span(from: head.span))
    }

    private func callName(_ head: Term, _ path: [Term]) -> [String]? {
        guard case .variable(let first) = head.kind else { return nil }
        var name = [first]
        for element in path {
            guard case .string(let text) = element.kind else { return nil }
            name.append(text)
        }
        return name
    }
}

extension Term {
    var canBeIndexed: Bool {
        switch kind {
        case .variable, .call, .array, .object, .set, .arrayComprehension, .setComprehension,
            .objectComprehension:
            true
        default: false
        }
    }
}

extension Term.Kind {
    /// What OPA's messages call it.
    var name: String {
        switch self {
        case .null: "null"
        case .boolean: "boolean"
        case .number: "number"
        case .string: "string"
        // Base and virtual documents as a whole are references to OPA.
        case .variable("data"), .variable("input"): "ref"
        case .variable: "var"
        case .reference: "ref"
        case .call: "call"
        case .array: "array"
        case .object: "object"
        case .set: "set"
        case .arrayComprehension: "arraycomprehension"
        case .setComprehension: "setcomprehension"
        case .objectComprehension: "objectcomprehension"
        case .template: "templatestring"
        }
    }
}
