/// What is known of a value before evaluation: the type of a term, a rule or a builtin's operand.
///
/// Types grow with the text that they are read off, and a rule's type stands in those of its
/// readers, so both size and depth are bounded: what passes the bound is `any` inside.
/// - Source: OPA documentation, "Policy Language", Type checking; behaviour of OPA 1.20.
struct RegoType: Hashable, Sendable {
    indirect enum Kind: Hashable, Sendable {
        case any
        /// At least two, none of them `any` or `union`.
        case union([RegoType])
        case null, boolean, number, string
        /// Elements of fixed positions, then any number of `rest` (`nil`: no more).
        case array([RegoType], rest: RegoType?)
        /// Known keys, then others of these types (`nil`: no more).
        case object([Constant: RegoType], others: Others?)
        case set(RegoType)
        case function([RegoType], RegoType)
    }

    struct Others: Hashable, Sendable {
        let key: RegoType
        let value: RegoType
    }

    /// A scalar that stands in the text: a key.
    enum Constant: Hashable, Sendable {
        case null
        case boolean(Bool)
        /// The literal as written.
        case number(String)
        case string(String)
    }

    let kind: Kind
    private let size: Int
    private let depth: Int

    static let sizeMax = 2_000
    static let depthMax = 40
    static let membersMax = 24

    private init(_ kind: Kind, size: Int, depth: Int) {
        self.kind = kind
        self.size = size
        self.depth = depth
    }

    private init(leaf: Kind) { self.init(leaf, size: 1, depth: 1) }

    static let any = RegoType(leaf: .any)
    static let null = RegoType(leaf: .null)
    static let boolean = RegoType(leaf: .boolean)
    static let number = RegoType(leaf: .number)
    static let string = RegoType(leaf: .string)

    // MARK: Composite types

    /// The type, unless it passes a bound: then what `coarse` says.
    private static func bounded(
        _ kind: Kind, over parts: some Sequence<RegoType>, else coarse: Kind
    ) -> RegoType {
        var size = 1
        var depth = 1
        for part in parts {
            size += part.size
            depth = max(depth, part.depth + 1)
            guard size <= sizeMax, depth <= depthMax else {
                return RegoType(coarse, size: 2, depth: 2)
            }
        }
        return RegoType(kind, size: size, depth: depth)
    }

    static func array(_ elements: [RegoType], rest: RegoType? = nil) -> RegoType {
        bounded(
            .array(elements, rest: rest), over: elements + (rest.map { [$0] } ?? []),
            else: .array([], rest: .any))
    }

    static func object(_ known: [Constant: RegoType], others: Others? = nil) -> RegoType {
        let parts = known.values + (others.map { [$0.key, $0.value] } ?? [])
        return bounded(
            .object(known, others: others), over: parts,
            else: .object([:], others: Others(key: .any, value: .any)))
    }

    static func object(of key: RegoType, _ value: RegoType) -> RegoType {
        object([:], others: Others(key: key, value: value))
    }

    static func set(_ member: RegoType) -> RegoType {
        bounded(.set(member), over: [member], else: .set(.any))
    }

    static func function(_ operands: [RegoType], _ result: RegoType) -> RegoType {
        bounded(
            .function(operands, result), over: operands + [result],
            else: .function(operands.map { _ in .any }, .any))
    }

    var isAny: Bool { if case .any = kind { true } else { false } }

    var isFunction: Bool { if case .function = kind { true } else { false } }

    // MARK: Unions

    /// Either of two types.
    func or(_ other: RegoType) -> RegoType {
        if self == other { return self }
        switch (kind, other.kind) {
        case (.any, _), (_, .any): return .any
        case (.function(let left, let one), .function(let right, let two))
            where left.count == right.count:
            return .function(zip(left, right).map { $0.or($1) }, one.or(two))
        default: break
        }
        var members = self.members
        for member in other.members where !members.contains(member) { members.append(member) }
        guard members.count <= RegoType.membersMax else { return .any }
        return .bounded(.union(members), over: members, else: .any)
    }

    /// What alternatives of one rule are together: partial objects are one object.
    func merged(with other: RegoType) -> RegoType {
        guard case .object(let left, let one?) = kind, left.isEmpty,
            case .object(let right, let two?) = other.kind, right.isEmpty
        else { return or(other) }
        return .object(of: one.key.or(two.key), one.value.merged(with: two.value))
    }

    static func anyOf(_ types: some Sequence<RegoType>) -> RegoType? {
        var result: RegoType?
        for type in types {
            result = result?.or(type) ?? type
            if let result, result.isAny { break }
        }
        return result
    }

    /// The alternatives of a union, or itself alone.
    var members: [RegoType] {
        if case .union(let members) = kind { members } else { [self] }
    }
}

extension RegoType.Constant {
    var type: RegoType {
        switch self {
        case .null: .null
        case .boolean: .boolean
        case .number: .number
        case .string: .string
        }
    }
}
