/// What a file is made of: its package, its imports, its rules, one after the other.
extension Grammar {
    /// What has been read so far of a file.
    struct Draft {
        var package: [String]?
        var packageSpan = Span(start: 0, end: 0, row: 0, column: 0)
        var imports: [Import] = []
        var rules: [Rule] = []
        /// Where statements begin, for the comment blocks that belong to them.
        var starts: [(row: Int32, target: AnnotationBlock.Target?)] = []
        /// `import rego.v1` holds a v0 module to the rules of v1.
        var requiresV1 = false
    }

    mutating func module() -> Result<Module, Diagnostics> {
        var draft = Draft()
        draft.requiresV1 = text.options.version == .v1
        if kind == .end { report(emptyModule()) }
        var isFirst = true
        while kind != .end {
            let start = position
            let isDoubtful = notes.doubt != nil && !startsLine
            if !isDoubtful { settleDoubt() }
            let reported = notes.diagnostics.count
            do throws(Fault) {
                try statement(&draft, isFirst: isFirst)
            } catch {
                // What follows on a doubtful line says better what is wrong with it.
                notes.doubt = nil
                report(error)
                if error.isFinal { break }
                skip(pastFaultIn: start)
            }
            if isDoubtful, notes.doubt != nil {
                notes.diagnostics.removeLast(notes.diagnostics.count - reported)
            }
            isFirst = false
        }
        settleDoubt()
        guard notes.diagnostics.isEmpty else { return .failure(Diagnostics(notes.diagnostics)) }
        return .success(
            Module(
                source: text.source, version: text.options.version, package: draft.package ?? [],
                packageSpan: draft.packageSpan, imports: draft.imports, rules: draft.rules,
                comments: text.comments, annotations: annotations(draft.starts)))
    }

    mutating func wholeQuery() -> Result<[Expression], Diagnostics> {
        var expressions: [Expression] = []
        do throws(Fault) {
            while kind != .end {
                expressions.append(try expression())
                guard kind == .semicolon else { continue }
                advance()
                if kind == .end { throw unexpected() }
            }
        } catch {
            report(error)
            return .failure(Diagnostics(notes.diagnostics))
        }
        return .success(expressions)
    }

    mutating func wholeTerm() -> Result<Term, Diagnostics> {
        do throws(Fault) {
            let term = try operation(allowsPair: true)
            guard kind == .end else { throw unexpected("expected one term") }
            return .success(term)
        } catch {
            report(error)
            return .failure(Diagnostics(notes.diagnostics))
        }
    }

    // MARK: Errors

    private mutating func settleDoubt() {
        if let doubt = notes.doubt { report(doubt) }
        notes.doubt = nil
    }

    mutating func report(_ fault: Fault) {
        notes.diagnostics.append(
            Diagnostic(
                code: .parse, message: fault.message, file: text.source.name, span: fault.span,
                hint: fault.hint))
    }

    private func emptyModule() -> Fault {
        Fault(
            message: "empty module", span: Span(start: 0, end: 0, row: 0, column: 0),
            hint: "begin with `package`, for example `package example`")
    }

    /// Goes on to the next statement after a faulty one: to a name or keyword that begins a line
    /// without indentation, as rules do.
    private mutating func skip(pastFaultIn start: Int) {
        notes.opaHints = []
        depth = 0
        if position == start { advance() }
        while kind != .end {
            if startsLine, current.column == 1, beginsStatement { return }
            advance()
        }
    }

    private var beginsStatement: Bool {
        switch kind {
        case .identifier, .default, .import, .package: true
        default: false
        }
    }

    // MARK: Package and imports

    private mutating func statement(_ draft: inout Draft, isFirst: Bool) throws(Fault) {
        let start = current
        if kind == .package, !beginsReference {
            let path = try packagePath()
            draft.starts.append((start.row, .package))
            guard draft.package == nil else { throw fault(start.span, "unexpected package") }
            draft.package = path
            draft.packageSpan = span(from: start)
            return
        }
        if isFirst {
            let missing = packageExpected(start)
            report(missing)
            if missing.hint == Self.meantPackage { return skipLine() }
        }
        if kind == .import, !beginsReference {
            let imported = try importStatement()
            draft.starts.append((start.row, nil))
            try apply(imported, &draft)
            draft.imports.append(imported)
            return
        }
        let first = draft.rules.count
        draft.starts.append((start.row, .rule(first)))
        try ruleStatement(into: &draft.rules, requiresV1: draft.requiresV1)
    }

    private static var meantPackage: String { "did you mean `package`?" }

    private func packageExpected(_ start: Token) -> Fault {
        let word = word(start)
        let isMisspelt = start.kind == .identifier && isNear(word, "package")
        return Fault(
            message: "package expected", span: start.span,
            hint: isMisspelt
                ? Self.meantPackage
                : "begin with `package`, for example `package example`")
    }

