/// The machine plan: what `Lowering` makes of OPA's IR and the machine runs.
///
/// An instruction has a destination `a`, operands `b` and `c`, and a `target`. An operand that is
/// not negative is a register of the frame; a negative one is a constant (-1 is the first). Where
/// an instruction is undefined it jumps to `target`; targets are positions in `code`.
struct Instruction: BitwiseCopyable {
    var operation: Operation
    var a: Int32
    var b: Int32
    var c: Int32
    var target: Int32

    init(
        _ operation: Operation, _ a: Int32 = 0, _ b: Int32 = 0, _ c: Int32 = 0, _ target: Int32 = 0
    ) {
        self.operation = operation
        self.a = a
        self.b = b
        self.c = c
        self.target = target
    }
}

enum Operation: UInt8, BitwiseCopyable {
    /// a := b. Escapes by `target` (see `Escape`).
    case move
    /// a := b, then jump to target.
    case moveJump
    /// a := undefined.
    case undefine
    /// a := b[c].
    case dot
    /// a := b[k₁][k₂]… along path c.
    case dotPath
    /// Undefined unless b equals c.
    case equal
    case notEqual
    /// Undefined unless b < c in Rego's order; and so on.
    case less, lessOrEqual
    /// Undefined unless b is a member of c.
    case member
    case isArray, isObject, isSet, isDefined, isUndefined
    /// a := the number of b's elements.
    case length
    case makeArray, makeObject, makeSet
    /// Adds b to the array a, the set a. Escapes by `target`.
    case append, add
    /// a[b] := c. Escapes by `target`.
    case insert
    /// The same; a conflict where a[b] is another value.
    case insertOnce
    /// a := b and c merged, deep, b first.
    case merge
    /// a := b; a conflict where a has another value. Escapes by `target`.
    case assignOnce
    /// Iterator a over b; nothing to iterate over: jump to target.
    case scanBegin
    /// The next entry of iterator a into b (key) and c (value); none: jump to target.
    case scanNext
    case jump
    /// a := function c of argument list b.
    case call
    /// a := builtin c of argument list b.
    case callBuiltin
    /// a := the function at path c of argument list b.
    case callDynamic
    /// The function's value is b.
    case `return`
    /// Local a changed at path c to b, until `withLeave`.
    case withEnter, withLeave
    /// b joins the result set.
    case resultAdd
    /// Register a := the candidates that rule index b gives.
    case dispatch
    /// Jump to the next candidate of register a; none: jump to target.
    case dispatchNext
}

/// Which iterations must keep their memory because an instruction stored something into a register
/// that outlives them: those of loops `from ..< to` of the frame. None where they are equal.
struct Escape {
    let from: Int32
    let to: Int32

    init(from: Int, to: Int) {
        self.from = Int32(from)
        self.to = Int32(to)
    }

    init(packed: Int32) {
        from = packed & 0xFFFF
        to = packed >> 16
    }

    var packed: Int32 { from >= to ? 0 : from | to << 16 }
}

/// One function of a program.
struct FunctionEntry: BitwiseCopyable {
    var start: Int32 = 0
    var registers: Int32 = 0
    var iterators: Int32 = 0
    var parameters: Int32 = 0
    var result: Int32 = 0
    /// Where the machine remembers the value, for rules; -1 for functions with operands.
    var memo: Int32 = -1
}

/// A node of a rule index, flat, so that walking it counts no references.
struct IndexNode: BitwiseCopyable {
    /// Where the value stands: a register, and steps in `Program.lists`; -1 for a leaf.
    var register: Int32
    var steps: Int32
    /// From values to nodes: an object of integers.
    var children: Value
    /// The node for any other value.
    var otherwise: Int32
    /// A leaf's candidates in `Program.lists`: positions in `code`, then -1.
    var candidates: Int32

    /// Among the steps: the number of elements.
    static let length = Int32.min
}

