/// Rules, their heads, and their `else` branches.
extension Formatter {
    mutating func write(_ rules: [Rule]) {
        for (index, rule) in rules.enumerated() {
            try? insertComments(rule.span.row)
            let start = lines.bytes.count
            lines.startLine()
            if rule.isDefault { lines.write("default ") }
            write(rule)
            let isOneLine = lines.bytes[start...].firstIndex(of: 0x0A) == lines.bytes.count - 1
            if index + 1 < rules.count, isOneLine, isGroupable(rule),
                isGroupable(rules[index + 1]),
                rules[index + 1].span.row == rule.span.row + 1
            {
                continue
            }
            lines.blankLine()
        }
    }

    /// A rule of one line, which may have others right below it.
    private func isGroupable(_ rule: Rule) -> Bool {
        rule.body.count <= 1 && !rule.isDefault && usesIf(rule)
            && !(rule.body.first?.isSetTerm ?? false)
    }

    private func usesIf(_ rule: Rule) -> Bool {
        style.usesIf && (style.usesContains || !rule.head.kind.isContains)
    }

    private mutating func write(_ rule: Rule) {
        let isConstant = rule.body.isConstantTrue && rule.elses.isEmpty
        keepsCommentOnFinalLine = isConstant
        let start = mark
        var isCopied = false
        do throws(UnexpectedComment) {
            try write(rule.head, of: rule, isConstant: isConstant)
        } catch {
            isCopied = true
            if copiedEnd != rule.head.span.end {
                rewind(to: start)
                copy(rule.head.span)
            }
        }
        guard !isConstant else { return lines.endLine() }
        keepsCommentOnFinalLine = true
        // What was broken in the head and is no more does not keep the body on its last row.
        let isBroken = lines.bytes[start.count...].contains(0x0A)
        // Invariant: a rule without a body has no branches.
        write(
            rule.body, usesIf: usesIf(rule),
            after: isBroken ? lastRow(rule.head) : rule.head.span.row, isCopied: isCopied,
            isBraced: usesIf(rule), close: close(of: rule))
        write(elses: rule)
    }

    /// Writes ` if …` or a block.
    /// - Parameter isBraced: A union that leads the block would be read as a comprehension.
    private mutating func write(
        _ body: [Expression], usesIf: Bool, after headRow: Int32, isCopied: Bool,
        isBraced: Bool, close: Int32
    ) {
        if usesIf {
            lines.write(" if")
            if body.count == 1, body[0].span.row == headRow, !body[0].isSetTerm {
                lines.write(" ")
                writeSafely(body[0])
                lines.endLine()
                return
            }
        }
        lines.write(" {")
        if isCopied, !comments.isEmpty { lines.write(" ") } else { lines.endLine() }
        lines.level += 1
        write(body, isBraced: isBraced)
        try? insertComments(close)
        lines.endIndentedLines()
        lines.write("}")
    }

    private mutating func write(elses rule: Rule) {
        var lastRow = rule.span.row
        for (index, branch) in rule.elses.enumerated() {
            let isLast = index + 1 == rule.elses.count
            // What follows a rule of one row begins a line of its own.
            let isInline =
                lines.isInline && branch.span.row > lastRow && !beginsLine(branch.span)
            lastRow = branch.span.row
            let hasCommentAbove =
                lines.beforeEnd != nil
                || comments.first.map { $0.span.row < branch.span.row } ?? false
            if !hasCommentAbove, isInline {
                lines.write(" ")
            } else {
                lines.blankLine()
                lines.startLine()
            }
            try? insertComments(branch.span.row)
            if hasCommentAbove, !isInline { lines.startLine() }
            var rest = branch.span
            rest.end = rule.span.end
            write(branch, in: rest, usesIf: usesIf(rule), isLast: isLast)
        }
    }

    private mutating func write(_ branch: Rule.Else, in end: Span, usesIf: Bool, isLast: Bool) {
        let isConstant = branch.body.isConstantTrue && isLast
        keepsCommentOnFinalLine = isConstant
        lines.write("else")
        var isCopied = false
        if let value = branch.value, isConstant || !value.isTrue {
            lines.write(branch.usesAssignment || style.targetsV1 ? " := " : " = ")
            var moved = value
            moved.span.row = branch.span.row
            do throws(UnexpectedComment) {
                try write(moved)
            } catch {
                isCopied = true
            }
        } else if isConstant {
            lines.write(style.targetsV1 ? " := true" : " = true")
        }
        guard !isConstant, !branch.body.isEmpty else { return lines.endLine() }
        keepsCommentOnFinalLine = true
        write(
            branch.body, usesIf: usesIf, after: branch.span.row, isCopied: isCopied,
            isBraced: false, close: bracketRow("{", "}", in: end))
    }