    private mutating func skipLine() {
        repeat { advance() } while kind != .end && !startsLine
    }

    private mutating func packagePath() throws(Fault) -> [String] {
        advance()
        guard kind == .identifier || kind.isKeyword else { throw unexpected() }
        kind = .identifier
        let path = try dottedPath()
        return path
    }

    /// Reads a reference that is a path: a name and strings.
    private mutating func dottedPath() throws(Fault) -> [String] {
        let head = variable()
        let term = hasSpaceBefore ? head : try pathTerm(head)
        switch term.kind {
        case .variable(let name): return [name]
        case .reference(let first, let elements):
            guard case .variable(let name) = first.kind else {
                throw fault(
                    first.span, "unexpected \(first.kind.name) token: expecting var")
            }
            var path = [name]
            for element in elements {
                guard case .string(let text) = element.kind else {
                    throw fault(
                        element.span,
                        "unexpected \(element.kind.name) token: expecting string")
                }
                path.append(text)
            }
            return path
        default: throw unexpected()
        }
    }

    private mutating func pathTerm(_ head: Term) throws(Fault) -> Term {
        switch kind {
        case .dot, .leftBracket, .leftParen: try reference(head)
        default: head
        }
    }

    private mutating func importStatement() throws(Fault) -> Import {
        let start = current
        advance()
        guard kind == .identifier || kind.isKeyword else {
            throw unexpected()
        }
        let pathStart = current
        let path = try dottedPath()
        let pathSpan = span(from: pathStart)
        try checkRoot(path[0], pathSpan)
        var alias: String?
        if kind == .as {
            advance()
            guard kind == .identifier else { throw unexpected("expected var") }
            let term = try self.term()
            guard case .variable(let name) = term.kind, term.isVariable else {
                throw unexpected("expected var")
            }
            alias = name
        } else if path[0] != "future", let last = path.last,
            isKeywordOfVersion(last)
        {
            throw fault(
                pathSpan,
                "unexpected import path, must not end with a keyword, got: \(last) "
                    + "(hint: import a different path or use an alias)")
        }
        return Import(path: path, alias: alias, span: span(from: start))
    }

    private func checkRoot(_ root: String, _ span: Span) throws(Fault) {
        let roots = ["data", "future", "input", "rego"]
        guard !roots.contains(root) else { return }
        let near = roots.first { isNear(root, $0) }
        throw fault(
            span,
            "unexpected import path, must begin with one of: {data, future, input, rego}, "
                + "got: \(root) (hint: if this is unexpected, try updating OPA)",
            hint: near.map { "did you mean `\($0)`?" } ?? "write `data.\(root)`")
    }

    private func isKeywordOfVersion(_ word: String) -> Bool {
        switch word {
        case "package", "import", "as", "default", "else", "not", "some", "with", "null",
            "true", "false":
            true
        case "in", "every", "contains", "if": text.options.version == .v1
        default: false
        }
    }

    /// Switches on what `rego.v1` and `future.keywords` stand for.
    private mutating func apply(_ imported: Import, _ draft: inout Draft) throws(Fault) {
        let path = imported.path
        switch path[0] {
        case "rego":
            guard path == ["rego", "v1"] else {
                throw fault(
                    imported.span,
                    "invalid import `\(path.joined(separator: "."))`, must be `rego.v1`")
            }
            guard text.options.features.contains(.v1Import) else {
                throw fault(
                    imported.span,
                    "invalid import, `rego.v1` is not supported by current capabilities")
            }
            if text.options.version == .v1 { return }
            guard imported.alias == nil else {
                throw fault(imported.span, "`rego` imports cannot be aliased")
            }
            keywords.formUnion(.v1)
            draft.requiresV1 = true
        case "future":
            keywords.formUnion(try futureKeywords(imported))
        default: return
        }
        refresh()
    }

    private func futureKeywords(_ imported: Import) throws(Fault) -> FutureKeywords {
        let path = imported.path
        var allowed = text.options.allowedKeywords
        if text.options.features.contains(.v1) { allowed.formUnion(.v1) }
        guard path.count >= 2, path[1] == "keywords", path.count <= 3 else {
            throw fault(imported.span, "invalid import, must be `future.keywords`")
        }
        guard imported.alias == nil else {
            throw fault(imported.span, "`future` imports cannot be aliased")
        }
        guard path.count == 3 else { return allowed }
        guard let keyword = FutureKeywords(name: path[2]), keyword.isSubset(of: allowed) else {
            let names = ["and", "contains", "every", "if", "in", "not", "or"].filter {
                FutureKeywords(name: $0)?.isSubset(of: allowed) ?? false
            }
            throw fault(
                imported.span,
                "unexpected keyword, must be one of [\(names.joined(separator: " "))]",
                hint: names.first { isNear(path[2], $0) }.map { "did you mean `\($0)`?" })
        }
        return keyword
    }
}
