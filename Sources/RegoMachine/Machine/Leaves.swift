/// The leaves of the dispatch loop: each takes values and gives a value.
extension Machine {
    @inline(__always)
    static func element(_ source: Value, _ key: Value, _ arena: Arena) -> Value {
        if source.kind == .object {
            guard let position = source.position(of: key, arena: arena) else { return .undefined }
            return unsafe source.table.pointee.entries[2 * position + 1]
        }
        return source.element(key, arena: arena)
    }

    @inline(__always)
    func follow(
        _ program: Program, _ source: Value, _ path: Int32, _ base: UnsafeMutablePointer<Value>
    ) -> Value {
        let list = unsafe program.lists.baseAddress.unsafelyUnwrapped + Int(path)
        var found = source
        for step in 1...(unsafe Int(list.pointee)) {
            let operand = unsafe Int(list[step])
            let key = unsafe (operand < 0 ? program.constantsEnd : base)[operand]
            found = Machine.element(found, key, context.arena)
            if found.isUndefined { return found }
        }
        return found
    }

    @inline(__always)
    func less(_ left: Value, _ right: Value) throws(BuiltinError) -> Bool {
        if left.kind == .integer && right.kind == .integer {
            return Int64(bitPattern: left.word) < Int64(bitPattern: right.word)
        }
        if left.isCollection && right.isCollection { try charge(walking: left) }
        return Value.compare(left, right) < 0
    }

    /// Equality that is paid for: parts of collections may be shared, and comparing them takes as
    /// long as if they were not.
    @inline(__always)
    func areEqual(_ left: Value, _ right: Value) throws(BuiltinError) -> Bool {
        if left.isCollection { return try areEqualCollections(left, right) }
        return Value.areEqual(left, right)
    }

    @inline(never)
    private func areEqualCollections(_ left: Value, _ right: Value) throws(BuiltinError) -> Bool {
        guard right.isCollection else { return false }
        if left.head == right.head && left.word == right.word { return true }
        try charge(walking: left)
        return Value.areEqual(left, right)
    }

    /// Charges for a walk over all of a collection, as if nothing in it were shared.
    @inline(__always)
    func charge(walking value: Value) throws(BuiltinError) {
        if value.isCollection { try charge(nodes: value.nodes, max: Machine.walkedNodesMax) }
    }

    private func charge(nodes: UInt32, max: UInt32) throws(BuiltinError) {
        guard nodes <= max else { throw .limit(.steps) }
        try context.charge(Int(nodes >> 2))
    }

    /// Nothing ends a comparison before its time; one of so many nodes takes about a second.
    private static let walkedNodesMax: UInt32 = 1 << 28
    /// Operands of more nodes cost steps, whatever a builtin does with them.
    private static let hugeNodes: UInt32 = 1 << 24
    private static let operandNodesMax: UInt32 = 1 << 30

    /// Whether `x in xs` holds: among elements, values of an object, members.
    func isMember(_ member: Value, _ domain: Value) throws(BuiltinError) -> Bool {
        switch domain.kind {
        case .set:
            try charge(walking: member)
            return domain.position(of: member, arena: context.arena) != nil
        case .array:
            let elements = domain.elements
            try context.charge(elements.count)
            if member.isCollection { try charge(walking: domain) }
            for index in 0..<elements.count
            where unsafe Value.areEqual(elements.start[index], member) {
                return true
            }
            return false
        case .object:
            let entries = domain.entries
            try context.charge(entries.count)
            if member.isCollection { try charge(walking: domain) }
            for index in 0..<entries.count
            where unsafe Value.areEqual(entries.start[2 * index + 1], member) {
                return true
            }
            return false
        default: return false
        }
    }

    static func notBuilt(_ expected: String, _ got: Value) -> BuiltinError {
        .operand(position: 1, expected: [expected], got: got.typeName)
    }

    func add(_ set: inout Value, _ member: Value) throws(BuiltinError) {
        guard set.kind == .set else { throw Machine.notBuilt("set", set) }
        try charge(walking: member)
        if unsafe set.table.pointee.isFrozen { set = try set.copied(in: context.arena) }
        try set.insert(member, in: context.arena)
    }

