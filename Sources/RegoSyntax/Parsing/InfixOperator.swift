/// An operator between terms: how it is written, the builtin it calls, how tightly it binds.
struct InfixOperator: Sendable {
    let text: String
    /// Shared by all of an operator's calls.
    let name: [String]
    let binding: Binding

    enum Binding: UInt8, Comparable {
        case membership, comparison, union, intersection, sum, product

        static func < (left: Binding, right: Binding) -> Bool { left.rawValue < right.rawValue }
    }

    static let assign = InfixOperator(text: ":=", name: ["assign"], binding: .membership)
    static let unify = InfixOperator(text: "=", name: ["eq"], binding: .membership)
    static let member = InfixOperator(
        text: "in", name: ["internal", "member_2"], binding: .membership)
    static let pairMember = InfixOperator(
        text: "in", name: ["internal", "member_3"], binding: .membership)

    private static let equal = InfixOperator(text: "==", name: ["equal"], binding: .comparison)
    private static let notEqual = InfixOperator(text: "!=", name: ["neq"], binding: .comparison)
    private static let less = InfixOperator(text: "<", name: ["lt"], binding: .comparison)
    private static let lessOrEqual = InfixOperator(
        text: "<=", name: ["lte"], binding: .comparison)
    private static let greater = InfixOperator(text: ">", name: ["gt"], binding: .comparison)
    private static let greaterOrEqual = InfixOperator(
        text: ">=", name: ["gte"], binding: .comparison)
    private static let union = InfixOperator(text: "|", name: ["or"], binding: .union)
    private static let intersection = InfixOperator(
        text: "&", name: ["and"], binding: .intersection)
    private static let plus = InfixOperator(text: "+", name: ["plus"], binding: .sum)
    private static let minus = InfixOperator(text: "-", name: ["minus"], binding: .sum)
    private static let times = InfixOperator(text: "*", name: ["mul"], binding: .product)
    private static let divide = InfixOperator(text: "/", name: ["div"], binding: .product)
    private static let remainder = InfixOperator(text: "%", name: ["rem"], binding: .product)

    /// The operator that a token stands for between terms; `in`, `:=` and `=` are read apart.
    init?(_ kind: Token.Kind) {
        switch kind {
        case .equal: self = .equal
        case .notEqual: self = .notEqual
        case .less: self = .less
        case .lessOrEqual: self = .lessOrEqual
        case .greater: self = .greater
        case .greaterOrEqual: self = .greaterOrEqual
        case .bar: self = .union
        case .ampersand: self = .intersection
        case .plus: self = .plus
        case .minus: self = .minus
        case .times: self = .times
        case .divide: self = .divide
        case .remainder: self = .remainder
        default: return nil
        }
    }

    private init(text: String, name: [String], binding: Binding) {
        self.text = text
        self.name = name
        self.binding = binding
    }
}
