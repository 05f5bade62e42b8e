/// OPA's intermediate representation: what the planner makes, what plan bundles hold, and what
/// `Lowering` turns into a `Program`.
///
/// A statement that is undefined (a key that is not there, two values that differ) ends the block
/// it stands in; the statement after that block goes on. Local 0 is `input`, local 1 is `data`.
/// - Source: OPA documentation, "Intermediate Representation (IR)".
public struct IRPolicy: Sendable {
    public var strings: [String] = []
    public var files: [String] = []
    public var plans: [IRPlan] = []
    public var functions: [IRFunction] = []

    public init() {}
}

/// A query: its blocks add to the result set.
public struct IRPlan: Sendable {
    public var name: String
    public var blocks: [IRBlock]

    public init(name: String, blocks: [IRBlock]) {
        self.name = name
        self.blocks = blocks
    }
}

/// A rule or a function. Parameters 0 and 1 are `input` and `data`.
public struct IRFunction: Sendable {
    public var name: String
    public var parameters: [IRLocal]
    public var result: IRLocal
    public var blocks: [IRBlock]
    /// Where `callDynamic` finds it.
    public var path: [String]

    public init(
        name: String, parameters: [IRLocal], result: IRLocal, blocks: [IRBlock], path: [String]
    ) {
        self.name = name
        self.parameters = parameters
        self.result = result
        self.blocks = blocks
        self.path = path
    }
}

/// Statements in order; one that is undefined leaves the block.
public struct IRBlock: Sendable {
    public var statements: [IRStatement]

    public init(_ statements: [IRStatement] = []) { self.statements = statements }
}

public typealias IRLocal = Int32

/// What a statement reads: a local, or a constant.
public enum IROperand: Sendable, Hashable {
    case local(IRLocal)
    case boolean(Bool)
    /// An index into `IRPolicy.strings`.
    case string(Int32)
}

/// Where a statement comes from: a file of `IRPolicy.files`, row and column from 1; file -1: none.
public struct IRLocation: Sendable, Hashable {
    public var file: Int32
    public var row: Int32
    public var column: Int32

    public init(file: Int32, row: Int32, column: Int32) {
        self.file = file
        self.row = row
        self.column = column
    }

    public static let none = IRLocation(file: -1, row: 0, column: 0)
}

/// One step of a block, and the place in the source that it comes from.
public struct IRStatement: Sendable {
    public var kind: Kind
    public var location: IRLocation
    /// Of a call of a rule: the keys of its value that are all that is read. A conflict at others
    /// is not the reader's. Not in OPA's plans, where it is.
    public var keys: [IROperand]

    public init(_ kind: Kind, _ location: IRLocation, keys: [IROperand] = []) {
        self.kind = kind
        self.location = location
        self.keys = keys
    }

    public indirect enum Kind: Sendable {
        case arrayAppend(IROperand, array: IRLocal)
        case assignInt(Int64, target: IRLocal)
        case assignVar(IROperand, target: IRLocal)
        /// A conflict where `target` has another value.
        case assignVarOnce(IROperand, target: IRLocal)
        case block([IRBlock])
        /// Leaves the block `depth` levels out; 0 is the one it stands in.
        case `break`(depth: Int32)
        /// A builtin or a function by its name.
        case call(String, [IROperand], result: IRLocal)
        case callDynamic(path: [IROperand], [IRLocal], result: IRLocal)
        case dot(IROperand, key: IROperand, target: IRLocal)
        case equal(IROperand, IROperand)
        case isArray(IROperand)
        case isDefined(IRLocal)
        case isObject(IROperand)
        case isSet(IROperand)
        case isUndefined(IRLocal)
        case len(IROperand, target: IRLocal)
        case makeArray(capacity: Int32, target: IRLocal)
        case makeNull(target: IRLocal)
        case makeNumberInt(Int64, target: IRLocal)
        /// A number by its literal, an index into `IRPolicy.strings`.
        case makeNumberRef(Int32, target: IRLocal)
        case makeObject(target: IRLocal)
        case makeSet(target: IRLocal)
        case nop
        /// Undefined where the block has a solution.
        case not(IRBlock)
        case notEqual(IROperand, IROperand)
        case objectInsert(key: IROperand, IROperand, object: IRLocal)
        /// A conflict where the key has another value.
        case objectInsertOnce(key: IROperand, IROperand, object: IRLocal)
        /// Deep; where both have a value that is no object, the first wins.
        case objectMerge(IRLocal, IRLocal, target: IRLocal)
        case resetLocal(IRLocal)
        case resultSetAdd(IRLocal)
        case returnLocal(IRLocal)
        case scan(IRLocal, key: IRLocal, value: IRLocal, IRBlock)
        case setAdd(IROperand, set: IRLocal)
        /// The block with `local` changed at a path of strings; undefined where the block is.
        case with(IRLocal, path: [Int32], value: IROperand, IRBlock)
    }
}
