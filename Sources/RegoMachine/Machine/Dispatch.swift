// The benchmark behind the inlining in this file and in `Value/`: `ostiary bench` on the workloads
// of role-based access (a, b), the indexed HTTP rules (e) and the nested objects (i).

extension Machine {
    /// The loop. Registers, constants and code are local copies of what the machine holds; calls
    /// and returns, which may move registers, renew them.
    func execute(_ program: Program) throws(Failure) {
        let arena = context.arena
        let code = unsafe program.code.baseAddress.unsafelyUnwrapped
        let constants = unsafe program.constantsEnd
        let entry = unsafe program.functions[program.entry]
        reserveRegisters(Int(entry.registers))
        reserveIterators(Int(entry.iterators))
        var frame = unsafe Frame(
            returnTo: -1, failTo: -1, registerBase: 0, iteratorBase: 0, resultRegister: -1,
            function: Int32(program.entry), memo: -1)
        var depth = 0
        var base = unsafe registers
        var position = Int(entry.start)

        @inline(__always) func value(_ operand: Int32) -> Value {
            unsafe (operand < 0 ? constants : base)[Int(operand)]
        }

        while true {
            let instruction = unsafe code[position]
            let target = Int(instruction.target)
            position &+= 1
            do throws(BuiltinError) {
                switch instruction.operation {
                case .move:
                    unsafe base[Int(instruction.a)] = value(instruction.b)
                    if instruction.target != 0 {
                        unsafe noteEscape(unsafe frame, instruction.target)
                    }
                case .moveJump:
                    unsafe base[Int(instruction.a)] = value(instruction.b)
                    position = target
                case .undefine: unsafe base[Int(instruction.a)] = .undefined
                case .dot:
                    let found = Machine.element(value(instruction.b), value(instruction.c), arena)
                    unsafe base[Int(instruction.a)] = found
                    if found.isUndefined { position = target }
                case .dotPath:
                    let found = unsafe follow(program, value(instruction.b), instruction.c, base)
                    unsafe base[Int(instruction.a)] = found
                    if found.isUndefined { position = target }
                case .equal:
                    if try !areEqual(value(instruction.b), value(instruction.c)) {
                        position = target
                    }
                case .notEqual:
                    if try areEqual(value(instruction.b), value(instruction.c)) {
                        position = target
                    }
                case .less:
                    if try !less(value(instruction.b), value(instruction.c)) {
                        position = target
                    }
                case .lessOrEqual:
                    if try less(value(instruction.c), value(instruction.b)) {
                        position = target
                    }
                case .member:
                    if try !isMember(value(instruction.b), value(instruction.c)) {
                        position = target
                    }
                case .isArray: if value(instruction.b).kind != .array { position = target }
                case .isObject: if value(instruction.b).kind != .object { position = target }
                case .isSet: if value(instruction.b).kind != .set { position = target }
                case .isDefined: if value(instruction.b).isUndefined { position = target }
                case .isUndefined: if !value(instruction.b).isUndefined { position = target }
                case .length:
                    if let count = value(instruction.b).count {
                        unsafe base[Int(instruction.a)] = .integer(Int64(count))
                    } else {
                        position = target
                    }
                case .makeArray:
                    unsafe base[Int(instruction.a)] = try .growingArray(in: arena)
                case .makeObject: unsafe base[Int(instruction.a)] = try .object(in: arena)
                case .makeSet: unsafe base[Int(instruction.a)] = try .set(in: arena)
                case .append:
                    let array = unsafe base[Int(instruction.a)]
                    guard array.kind == .array else { throw Machine.notBuilt("array", array) }
                    unsafe base[Int(instruction.a)] = try array.appending(
                        value(instruction.b), in: arena)
                    if instruction.target != 0 {
                        unsafe noteEscape(unsafe frame, instruction.target)
                    }
                case .add:
                    unsafe try add(&base[Int(instruction.a)], value(instruction.b))
                    if instruction.target != 0 {
                        unsafe noteEscape(unsafe frame, instruction.target)
                    }
                case .insert, .insertOnce:
                    let isNew = unsafe try insert(
                        &base[Int(instruction.a)], value(instruction.b),
                        value(instruction.c), once: instruction.operation == .insertOnce)
                    if !isNew { try unsafe noteConflict(program, position &- 1, depth, base) }
                    if instruction.target != 0 {
                        unsafe noteEscape(unsafe frame, instruction.target)
                    }
                case .merge:
                    unsafe base[Int(instruction.a)] = try merged(
                        value(instruction.b), value(instruction.c))
                case .assignOnce:
                    let old = unsafe base[Int(instruction.a)]
                    let new = value(instruction.b)
                    if old.isUndefined {
                        unsafe base[Int(instruction.a)] = new
                        if instruction.target != 0 {
                            unsafe noteEscape(unsafe frame, instruction.target)
                        }
                    } else if try !areEqual(old, new) {
                        throw unsafe conflict(program, frame.function)
                    }
                case .scanBegin:
                    if unsafe !beginScan(
                        Int(frame.iteratorBase + instruction.a), value(instruction.b))
                    {
                        position = target
                    }
                case .scanNext:
                    let iterator = unsafe iterators + Int(frame.iteratorBase + instruction.a)
                    let next = unsafe Int(iterator.pointee.position)
                    if next != 0 {
                        unsafe endIteration(iterator)
                    }
                    if unsafe next == Int(iterator.pointee.count) {
                        position = target
                    } else {
                        try context.charge(1)
                        unsafe iterator.pointee.position &+= 1
                        unsafe Machine.load(
                            iterator, next, &base[Int(instruction.b)], &base[Int(instruction.c)])
                    }
                case .jump: position = target
                case .call, .callDynamic:
                    var number = instruction.c
                    if instruction.operation == .callDynamic {
                        number = unsafe functionNumber(program, instruction.c, base)
                        if number < 0 {
                            unsafe base[Int(instruction.a)] = .undefined
                            position = target
                            continue
                        }
                    }
                    let callee = unsafe program.functions[Int(number)]
                    if callee.memo >= 0 {
                        let remembered = unsafe memo[Int(callee.memo)]
                        if remembered.epoch == epoch {
                            unsafe base[Int(instruction.a)] = remembered.value
                            if remembered.value.isUndefined { position = target }
                            continue
                        }
                    }
                    try context.charge(1)
                    let caller = unsafe program.functions[Int(frame.function)]
                    let newBase = unsafe Int(frame.registerBase + caller.registers)
                    try reserveFrames(depth + 2)
                    reserveRegisters(newBase + Int(callee.registers))
                    unsafe base = unsafe registers + Int(frame.registerBase)
                    unsafe frames[depth] = unsafe frame
                    depth += 1
                    let list = unsafe program.lists.baseAddress.unsafelyUnwrapped
                        + Int(instruction.b)
                    guard unsafe list.pointee == callee.parameters else {
                        throw .failed("a call with another number of operands")
                    }
                    let parameters = unsafe registers + newBase
                    for number in 0..<(unsafe Int(list.pointee)) {
                        unsafe parameters[number] = value(list[number + 1])
                    }
                    unsafe frame = unsafe Frame(
                        returnTo: Int32(position), failTo: instruction.target,
                        registerBase: Int32(newBase),
                        iteratorBase: frame.iteratorBase + caller.iterators,
                        resultRegister: instruction.a, function: number, memo: callee.memo)
                    unsafe reserveIterators(Int(frame.iteratorBase + callee.iterators))
                    unsafe base = unsafe parameters
                    position = Int(callee.start)
                case .return:
                    let result = value(instruction.b)
                    if depth == 0 { return }
                    if !conflicts.isEmpty, conflicts.last?.depth == depth {
                        let caller = unsafe registers + Int(frames[depth - 1].registerBase)
                        if let place = unsafe conflict(program, frame, depth, caller) {
                            position = Int(place) &+ 1
                            throw .conflict(Machine.keyConflict)
                        }
                    } else if unsafe frame.memo >= 0 {
                        unsafe memo[Int(frame.memo)] = Memo(epoch: epoch, value: result)
                        if !result.isInline { arena.noteEscape() }
                    }
                    position = unsafe Int(result.isUndefined ? frame.failTo : frame.returnTo)
                    let register = unsafe Int(frame.resultRegister)
                    depth -= 1
                    unsafe frame = unsafe frames[depth]
                    unsafe base = unsafe registers + Int(frame.registerBase)
                    unsafe base[register] = result
                case .callBuiltin:
                    let result = try unsafe callBuiltin(program, instruction, position, base)
                    unsafe base[Int(instruction.a)] = result
                    if result.isUndefined { position = target }
                case .withEnter:
                    try unsafe enterWith(program, instruction, base)
                case .withLeave:
                    if let state = withs.popLast() {
                        unsafe base[Int(state.register)] = state.value
                        epoch = state.epoch
                    }
                case .resultAdd:
                    results.append(value(instruction.b))
                    if instruction.target != 0 {
                        unsafe noteEscape(unsafe frame, instruction.target)
                    }
                case .dispatch:
                    let first = unsafe candidates(program, instruction.b, base)
                    unsafe base[Int(instruction.a)] = .integer(Int64(first))
                case .dispatchNext:
                    let cursor = unsafe base[Int(instruction.a)].integer ?? 0
                    let start = unsafe program.lists[Int(cursor)]
                    if start < 0 {
                        position = target
                    } else {
                        unsafe base[Int(instruction.a)] = .integer(cursor &+ 1)
                        position = Int(start)
                    }
                }
            } catch {
                throw failure(
                    error, program, at: position - 1, builtin: failedBuiltin(program, instruction))
            }
        }
    }

    private func failedBuiltin(_ program: Program, _ instruction: Instruction) -> String? {
        instruction.operation == .callBuiltin
            ? program.builtins[Int(instruction.c)].row.name : nil
    }
}