    /// - Returns: False where the key has another value that stays, as this is `once`.
    func insert(
        _ object: inout Value, _ key: Value, _ value: Value, once: Bool
    ) throws(BuiltinError) -> Bool {
        guard object.kind == .object else { throw Machine.notBuilt("object", object) }
        try charge(walking: key)
        if unsafe object.table.pointee.isFrozen { object = try object.copied(in: context.arena) }
        if once {
            let old = object.element(key, arena: context.arena)
            if !old.isUndefined { return try areEqual(old, value) }
        }
        try object.insert(key, value, in: context.arena)
        return true
    }

    func conflict(_ program: Program, _ function: Int32) -> BuiltinError {
        let isFunction = unsafe program.functions[Int(function)].parameters > 2
        return .conflict(
            isFunction
                ? "functions must not produce multiple outputs for same inputs"
                : "complete rules must not produce multiple outputs")
    }

    /// Both objects' keys, deep; `first` wins where both have a value that is no object.
    func merged(_ first: Value, _ second: Value) throws(BuiltinError) -> Value {
        if first.isUndefined { return second }
        guard first.kind == .object, second.kind == .object else { return first }
        let result = try first.copied(in: context.arena)
        for (key, value) in second.entries {
            try context.charge(1)
            let mine = first.element(key, arena: context.arena)
            try result.insert(key, try merged(mine, value), in: context.arena)
        }
        return result
    }

    @inline(__always)
    func noteEscape(_ frame: Frame, _ packed: Int32) {
        let escape = Escape(packed: packed)
        for loop in escape.from..<escape.to {
            unsafe iterators[Int(frame.iteratorBase + loop)].hasEscaped = true
        }
    }

    /// - Returns: False where there is nothing to iterate over.
    @inline(__always)
    func beginScan(_ slot: Int, _ source: Value) -> Bool {
        let entries: UnsafePointer<Value>
        let count: Int
        let stride: Int32
        switch source.kind {
        case .array:
            unsafe entries = unsafe source.address(as: Value.self)
            count = source.length
            stride = 0
        case .set:
            let members = source.members
            unsafe entries = unsafe members.start
            count = members.count
            stride = 1
        case .object:
            let sorted = source.entries
            unsafe entries = unsafe sorted.start
            count = sorted.count
            stride = 2
        default: return false
        }
        if count == 0 { return false }
        unsafe iterators[slot] = unsafe Iterator(
            entries: entries, position: 0, count: Int32(truncatingIfNeeded: count),
            stride: stride, hasEscaped: false, mark: context.arena.mark())
        return true
    }

    /// Gives the memory of the iteration before back, where nothing of it was kept.
    @inline(__always)
    func endIteration(_ iterator: UnsafeMutablePointer<Iterator>) {
        if unsafe iterator.pointee.hasEscaped {
            unsafe iterator.pointee.hasEscaped = false
            unsafe iterator.pointee.mark = context.arena.mark()
        } else if unsafe !context.arena.rewind(to: iterator.pointee.mark) {
            unsafe iterator.pointee.mark = context.arena.mark()
        }
    }

    @inline(__always)
    static func load(
        _ iterator: UnsafeMutablePointer<Iterator>, _ position: Int, _ key: inout Value,
        _ value: inout Value
    ) {
        let entries = unsafe iterator.pointee.entries
        switch unsafe iterator.pointee.stride {
        case 0:
            key = .integer(Int64(position))
            value = unsafe entries[position]
        case 1:
            key = unsafe entries[position]
            value = key
        default:
            key = unsafe entries[2 * position]
            value = unsafe entries[2 * position + 1]
        }
    }

    /// The function at a path of values, or -1.
    func functionNumber(
        _ program: Program, _ path: Int32, _ base: UnsafeMutablePointer<Value>
    ) -> Int32 {
        let found = unsafe follow(program, program.functionTree, path, base)
        return found.integer.map { Int32(truncatingIfNeeded: $0) } ?? -1
    }

