import RegoSyntax

/// What the type checker says of what it refuses.
extension TypeChecker {
    private mutating func report(_ message: String, _ hint: String?, at span: Span) {
        let diagnostic = Diagnostic(
            code: .type, message: message, file: file, span: span, hint: hint)
        mistakes.append(Mistake(stage: .types, diagnostic: diagnostic))
    }

    private func text(_ shape: Shape) -> String {
        if shape.isRefused { return "???" }
        return locals.type(of: shape)?.description ?? "???"
    }

    mutating func refuseSchema(_ fault: String, _ span: ResolvedSpan) {
        report(fault, nil, at: span.span)
    }

    // MARK: Unifications

    mutating func refuseMatch(_ left: Shape, _ right: Shape, _ span: ResolvedSpan) {
        report(
            "match error",
            "the sides are never equal: left is \(text(left)), right is \(text(right))",
            at: span.span)
    }

    // MARK: Calls

    /// - Parameters:
    ///   - position: The operand that is wrong, counted from 0.
    ///   - result: What the call gives, where that was written as a last operand.
    mutating func refuseOperands(
        of callee: Callee, _ given: [Shape], at position: Int, _ wanted: [RegoType],
        _ result: RegoType?, _ span: ResolvedSpan
    ) {
        let which = given.count > 1 ? "operand \(position + 1) is wrong: " : ""
        let have = given.map { text($0) }.joined(separator: ", ")
        let want = (wanted + (result.map { [$0] } ?? [])).map(\.description)
        report(
            "\(name(of: callee)): invalid argument(s)",
            "\(which)have (\(have)), want (\(want.joined(separator: ", ")))", at: span.span)
    }

    mutating func refuseReplacement(
        _ target: Callee, _ wanted: Int, _ value: Callee, _ given: Int, _ span: ResolvedSpan
    ) {
        report(
            "\(name(of: target)): arity mismatch",
            "`\(name(of: value))` takes \(given), `\(name(of: target))` takes \(wanted)",
            at: span.span)
    }

    private func name(of callee: Callee) -> String {
        switch callee {
        case .builtin(let name): name
        case .function(let path): "data." + path.joined(separator: ".")
        }
    }

    // MARK: References

    /// - Parameters:
    ///   - position: The key that does not fit; past the last, the whole is a function.
    ///   - type: What the keys before it give.
    mutating func refuse(
        _ path: KeyPath, at position: Int, of type: RegoType, _ span: ResolvedSpan
    ) {
        let search = ReferenceSearch(wanted: path.terms, within: span.span)
        let found = switch text {
        case .rule(let rule): search.first(in: rule)
        case .query(let body): search.first(body)
        }
        report(
            "undefined ref: \(text(path, upTo: path.terms.count))",
            hint(path, at: position, of: type), at: found ?? span.span)
    }

    private func text(_ path: KeyPath, upTo end: Int) -> String {
        let head = switch path.head {
        case .input: "input"
        case .data: "data"
        case .local(let local): names[local] ?? "_"
        default: "_"
        }
        return path.terms[..<end].reduce(head) { text, term in
            switch term {
            case .string(let name) where name.isName: "\(text).\(name)"
            case .string(let name): "\(text)[\"\(name)\"]"
            case .local(let local): "\(text)[\(names[local] ?? "_")]"
            default: "\(text)[\(term.constant?.description ?? "_")]"
            }
        }
    }

    private func hint(_ path: KeyPath, at position: Int, of type: RegoType) -> String? {
        let base = text(path, upTo: min(position, path.terms.count))
        if type.isFunction { return "`\(base)` is a function: call it, `\(base)(…)`" }
        guard type.keys != nil else {
            return "`\(base)` is of type \(type.description), which has no elements"
        }
        guard position < path.terms.count else { return nil }
        guard let constant = path.terms[position].constant else {
            return "the keys of `\(base)` are of type \(type.keys?.description ?? "any"),"
                + " this one is of type \(text(path.keys[position]))"
        }
        if case .array(let elements, nil) = type.kind {
            return "`\(base)` is an array of \(elements.count), counted from 0"
        }
        guard case .object(let known, _) = type.kind, !known.isEmpty else {
            return "`\(base)` is of type \(type.description)"
        }
        let keys = known.keys.map(\.description).sorted()
        if let near = keys.first(where: { isNear(constant.description, $0) }) {
            return "did you mean `\(near)`?"
        }
        let shown = keys.prefix(8).map { "`\($0)`" }.joined(separator: ", ")
        return "`\(base)` has \(shown)" + (keys.count > 8 ? ", and more" : "")
    }
}

extension String {
    fileprivate var isName: Bool {
        guard let first = utf8.first, !(UInt8(ascii: "0")...UInt8(ascii: "9")).contains(first)
        else { return false }
        return utf8.allSatisfy {
            switch $0 {
            case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
                UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "_"): true
            default: false
            }
        }
    }
}
