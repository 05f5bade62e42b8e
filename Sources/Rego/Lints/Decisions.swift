import RegoSyntax

/// How the rules of one path stand together: `missing-default`, `unindexed-rules`.
extension Lint {
    private static let decisions: Set<String> = [
        "allow", "allowed", "authorized", "denied", "deny",
    ]

    @Sendable static func missingDefaults(_ reading: LintReading) -> [LintFinding] {
        let entrypoints = Set(reading.entrypoints.map(\.path))
        return reading.documents.compactMap { definitions in
            let (module, first) = definitions[0]
            let path = first.head.constantPath(in: module.package)
            let isEntrypoint = entrypoints.contains(path)
            let isDecision = first.head.path.isEmpty && decisions.contains(first.head.name)
                && definitions.allSatisfy { $0.rule.isBoolean }
            guard isDecision || isEntrypoint,
                definitions.allSatisfy({ $0.rule.isComplete && !$0.rule.alwaysHasValue })
            else { return nil }
            return finding(
                "missing-default", "`\(first.head.name)` is undefined where no rule of it holds",
                in: module, at: first.head.span)
        }
    }

    // MARK: Indexes

    @Sendable static func unindexedRules(_ reading: LintReading) -> [LintFinding] {
        reading.documents.compactMap { definitions in
            var counts: [String: [(module: Module, span: Span)]] = [:]
            for (module, rule) in definitions where !rule.isDefault {
                guard !rule.body.contains(where: \.isIndexed) else { continue }
                for expression in rule.body {
                    guard let computed = expression.computedValue else { continue }
                    counts[RegoText.term(computed), default: []].append((module, expression.span))
                }
            }
            guard let (text, places) = counts.filter({ $0.value.count >= rulesMin }).min(by: {
                $0.key < $1.key
            }) else { return nil }
            return finding(
                "unindexed-rules", "\(places.count) rules compare `\(text)`, and all are tried",
                in: places[0].module, at: places[0].span)
        }
    }

    /// As many as the machine makes an index of.
    private static let rulesMin = 3
}

extension Rule {
    /// A rule of one value: no function, no set, no keys.
    fileprivate var isComplete: Bool {
        guard case .value = head.kind else { return false }
        return head.arguments == nil && head.dynamicPath.isEmpty
    }

    /// The values of its branches are `true` or `false`.
    fileprivate var isBoolean: Bool {
        guard case .value(let value, _) = head.kind else { return false }
        return ([value] + elses.map(\.value)).allSatisfy {
            guard let term = $0 else { return true }
            if case .boolean = term.kind { return true } else { return false }
        }
    }

    fileprivate var alwaysHasValue: Bool {
        isDefault || body.isCertain || elses.contains { $0.body.isCertain }
    }
}

extension Expression {
    /// The sides of `a == b` or `a = b` at a rule's own level.
    private var equality: (Term, Term)? {
        guard case .term(let term) = kind, modifiers.isEmpty, case .call(let call) = term.kind,
            call.arguments.count == 2, [.infix("=="), .infix("=")].contains(call.notation)
        else { return nil }
        return (call.arguments[0], call.arguments[1])
    }

    /// A comparison that the index uses: a name or a reference with constant keys, and a literal.
    fileprivate var isIndexed: Bool {
        guard let (left, right) = equality else { return false }
        return left.isLookedUp && right.isLiteral || right.isLookedUp && left.isLiteral
    }

    /// What a call makes that is compared with a literal.
    fileprivate var computedValue: Term? {
        guard let (left, right) = equality else { return nil }
        if left.isComputed, right.isLiteral { return left }
        return right.isComputed && left.isLiteral ? right : nil
    }
}

extension Term {
    fileprivate var isLiteral: Bool {
        switch kind {
        case .null, .boolean, .number, .string: true
        default: false
        }
    }

    fileprivate var isLookedUp: Bool {
        switch kind {
        case .variable: true
        case .reference(let head, let path): head.isLookedUp && path.allSatisfy(\.isLiteral)
        default: false
        }
    }

    /// A call, or an element of what a call gives.
    fileprivate var isComputed: Bool {
        switch kind {
        case .call: true
        case .reference(let head, _): head.isComputed
        default: false
        }
    }
}
