import RegoSyntax

/// What an expression says, taken apart so that it can be told in words: `input.roles` *contains*
/// `"editor"`.
public struct Claim: Sendable {
    public let relation: Relation
    /// What is spoken of: of two sides, the one that is no literal.
    public internal(set) var subject: Operand
    /// What it is compared with; `nil` where the relation has one side.
    public internal(set) var object: Operand?
    public internal(set) var isNegated: Bool
    /// Of a call that holds or does not: what it was called with.
    public internal(set) var arguments: [Operand] = []

    public enum Relation: Sendable {
        /// It is true, or has a value that is not false.
        case holds
        /// It has a value.
        case exists
        case empty
        case equal, below, atMost, above, atLeast
        /// The object's members hold the subject.
        case among
        /// The subject's members, or its text, hold the object.
        case contains
        case startsWith, endsWith
    }

    /// One side.
    public struct Operand: Sendable {
        /// As written, but with what names of arguments and aliases stand for, and with the keys
        /// that variables have.
        public internal(set) var text: String
        public let written: String
        /// As JSON, one for each answer of the expressions before, each once; empty: undefined.
        public internal(set) var values: [[UInt8]]
        public let isLiteral: Bool
    }

    init(
        _ relation: Relation, _ subject: Operand, _ object: Operand? = nil, isNegated: Bool = false
    ) {
        self.relation = relation
        self.subject = subject
        self.object = object
        self.isNegated = isNegated
    }

    /// - Parameter operand: Shows and evaluates a side.
    init(_ expression: Expression, text: String, operand: (Term) -> Operand) {
        switch expression.kind {
        case .term(let term): self.init(term, operand)
        case .not(let body, _) where body.count == 1:
            self.init(body[0], text: text, operand: operand)
            isNegated.toggle()
        case .someIn(_, _, let domain): self.init(.empty, operand(domain), isNegated: true)
        case .not, .someVariables, .every, .and, .or:
            self.init(.holds, Operand(text: text, written: text, values: [], isLiteral: false))
        }
    }

    private init(_ term: Term, _ operand: (Term) -> Operand) {
        guard case .call(let call) = term.kind else {
            self.init(.holds, operand(term))
            return
        }
        guard call.arguments.count == 2 else {
            self.init(.holds, operand(term))
            arguments = call.arguments.map(operand)
            return
        }
        let (left, right) = (call.arguments[0], call.arguments[1])
        let name = call.name.joined(separator: ".")
        if let counted = Claim.counted(left), let isEmpty = Claim.asksForNone(name, right) {
            self.init(.empty, operand(counted), isNegated: !isEmpty)
            return
        }
        switch name {
        case "equal", "eq": self.init(.equal, operand(left), operand(right))
        case "neq": self.init(.equal, operand(left), operand(right), isNegated: true)
        case "lt": self.init(.below, operand(left), operand(right))
        case "lte": self.init(.atMost, operand(left), operand(right))
        case "gt": self.init(.above, operand(left), operand(right))
        case "gte": self.init(.atLeast, operand(left), operand(right))
        case "internal.member_2" where right.isSpelledOut:
            self.init(.among, operand(left), operand(right))
        case "internal.member_2": self.init(.contains, operand(right), operand(left))
        case "contains": self.init(.contains, operand(left), operand(right))
        case "startswith": self.init(.startsWith, operand(left), operand(right))
        case "endswith": self.init(.endsWith, operand(left), operand(right))
        case "assign" where left.isVariable: self.init(.exists, operand(right))
        case "assign": self.init(.equal, operand(right), operand(left))
        default:
            self.init(.holds, operand(term))
            arguments = call.arguments.map(operand)
        }
        if subject.isLiteral, let object, let mirrored = relation.mirrored {
            self.init(mirrored, object, subject, isNegated: isNegated)
        }
    }

    /// `x` of `count(x)`.
    private static func counted(_ term: Term) -> Term? {
        guard case .call(let call) = term.kind, call.name == ["count"] else { return nil }
        return call.arguments.first
    }

    /// Whether a count that is compared so is none or some; `nil`: it may be both.
    private static func asksForNone(_ name: String, _ other: Term) -> Bool? {
        guard case .number(let number) = other.kind else { return nil }
        switch (name, number) {
        case ("equal", "0"), ("eq", "0"), ("lte", "0"), ("lt", "1"): return true
        case ("gt", "0"), ("neq", "0"), ("gte", "1"): return false
        default: return nil
        }
    }
}

extension Claim.Relation {
    /// The relation of the right side to the left one; `nil` where it has no name.
    fileprivate var mirrored: Claim.Relation? {
        switch self {
        case .equal: .equal
        case .below: .above
        case .above: .below
        case .atMost: .atLeast
        case .atLeast: .atMost
        case .holds, .exists, .empty, .among, .contains, .startsWith, .endsWith: nil
        }
    }
}

extension Term {
    /// Says its value without any name.
    var isSpelledOut: Bool {
        switch kind {
        case .null, .boolean, .number, .string: true
        case .array, .set, .object: children.allSatisfy(\.isSpelledOut)
        case .variable, .reference, .call, .template: false
        case .arrayComprehension, .setComprehension, .objectComprehension: false
        }
    }

    var isVariable: Bool {
        if case .variable = kind { true } else { false }
    }
}
