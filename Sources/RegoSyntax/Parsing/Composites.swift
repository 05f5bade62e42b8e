/// Arrays, objects, sets and comprehensions, which all begin alike.
extension Grammar {
    /// Reads terms up to the closing token, which stays the current one.
    mutating func list(
        until end: Token.Kind, _ first: [Term] = [], tallest: inout Int
    ) throws(Fault) -> [Term] {
        var terms = first
        while kind != end {
            terms.append(try operation(allowsPair: false))
            tallest = max(tallest, height)
            if kind == end { break }
            try expect(.comma, "expected \",\" or \"\(end.name)\"")
        }
        return terms
    }

    /// Reads the rest of a list whose first term has been read.
    private mutating func list(
        after first: Term, until end: Token.Kind, tallest: inout Int
    ) throws(Fault) -> [Term] {
        tallest = max(tallest, height)
        if kind != end { try expect(.comma, "expected \",\" or \"\(end.name)\"") }
        return try list(until: end, [first], tallest: &tallest)
    }

    /// OPA accepts one comma before the first element.
    private mutating func skipLeadingComma() -> Bool {
        guard kind == .comma else { return false }
        advance()
        return true
    }

    mutating func array() throws(Fault) -> Term {
        let start = current
        let opening = position
        advance()
        if kind == .rightBracket {
            advance()
            height = 1
            return Term(.array([]), span(from: start))
        }
        let mayBeComprehension = !skipLeadingComma()
        let first = try term()
        if kind == .bar, mayBeComprehension,
            let body = try comprehensionBody(of: opening, until: .rightBracket)
        {
            return Term(.arrayComprehension(first, body), span(from: start))
        }
        var tallest = 0
        let head = try operation(after: first, allowsPair: false)
        let terms = try list(after: head, until: .rightBracket, tallest: &tallest)
        advance()
        height = tallest + 1
        return Term(.array(terms), span(from: start))
    }

    /// Tries what follows `|` as a comprehension's body, up to and with the closing token.
    ///
    /// `[a | b, c]` is a list with a union in it; only the comma shows that.
    /// - Returns: The body, or nil, and nothing read, where this is a list.
    private mutating func comprehensionBody(
        of opening: Int, until end: Token.Kind
    ) throws(Fault) -> [Expression]? {
        let settlement = Settlement(question: .comprehension, token: opening)
        if notes.settled.contains(settlement) { return nil }
        let start = mark
        let headHeight = height
        advance()
        do throws(Fault) {
            let body = try body(until: end)
            height = max(headHeight, height) + 1
            return body
        } catch {
            if error.isFinal || kind != .comma { throw error }
            notes.settled.insert(settlement)
            rewind(to: start)
            height = headHeight
            return nil
        }
    }

    /// `{` begins an object, a set, or a comprehension of either.
    mutating func braces() throws(Fault) -> Term {
        let start = current
        let opening = position
        advance()
        if kind == .rightBrace {
            advance()
            height = 1
            return Term(.object([]), span(from: start))
        }
        let mayBeComprehension = !skipLeadingComma()
        let first = try term()
        if kind == .bar, mayBeComprehension,
            let body = try comprehensionBody(of: opening, until: .rightBrace)
        {
            return Term(.setComprehension(first, body), span(from: start))
        }
        let head = try operation(after: first, allowsPair: false)
        switch kind {
        case .colon:
            return try object(from: start, key: head, mayBeComprehension: mayBeComprehension)
        case .rightBrace, .comma:
            var tallest = 0
            let terms = try list(after: head, until: .rightBrace, tallest: &tallest)
            advance()
            height = tallest + 1
            return Term(.set(terms), span(from: start))
        default:
            throw unexpected("non-terminated set")
        }
    }

    private mutating func object(
        from start: Token, key: Term, mayBeComprehension: Bool
    ) throws(Fault) -> Term {
        var tallest = height
        advance()
        let valueStart = position
        let first = try term()
        if kind == .bar, mayBeComprehension,
            let body = try comprehensionBody(of: valueStart, until: .rightBrace)
        {
            height = max(tallest + 1, height)
            return Term(
                .objectComprehension(key: key, value: first, body), span(from: start))
        }
        let value = try operation(after: first, allowsPair: false)
        tallest = max(tallest, height)
        guard kind == .comma || kind == .rightBrace else {
            throw unexpected("non-terminated object")
        }
        let pairs = try self.pairs(after: (key, value), tallest: &tallest)
        height = tallest + 1
        return Term(.object(pairs), span(from: start))
    }

    /// Reads the other pairs and the closing brace.
    private mutating func pairs(
        after first: (key: Term, value: Term), tallest: inout Int
    ) throws(Fault) -> [(key: Term, value: Term)] {
        var pairs = [first]
        while kind == .comma {
            advance()
            if kind == .rightBrace { break }
            let key = try operation(allowsPair: false)
            tallest = max(tallest, height)
            try expect(.colon, "expected \":\"")
            let value = try operation(allowsPair: false)
            tallest = max(tallest, height)
            pairs.append((key, value))
        }
        try expect(.rightBrace, "expected \",\" or \"}\"")
        return pairs
    }
}
