import RegoSyntax

/// Conditions with one outcome: `constant-condition`, `unreachable-else`.
extension Lint {
    @Sendable static func constantConditions(_ reading: LintReading) -> [LintFinding] {
        reading.rules.flatMap { module, rule in
            var found: [LintFinding] = []
            // Before `if`, `{ true }` was how a rule without conditions was written.
            if module.version == .v0, rule.body.count == 1, rule.body.isCertain { return found }
            rule.forEachExpression { expression in
                guard let outcome = expression.outcome else { return }
                let message =
                    outcome ? "the condition is always true" : "the condition is never true"
                found.append(
                    finding("constant-condition", message, in: module, at: expression.span))
            }
            return found
        }
    }

    @Sendable static func unreachableElses(_ reading: LintReading) -> [LintFinding] {
        reading.rules.compactMap { module, rule in
            // Branches whose value may be undefined are followed by the next even where they hold.
            var earlier: Set<String> = []
            var isCertain = false
            if rule.head.value?.isDefined(in: rule.body) ?? true {
                isCertain = rule.body.isCertain
                earlier.insert(RegoText.body(rule.body))
            }
            for branch in rule.elses {
                let text = RegoText.body(branch.body)
                let why: String
                if isCertain {
                    why = "an earlier branch has no conditions"
                } else if !branch.body.isEmpty, earlier.contains(text) {
                    why = "an earlier branch has the same conditions"
                } else {
                    guard branch.value?.isDefined(in: branch.body) ?? true else { continue }
                    isCertain = branch.body.isCertain
                    earlier.insert(text)
                    continue
                }
                return finding(
                    "unreachable-else", "the branch is never tried: \(why)", in: module,
                    at: branch.span)
            }
            return nil
        }
    }
}

extension [Expression] {
    /// It holds whatever comes in.
    var isCertain: Bool { allSatisfy { $0.outcome == true && $0.modifiers.isEmpty } }
}

extension Expression {
    /// What a condition comes to that depends on nothing; `nil` where it depends on something.
    fileprivate var outcome: Bool? {
        guard case .term(let term) = kind else { return nil }
        if term.isConstant {
            if case .boolean(let value) = term.kind { return value }
            return true
        }
        guard case .call(let call) = term.kind, call.arguments.count == 2,
            case .infix(let symbol) = call.notation
        else { return nil }
        let (left, right) = (call.arguments[0], call.arguments[1])
        if let order = left.order(to: right) { return Self.holds(symbol, order) }
        if left.isCountOfSome, case .number(let literal) = right.kind {
            return Self.countHolds(symbol, literal)
        }
        // `=` may bind what stands on both sides.
        guard symbol != "=", left.isPlain, right.isPlain,
            RegoText.term(left) == RegoText.term(right)
        else { return nil }
        return Self.holds(symbol, 0)
    }

    private static func holds(_ symbol: String, _ order: Int) -> Bool? {
        switch symbol {
        case "==", "=": order == 0
        case "!=": order != 0
        case "<": order < 0
        case "<=": order <= 0
        case ">": order > 0
        case ">=": order >= 0
        default: nil
        }
    }

    /// Counts are never below 0.
    private static func countHolds(_ symbol: String, _ literal: String) -> Bool? {
        guard let number = Double(literal) else { return nil }
        switch symbol {
        case ">=" where number <= 0, ">" where number < 0: return true
        case "<" where number <= 0, "<=" where number < 0, "==" where number < 0: return false
        default: return nil
        }
    }
}

extension Rule.Head {
    fileprivate var value: Term? {
        if case .value(let value, _) = kind { value } else { nil }
    }
}

extension Term {
    /// Whether it has a value for certain where a body holds: constants, comprehensions, and names
    /// that the body mentions.
    fileprivate func isDefined(in body: [Expression]) -> Bool {
        switch kind {
        case .null, .boolean, .number, .string: return true
        case .arrayComprehension, .setComprehension, .objectComprehension: return true
        case .array, .set, .object: return children.allSatisfy { $0.isDefined(in: body) }
        case .variable(let name):
            var isMentioned = false
            body.forEachTerm {
                if case .variable(name) = $0.kind { isMentioned = true }
            }
            return isMentioned
        case .reference, .call, .template: return false
        }
    }

    /// A literal, or a composite of them.
    fileprivate var isConstant: Bool {
        switch kind {
        case .null, .boolean, .number, .string: true
        case .array, .set, .object: children.allSatisfy(\.isConstant)
        default: false
        }
    }

    /// How two scalar constants of one type compare: below, at or above 0. `nil` for others.
    fileprivate func order(to other: Term) -> Int? {
        switch (kind, other.kind) {
        case (.null, .null): return 0
        case (.boolean(let one), .boolean(let two)):
            return one == two ? 0 : one ? 1 : -1
        case (.string(let one), .string(let two)):
            if one == two { return 0 }
            return one.utf8.lexicographicallyPrecedes(two.utf8) ? -1 : 1
        case (.number(let one), .number(let two)):
            if one == two { return 0 }
            // Close numbers could be one in binary.
            guard let left = Double(one), let right = Double(two), left != right else { return nil }
            return left < right ? -1 : 1
        default: return nil
        }
    }

    /// A name or a reference whose elements are names and constants, wildcards left out.
    fileprivate var isPlain: Bool {
        switch kind {
        case .variable(let name): !name.hasPrefix("$")
        case .reference(let head, let path):
            head.isPlain && path.allSatisfy { $0.isPlain || $0.isConstant }
        default: false
        }
    }

    fileprivate var isCountOfSome: Bool {
        if case .call(let call) = kind { call.name == ["count"] } else { false }
    }
}