/// A builtin as a program calls it. A class, so that a call takes one reference and not those of
/// all that a row holds.
final class LinkedBuiltin: Sendable {
    let row: Builtin
    let run: Builtin.Body
    /// For each operand the kinds it may have, a bit each.
    let kinds: [UInt16]
    let hasTraits: Bool

    init(row: Builtin, kinds: [UInt16]) {
        self.row = row
        self.kinds = kinds
        run = row.run
        hasTraits = !row.traits.isEmpty
    }
}

/// A linked, immutable program, shared by any number of machines.
@safe public final class Program: @unchecked Sendable {
    let code: UnsafeMutableBufferPointer<Instruction>
    let locations: [IRLocation]
    public let files: [String]
    let functions: UnsafeMutableBufferPointer<FunctionEntry>
    /// For messages: the path or name of each function.
    let functionNames: [String]
    /// One past the constants: constant -1 stands before it.
    let constantsEnd: UnsafeMutablePointer<Value>
    let constantCount: Int
    /// Argument lists and paths: a length, then so many operands.
    let lists: UnsafeMutableBufferPointer<Int32>
    let builtins: [LinkedBuiltin]
    let indexNodes: UnsafeMutableBufferPointer<IndexNode>
    /// Nested objects of functions by path, for `callDynamic`.
    let functionTree: Value
    let memoCount: Int
    let argumentsMax: Int
    /// For conflicts in partial objects, lists by the position of an instruction: the keys that
    /// the reader of a call names, and those at which `insertOnce` enters.
    let keyedCalls: [Int32: Int32]
    let entryPaths: [Int32: Int32]
    /// The plan: a function without parameters but `input` and `data`.
    let entry: Int
    let segment: Segment
    /// True where a builtin that may wait for the world can be reached.
    public let mayBlock: Bool

    init(_ parts: consuming ProgramParts) {
        unsafe code = .allocate(capacity: parts.code.count)
        _ = unsafe code.initialize(from: parts.code)
        locations = parts.locations
        files = parts.files
        unsafe functions = .allocate(capacity: max(1, parts.functions.count))
        _ = unsafe functions.initialize(from: parts.functions)
        functionNames = parts.functionNames
        constantCount = parts.constants.count
        let memory = UnsafeMutablePointer<Value>.allocate(capacity: max(1, constantCount))
        for (position, constant) in parts.constants.enumerated() {
            unsafe (memory + constantCount - 1 - position).initialize(to: constant)
        }
        unsafe constantsEnd = unsafe memory + constantCount
        unsafe lists = .allocate(capacity: max(1, parts.lists.count))
        _ = unsafe lists.initialize(from: parts.lists)
        builtins = parts.builtins
        unsafe indexNodes = .allocate(capacity: max(1, parts.indexNodes.count))
        _ = unsafe indexNodes.initialize(from: parts.indexNodes)
        functionTree = parts.functionTree
        memoCount = parts.memoCount
        argumentsMax = parts.argumentsMax
        keyedCalls = parts.keyedCalls
        entryPaths = parts.entryPaths
        entry = parts.entry
        segment = parts.segment
        mayBlock = parts.builtins.contains { $0.row.traits.contains(.blocking) }
    }

    deinit {
        unsafe code.deallocate()
        unsafe functions.deallocate()
        unsafe (constantsEnd - constantCount).deallocate()
        unsafe lists.deallocate()
        unsafe indexNodes.deallocate()
    }
}

/// A program under construction.
struct ProgramParts {
    var code: [Instruction] = []
    var locations: [IRLocation] = []
    var files: [String] = []
    var functions: [FunctionEntry] = []
    var functionNames: [String] = []
    var constants: [Value] = []
    var lists: [Int32] = []
    var builtins: [LinkedBuiltin] = []
    var indexNodes: [IndexNode] = []
    var functionTree = Value.undefined
    var memoCount = 0
    var argumentsMax = 2
    var keyedCalls: [Int32: Int32] = [:]
    var entryPaths: [Int32: Int32] = [:]
    var entry = 0
    var segment: Segment

    init(segment: Segment) { self.segment = segment }
}
