import RegoMachine

extension GraphQL {
    /// The leaves that queries and schemas share. The first fault ends the parsing.
    /// - Source: GraphQL specification, section 2.
    struct Parser {
        private var lexer: Lexer
        private(set) var token: Token
        /// Those right before `token`.
        private(set) var comments: Comments = []
        private(set) var previous: Token
        private var depth = 0

        init(_ text: Bytes, _ context: BuiltinContext) throws(Failure) {
            try GraphQL.charge(text.count, context)
            lexer = Lexer(Array(text))
            token = Token(kind: .end, position: Position())
            previous = token
            read()
        }

        private mutating func read() {
            comments = []
            token = lexer.next()
            while token.kind == .comment {
                comments.append(token.text)
                token = lexer.next()
            }
        }

        @discardableResult mutating func next() -> Token {
            previous = token
            read()
            return previous
        }

        func unexpected(_ token: Token) -> Failure {
            .refused("Unexpected \(token.described)", token.position)
        }

        var unexpected: Failure { unexpected(token) }

        @discardableResult
        mutating func expect(_ kind: Token.Kind) throws(Failure) -> Token {
            guard token.kind == kind else {
                throw .refused(
                    "Expected \(kind.rawValue), found \(token.kind.rawValue)", token.position)
            }
            return next()
        }

        mutating func expect(keyword: String) throws(Failure) {
            guard isName(keyword) else {
                throw .refused(
                    "Expected \(Quoted.text(keyword)), found \(token.described)", token.position)
            }
            next()
        }

        func isName(_ text: String) -> Bool { token.kind == .name && token.text == text }

        mutating func skip(_ kind: Token.Kind) -> Bool {
            guard token.kind == kind else { return false }
            next()
            return true
        }

        mutating func name() throws(Failure) -> String { try expect(.name).text }

        /// None where `open` does not follow, else one or more.
        /// - Returns: The elements, and the comments before `close`.
        mutating func some<Element>(
            _ open: Token.Kind, _ close: Token.Kind,
            _ element: (inout Parser) throws(Failure) -> Element
        ) throws(Failure) -> (elements: [Element], atEnd: Comments) {
            guard skip(open) else { return ([], []) }
            try enter()
            var elements: [Element] = []
            while token.kind != close { elements.append(try element(&self)) }
            guard !elements.isEmpty else {
                throw .refused(
                    "expected at least one definition, found \(token.kind.rawValue)",
                    token.position)
            }
            let atEnd = comments
            next()
            depth -= 1
            return (elements, atEnd)
        }

        private mutating func enter() throws(Failure) {
            depth += 1
            if depth > GraphQL.nestingMax { throw .tooDeep(token.position) }
        }

        mutating func type() throws(Failure) -> TypeReference {
            if skip(.bracketLeft) {
                try enter()
                let element = try type()
                try expect(.bracketRight)
                depth -= 1
                return .list(element, isRequired: skip(.bang))
            }
            let named = try name()
            return .named(named, isRequired: skip(.bang))
        }

        mutating func arguments(isConstant: Bool) throws(Failure) -> [Argument] {
            try some(.parenLeft, .parenRight) { parser throws(Failure) in
                let position = parser.token.position
                let comments = parser.comments
                let name = try parser.name()
                try parser.expect(.colon)
                let value = try parser.literal(isConstant: isConstant)
                return Argument(name: name, value: value, position: position, comments: comments)
            }.elements
        }

        mutating func directives(isConstant: Bool) throws(Failure) -> [Directive] {
            var directives: [Directive] = []
            while skip(.at) {
                let position = token.position
                let name = try name()
                let arguments = try arguments(isConstant: isConstant)
                directives.append(Directive(name: name, arguments: arguments, position: position))
            }
            return directives
        }

        mutating func literal(isConstant: Bool) throws(Failure) -> Literal {
            switch token.kind {
            case .bracketLeft:
                return try collection(.list, .bracketRight) { parser throws(Failure) in
                    Literal.Child(value: try parser.literal(isConstant: isConstant))
                }
            case .braceLeft:
                return try collection(.object, .braceRight) { parser throws(Failure) in
                    let comments = parser.comments
                    let name = try parser.name()
                    try parser.expect(.colon)
                    let value = try parser.literal(isConstant: isConstant)
                    return Literal.Child(name: name, value: value, comments: comments)
                }
            case .dollar where !isConstant:
                let position = next().position
                return Literal(raw: try name(), position: position)
            case .int: return scalar(.int)
            case .float: return scalar(.float)
            case .string: return scalar(.string)
            case .blockString: return scalar(.block)
            case .name where token.text == "true" || token.text == "false": return scalar(.boolean)
            case .name where token.text == "null": return scalar(.null)
            case .name: return scalar(.enumeration)
            default: throw unexpected
            }
        }

        private mutating func scalar(_ kind: Literal.Kind) -> Literal {
            let token = next()
            return Literal(kind: kind, raw: token.text, position: token.position)
        }

        private mutating func collection(
            _ kind: Literal.Kind, _ close: Token.Kind,
            _ child: (inout Parser) throws(Failure) -> Literal.Child
        ) throws(Failure) -> Literal {
            var value = Literal(kind: kind, position: token.position, comments: comments)
            next()
            try enter()
            while token.kind != close { value.children.append(try child(&self)) }
            next()
            depth -= 1
            return value
        }
    }
}