    /// The leaf that a rule index leads to: where its candidates stand in the program's lists.
    @inline(__always)
    func candidates(
        _ program: Program, _ root: Int32, _ base: UnsafeMutablePointer<Value>
    ) -> Int32 {
        var number = Int(root)
        while true {
            let node = unsafe program.indexNodes[number]
            if node.register < 0 { return node.candidates }
            let list = unsafe program.lists.baseAddress.unsafelyUnwrapped + Int(node.steps)
            var found = unsafe base[Int(node.register)]
            for step in 0..<(unsafe Int(list.pointee)) where !found.isUndefined {
                let operand = unsafe list[step + 1]
                if operand == IndexNode.length {
                    found = found.count.map { .integer(Int64($0)) } ?? .undefined
                } else {
                    let key = unsafe program.constantsEnd[Int(operand)]
                    found = Machine.element(found, key, context.arena)
                }
            }
            let child =
                found.isUndefined
                ? .undefined : Machine.element(node.children, found, context.arena)
            number = Int(child.integer ?? Int64(node.otherwise))
        }
    }

    func enterWith(
        _ program: Program, _ instruction: Instruction, _ base: UnsafeMutablePointer<Value>
    ) throws(BuiltinError) {
        let old = unsafe base[Int(instruction.a)]
        let list = unsafe program.lists.baseAddress.unsafelyUnwrapped + Int(instruction.c)
        let operand = Int(instruction.b)
        let value = unsafe (operand < 0 ? program.constantsEnd : base)[operand]
        var path: [Value] = []
        for step in 0..<(unsafe Int(list.pointee)) {
            path.append(unsafe program.constantsEnd[Int(list[step + 1])])
        }
        let changed = try upserted(old, path[...], value)
        withs.append(WithState(register: instruction.a, value: old, epoch: epoch))
        lastEpoch += 1
        epoch = lastEpoch
        unsafe base[Int(instruction.a)] = changed
        context.arena.noteEscape()
    }

    /// `document` with `value` at `path`: copies of the objects on the way.
    func upserted(
        _ document: Value, _ path: ArraySlice<Value>, _ value: Value
    ) throws(BuiltinError) -> Value {
        guard let key = path.first else { return value }
        let child =
            document.kind == .object
            ? document.element(key, arena: context.arena) : Value.undefined
        let inner = try upserted(child, path.dropFirst(), value)
        let copy =
            document.kind == .object
            ? try document.copied(in: context.arena) : try .object(in: context.arena)
        try copy.insert(key, inner, in: context.arena)
        return copy
    }

    func callBuiltin(
        _ program: Program, _ instruction: Instruction, _ position: Int,
        _ base: UnsafeMutablePointer<Value>
    ) throws(BuiltinError) -> Value {
        let list = unsafe program.lists.baseAddress.unsafelyUnwrapped + Int(instruction.b)
        let count = unsafe Int(list.pointee)
        let builtin = program.builtins[Int(instruction.c)]
        guard builtin.kinds.count == count else {
            throw .failed("a call with another number of operands")
        }
        do throws(BuiltinError) {
            for number in 0..<count {
                let operand = unsafe Int(list[number + 1])
                let value = unsafe (operand < 0 ? program.constantsEnd : base)[operand]
                if builtin.kinds[number] & 1 << UInt16(value.kind.rawValue) == 0 {
                    throw .operand(
                        position: number + 1, expected: builtin.row.arguments[number].names,
                        got: value.typeName)
                }
                if value.isCollection && value.nodes > Machine.hugeNodes {
                    try charge(nodes: value.nodes, max: Machine.operandNodesMax)
                }
                unsafe arguments[number] = value
            }
            if builtin.hasTraits { prepare(program, builtin, position) }
            return try unsafe builtin.run(
                Operands(start: arguments, count: count), context)
        } catch {
            switch error {
            case .limit, .cancelled, .conflict: throw error
            default: break
            }
            if isStrict { throw error }
            if builtinErrors.count < Machine.builtinErrorsMax {
                builtinErrors.append(
                    failure(error, program, at: position - 1, builtin: builtin.row.name))
            }
            return .undefined
        }
    }

    /// What the few builtins with traits need: where they stand, and that what they record stays.
    private func prepare(_ program: Program, _ builtin: LinkedBuiltin, _ position: Int) {
        if builtin.row.traits.contains(.nondeterministic) { context.arena.noteEscape() }
        if builtin.row.traits.contains(.locating) {
            let place = failure(.cancelled, program, at: position - 1, builtin: nil)
            context.callSite = "\(place.file):\(place.row)"
        }
    }

    /// More errors than these of one evaluation are not kept.
    static let builtinErrorsMax = 100
}