    /// The row where OPA expects a rule's body to close. It looks for brackets in the text, not in
    /// the tree, so comments at the end of some bodies go below the rule.
    private func close(of rule: Rule) -> Int32 {
        if rule.head.arguments != nil {
            return bracketRow("{", "}", in: rule.span, past: ("(", ")"))
        }
        if rule.head.kind.isContains || rule.head.path.count == 1 && !hasIf(rule) {
            return bracketRow("{", "}", in: rule.span, past: ("[", "]"))
        }
        return bracketRow("{", "}", in: rule.span)
    }

    /// Nothing but blanks stands before it on its line.
    private func beginsLine(_ span: Span) -> Bool {
        var index = Int(span.start) - 1
        while index >= 0, source.bytes[index] == 0x20 || source.bytes[index] == 0x09 {
            index -= 1
        }
        return index < 0 || source.bytes[index] == 0x0A
    }

    // MARK: Heads

    private mutating func write(
        _ head: Rule.Head, of rule: Rule, isConstant: Bool
    ) throws(UnexpectedComment) {
        let name = head.name.hasPrefix("$") ? "_" : head.name
        if style.hasReferenceHeads || head.path.isEmpty {
            lines.write(name)
            try write(path: head.path)
        } else if let next = comments.first, next.span.row == head.path[0].span.row,
            next.span.start < head.path[0].span.end
        {
            return copy(head.span)
        } else {
            lines.write(name + "[" + RegoText.term(head.path[0]) + "]")
        }
        if let arguments = head.arguments {
            lines.write("(")
            let close = closingRow(")", after: arguments[arguments.count - 1].span.end)
            try write(items: arguments, in: head.span, close: close, isParenthesizingUnions: false)
            lines.write(")")
        }
        switch head.kind {
        case .contains(let key):
            lines.write(style.usesContains ? " contains " : "[")
            try write(key)
            if !style.usesContains { lines.write("]") }
        case .value(let value, let usesAssignment):
            let isGenerated = rule.body.isEmpty && head.arguments != nil
            let isShown =
                value == nil
                ? isConstant && !isGenerated
                : isConstant || rule.isDefault
                    || head.path.count == 1 && !hasIf(rule) && !usesIf(rule)
            try write(value, usesAssignment: usesAssignment, isShown: isShown)
        }
    }

    /// The row where a body stays on the head's line: its first, or its last if that begins with
    /// a bracket.
    private func lastRow(_ head: Rule.Head) -> Int32 {
        var index = Int(head.span.end) - 1
        while index > Int(head.span.start), [0x7D, 0x5D, 0x29].contains(source.bytes[index]) {
            index -= 1
        }
        while index > Int(head.span.start), [0x20, 0x09].contains(source.bytes[index]) {
            index -= 1
        }
        return source.bytes[index] == 0x0A ? endRow(head.span) : head.span.row
    }

    private func hasIf(_ rule: Rule) -> Bool {
        guard let first = rule.body.first else { return false }
        return mark(after: rule.head.span.end, before: first.span.start) {
            $0 == UInt8(ascii: "i")
        } != nil
    }

    /// - Parameter isShown: The value is written even where it is `true`.
    private mutating func write(
        _ value: Term?, usesAssignment: Bool, isShown: Bool
    ) throws(UnexpectedComment) {
        guard isShown || value.map({ !$0.isTrue }) ?? false else { return }
        lines.write(usesAssignment || style.targetsV1 ? " := " : " = ")
        guard let value else { return lines.write("true") }
        try write(value)
    }
}

extension Term {
    fileprivate var isTrue: Bool {
        if case .boolean(true) = kind { true } else { false }
    }
}

extension [Expression] {
    /// No body, or one that says no more than none.
    fileprivate var isConstantTrue: Bool {
        guard count == 1 else { return isEmpty }
        guard case .term(let term) = self[0].kind, self[0].modifiers.isEmpty else { return false }
        return term.isTrue
    }
}

extension Expression {
    fileprivate var isSetTerm: Bool {
        guard case .term(let term) = kind, case .set = term.kind else { return false }
        return true
    }
}
