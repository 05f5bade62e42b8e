/// Runs programs: registers, frames, iterators, and the memory of one evaluation.
///
/// One machine serves one thread at a time, one evaluation after the other. What it gives back
/// lives in its arena until the next evaluation begins.
///
/// Invariants: a frame's registers are written before they are read (the planner's duty, checked in
/// debug builds); a remembered value belongs to the `with` context it was found in, told apart by
/// `epoch`, which no two contexts of a machine share.
@safe public final class Machine {
    public let context: BuiltinContext
    var registers: UnsafeMutablePointer<Value>
    var registerCapacity: Int
    var frames: UnsafeMutablePointer<Frame>
    var frameCapacity: Int
    var iterators: UnsafeMutablePointer<Iterator>
    var iteratorCapacity: Int
    var memo: UnsafeMutablePointer<Memo>
    var memoCapacity = 0
    var arguments: UnsafeMutablePointer<Value>
    var argumentCapacity = 16
    var withs: [WithState] = []
    /// Of partial objects that are being made, the innermost last.
    var conflicts: [EntryConflict] = []
    var epoch: UInt64 = 0
    var lastEpoch: UInt64 = 0
    /// Results in the order they came; with duplicates.
    public internal(set) var results: [Value] = []
    /// Whether a failing builtin ends the evaluation.
    public var isStrict = false
    /// What builtins failed with, where they do not.
    public internal(set) var builtinErrors: [Failure] = []

    @unsafe struct Frame {
        var returnTo: Int32
        var failTo: Int32
        var registerBase: Int32
        var iteratorBase: Int32
        var resultRegister: Int32
        var function: Int32
        var memo: Int32
    }

    struct Memo {
        var epoch: UInt64
        var value: Value
    }

    /// A loop under way.
    @unsafe struct Iterator {
        var entries: UnsafePointer<Value>
        var position: Int32
        var count: Int32
        /// 0: an array, its positions are the keys. 1: a set. 2: an object.
        var stride: Int32
        var hasEscaped: Bool
        var mark: Arena.Mark
    }

    struct WithState {
        var register: Int32
        var value: Value
        var epoch: UInt64
    }

    /// Why an evaluation ended, and where.
    public struct Failure: Error, Sendable {
        public var error: BuiltinError
        /// The builtin that failed; `nil` where the machine did.
        public var builtin: String?
        public var file: String
        public var row: Int
        public var column: Int
    }

    public init(host: Host, limits: Limits) {
        context = BuiltinContext(
            arena: Arena.make(bytesMax: limits.memoryBytes), host: host, limits: limits)
        registerCapacity = 1 << 12
        unsafe registers = .allocate(capacity: registerCapacity)
        frameCapacity = 64
        unsafe frames = .allocate(capacity: frameCapacity)
        iteratorCapacity = 256
        unsafe iterators = .allocate(capacity: iteratorCapacity)
        unsafe memo = .allocate(capacity: 0)
        unsafe arguments = .allocate(capacity: argumentCapacity)
    }

    deinit {
        context.arena.destroy()
        unsafe registers.deallocate()
        unsafe frames.deallocate()
        unsafe iterators.deallocate()
        unsafe memo.deallocate()
        unsafe arguments.deallocate()
    }

    /// Begins an evaluation: what the last one gave is gone. Documents for `run` are read into the
    /// arena between this and that.
    public func begin() {
        context.begin()
        results.removeAll(keepingCapacity: true)
        if !builtinErrors.isEmpty { builtinErrors.removeAll() }
        withs.removeAll(keepingCapacity: true)
        conflicts.removeAll(keepingCapacity: true)
    }

    /// Runs a program's plan after `begin`; the answers are in `results`.
    /// - Parameter input: `undefined` where there is none.
    public func run(_ program: Program, input: Value, data: Value) throws(Failure) {
        reserve(for: program)
        lastEpoch += 1
        epoch = lastEpoch
        unsafe registers[0] = input
        unsafe registers[1] = data
        try execute(program)
    }

    private func reserve(for program: Program) {
        if program.memoCount > memoCapacity {
            unsafe memo.deallocate()
            unsafe memo = .allocate(capacity: program.memoCount)
            unsafe memo.initialize(
                repeating: Memo(epoch: 0, value: .undefined), count: program.memoCount)
            memoCapacity = program.memoCount
        }
        if program.argumentsMax > argumentCapacity {
            unsafe arguments.deallocate()
            argumentCapacity = program.argumentsMax
            unsafe arguments = .allocate(capacity: argumentCapacity)
        }
    }
}

extension Machine {
    /// Room for `count` registers above `base`; may move them.
    func reserveRegisters(_ count: Int) {
        guard count > registerCapacity else { return }
        let capacity = max(count, registerCapacity * 2)
        let larger = UnsafeMutablePointer<Value>.allocate(capacity: capacity)
        unsafe larger.update(from: registers, count: registerCapacity)
        unsafe registers.deallocate()
        unsafe registers = unsafe larger
        registerCapacity = capacity
    }

    func reserveFrames(_ count: Int) throws(BuiltinError) {
        guard count > frameCapacity else { return }
        guard count <= context.limits.callDepth else { throw .limit(.callDepth) }
        let larger = UnsafeMutablePointer<Frame>.allocate(capacity: frameCapacity * 2)
        unsafe larger.update(from: frames, count: frameCapacity)
        unsafe frames.deallocate()
        unsafe frames = unsafe larger
        frameCapacity *= 2
    }

    func reserveIterators(_ count: Int) {
        guard count > iteratorCapacity else { return }
        let capacity = max(count, iteratorCapacity * 2)
        let larger = UnsafeMutablePointer<Iterator>.allocate(capacity: capacity)
        unsafe larger.update(from: iterators, count: iteratorCapacity)
        unsafe iterators.deallocate()
        unsafe iterators = unsafe larger
        iteratorCapacity = capacity
    }

    /// The failure at a place of a program.
    func failure(
        _ error: BuiltinError, _ program: Program, at position: Int, builtin: String?
    ) -> Failure {
        let location = program.locations[position]
        let file = location.file >= 0 && Int(location.file) < program.files.count
            ? program.files[Int(location.file)] : ""
        return Failure(
            error: error, builtin: builtin, file: file, row: Int(location.row),
            column: Int(location.column))
    }
}
