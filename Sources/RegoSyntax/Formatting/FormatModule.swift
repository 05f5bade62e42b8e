/// The package, imports and rules of a module, in the order of the text.
extension Formatter {
    mutating func write(_ module: Module, _ dropsV0Imports: Bool) {
        write(package: module.package, module.packageSpan)
        var imports = self.imports(of: module, dropsV0Imports)[...]
        var rules = module.rules[...]
        while !imports.isEmpty || !rules.isEmpty {
            let firstRule = rules.first?.span.start ?? Int32.max
            let leading = imports.prefix { $0.span.start < firstRule }
            imports = imports.dropFirst(leading.count)
            write(Array(leading))
            style.adopt(leading)
            let firstImport = imports.first?.span.start ?? Int32.max
            let following = rules.prefix { $0.span.start <= firstImport }
            rules = rules.dropFirst(following.count)
            write(Array(following))
        }
        writeRemainingComments()
    }

    private mutating func write(package path: [String], _ span: Span) {
        try? insertComments(span.row)
        lines.startLine()
        lines.write("package ")
        write(path, span)
        lines.blankLine()
    }

    /// Writes a path of names, with brackets where a name is none or was written as text.
    mutating func write(_ path: [String], _ span: Span) {
        lines.write(path[0])
        for name in path.dropFirst() {
            write(element: name, isQuoted: isKeyword(name) && isQuoted(name, in: span))
        }
    }

    mutating func write(element name: String, isQuoted: Bool) {
        guard RegoText.isName(name), !isKeyword(name) || !isQuoted else {
            var text = "["
            RegoText.quote(name, to: &text)
            lines.write(text + "]")
            return
        }
        lines.write("." + name)
    }

    func isQuoted(_ name: String, in span: Span) -> Bool {
        let wanted = Array("\"\(name)\"".utf8)
        var rest = source.bytes[Int(span.start)..<Int(span.end)]
        while let start = rest.firstIndex(of: UInt8(ascii: "\"")) {
            rest = rest[start...]
            if rest.starts(with: wanted) { return true }
            rest = rest.dropFirst()
        }
        return false
    }

    func isKeyword(_ name: String) -> Bool {
        switch name {
        case "as", "default", "else", "false", "import", "package", "not", "null", "some", "true",
            "with":
            true
        case "in", "every", "contains", "if": style.targetsV1 || style.usesIf || name == "in"
        case "and": style.keywords.contains(.and)
        case "or": style.keywords.contains(.or)
        default: false
        }
    }

    // MARK: Imports

    /// Those that the formatted module has, by row.
    private func imports(of module: Module, _ dropsV0Imports: Bool) -> [Import] {
        var imports = module.imports
        if target == .v1, dropsV0Imports { imports.removeAll { $0.path == ["rego", "v1"] } }
        if target == .v0AndV1, !imports.contains(where: { $0.path == ["rego", "v1"] }) {
            imports.append(Import(path: ["rego", "v1"], alias: nil, span: Self.place(in: imports)))
        }
        if style.importsIn {
            let top = Span(start: 0, end: 0, row: 1, column: 1)
            imports.append(Import(path: ["future", "keywords", "in"], alias: nil, span: top))
        }
        let hasV1 = imports.contains { $0.path == ["rego", "v1"] }
        if hasV1 || target == .v1 && dropsV0Imports {
            imports.removeAll { $0.isRedundantInV1 }
        }
        return imports.sorted {
            ($0.span.row, $0.span.column) < ($1.span.row, $1.span.column)
        }
    }

    /// After the last import of a keyword, or before all.
    private static func place(in imports: [Import]) -> Span {
        let last = imports.filter { $0.path.first == "future" }.map(\.span.row).max() ?? 0
        return Span(start: 0, end: 0, row: last + 1, column: 1)
    }

    private mutating func write(_ imports: [Import]) {
        var trailing: [Int32: Comment] = [:]
        let rows = Set(imports.filter { $0.span.end > 0 }.map(\.span.row))
        comments = ArraySlice(
            comments.filter { comment in
                guard rows.contains(comment.span.row) else { return true }
                trailing[comment.span.start] = comment
                return false
            })
        let commentOf = Dictionary(
            trailing.values.map { ($0.span.row, $0) }, uniquingKeysWith: { $1 })
        for group in Self.groups(imports) {
            try? insertComments(group[0].span.row)
            for item in group.sorted(by: Import.isOrdered) {
                lines.startLine()
                lines.write("import ")
                write(item.path, item.span)
                if let alias = item.alias { lines.write(" as " + alias) }
                if item.span.end > 0, let comment = commentOf[item.span.row] {
                    lines.write(" " + comment.line)
                }
                lines.endLine()
            }
            lines.blankLine()
        }
    }

    /// Imports on consecutive rows.
    private static func groups(_ imports: [Import]) -> [[Import]] {
        var groups: [[Import]] = []
        var lastRow: Int32 = 0
        for item in imports {
            if groups.isEmpty || item.span.row - lastRow > 1 {
                groups.append([item])
            } else {
                groups[groups.count - 1].append(item)
            }
            lastRow = item.span.row
        }
        return groups
    }
}

extension Import {
    /// An import of keywords that v1 has without it.
    fileprivate var isRedundantInV1: Bool {
        guard path.count >= 2, path[0] == "future", path[1] == "keywords" else { return false }
        guard path.count == 3 else { return path.count == 2 }
        return ["in", "every", "contains", "if"].contains(path[2])
    }

    fileprivate static func isOrdered(_ left: Import, _ right: Import) -> Bool {
        for (one, other) in zip(left.path, right.path) where one != other {
            return one.utf8.lexicographicallyPrecedes(other.utf8)
        }
        if left.path.count != right.path.count { return left.path.count < right.path.count }
        return (left.alias ?? "").utf8.lexicographicallyPrecedes((right.alias ?? "").utf8)
    }
}
