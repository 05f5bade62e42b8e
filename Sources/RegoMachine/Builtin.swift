/// One function that policies may call: its row is its documentation. Rows stand in literal tables,
/// one file a family; `Engine` links a plan against the rows it is given.
public struct Builtin: Sendable {
    /// The operands as the machine hands them over: as many as `arguments` says, none undefined,
    /// each of its declared type (outermost type only: the elements of an array are the body's).
    public typealias Body =
        @Sendable (Operands, BuiltinContext) throws(BuiltinError) -> Value

    public let name: String
    public let arguments: [TypeDeclaration]
    public let result: TypeDeclaration
    public let traits: Traits
    /// `undefined` is a proper answer.
    public let run: Body

    public struct Traits: OptionSet, Sendable {
        public let rawValue: UInt8
        public init(rawValue: UInt8) { self.rawValue = rawValue }

        /// Gives an array of results that the query iterates over: `walk`.
        public static let relation = Traits(rawValue: 1)
        /// Two calls may differ; one query sees one answer for equal operands.
        public static let nondeterministic = Traits(rawValue: 2)
        /// May wait for the world: never run on an event loop.
        public static let blocking = Traits(rawValue: 4)
        /// Refused in v1 sources.
        public static let deprecated = Traits(rawValue: 8)
        /// Wants to know where it is called: `BuiltinContext.callSite`.
        public static let locating = Traits(rawValue: 16)
        /// The body looks at its operands' types itself: `regex.is_valid(1)` is false, no error.
        public static let checksOperands = Traits(rawValue: 32)
    }

    public init(
        _ name: String, _ arguments: [TypeDeclaration], _ result: TypeDeclaration,
        _ traits: Traits = [], run: @escaping Body
    ) {
        self.name = name
        self.arguments = arguments
        self.result = result
        self.traits = traits
        self.run = run
    }
}

/// The type of an operand or a result, as OPA's capabilities declare it.
public indirect enum TypeDeclaration: Sendable, Hashable {
    case any
    case anyOf([TypeDeclaration])
    case null
    case boolean
    case number
    case string
    /// Elements of fixed positions, then any number of `rest` (`nil`: no more).
    case array([TypeDeclaration], rest: TypeDeclaration?)
    case set(TypeDeclaration)
    /// Known keys, then any number of others (`nil`: no more).
    case object([Property], others: [TypeDeclaration])
    /// What `internal.print` and its like take.
    case function([TypeDeclaration], TypeDeclaration)

    public struct Property: Sendable, Hashable {
        public let key: String
        public let value: TypeDeclaration
        public init(_ key: String, _ value: TypeDeclaration) {
            self.key = key
            self.value = value
        }
    }

    public static func array(of element: TypeDeclaration) -> TypeDeclaration {
        .array([], rest: element)
    }

    /// `[key: value]` with two elements in `others`.
    public static func object(_ key: TypeDeclaration, _ value: TypeDeclaration) -> TypeDeclaration {
        .object([], others: [key, value])
    }
}

extension TypeDeclaration {
    /// Whether a value is of this type, seen from outside: elements are not looked at.
    func admits(_ kind: Value.Kind) -> Bool {
        switch self {
        case .any, .function: true
        case .anyOf(let types): types.isEmpty || types.contains { $0.admits(kind) }
        case .null: kind == .null
        case .boolean: kind == .boolean
        case .number: kind == .integer || kind == .decimal
        case .string: kind == .string
        case .array: kind == .array
        case .set: kind == .set
        case .object: kind == .object
        }
    }

    /// Rego's names of the types it admits, for messages.
    var names: [String] {
        switch self {
        case .any, .function: ["any"]
        case .anyOf(let types): types.flatMap { $0.names }
        case .null: ["null"]
        case .boolean: ["boolean"]
        case .number: ["number"]
        case .string: ["string"]
        case .array: ["array"]
        case .set: ["set"]
        case .object: ["object"]
        }
    }
}

/// The operands of one call. They stand in the machine's registers: not to be kept.
@frozen @safe public struct Operands: BitwiseCopyable {
    @usableFromInline let start: UnsafePointer<Value>
    public let count: Int

    @inlinable init(start: UnsafePointer<Value>, count: Int) {
        unsafe self.start = unsafe start
        self.count = count
    }

    @inlinable public subscript(position: Int) -> Value {
        precondition(position >= 0 && position < count, "an operand the row does not declare")
        return unsafe start[position]
    }
}
