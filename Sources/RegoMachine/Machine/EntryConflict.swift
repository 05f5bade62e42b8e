/// Two values at one key of a partial object that a rule is making.
///
/// Nobody may ever ask for that key: OPA evaluates of a partial object what is asked for, and a
/// reader that names another key gets its answer. So the conflict waits until the rule returns,
/// and ends the evaluation unless the reader names keys that lead elsewhere.
struct EntryConflict {
    /// Of the rule's frame.
    var depth: Int
    /// Of the instruction that entered the second value.
    var position: Int32
    var path: [Value]
}

extension Machine {
    static let keyConflict = "object keys must be unique"

    /// More than these, and the first of them ends the evaluation.
    private static let conflictsMax = 1_000

    /// - Throws: the conflict, where it is not one of a rule's entries.
    @inline(never)
    func noteConflict(
        _ program: Program, _ position: Int, _ depth: Int, _ base: UnsafeMutablePointer<Value>
    ) throws(BuiltinError) {
        guard let list = program.entryPaths[Int32(position)],
            conflicts.count < Machine.conflictsMax
        else { throw .conflict(Machine.keyConflict) }
        let path = unsafe values(program, list, base)
        conflicts.append(EntryConflict(depth: depth, position: Int32(position), path: path))
    }

    /// The place of a conflict that the reader of a returning rule runs into; the rule's conflicts
    /// are forgotten.
    @inline(never)
    func conflict(
        _ program: Program, _ frame: Frame, _ depth: Int, _ caller: UnsafeMutablePointer<Value>
    ) -> Int32? {
        let first = conflicts.firstIndex { $0.depth == depth } ?? conflicts.endIndex
        let own = conflicts[first...]
        defer { conflicts.removeSubrange(first...) }
        guard let list = unsafe program.keyedCalls[frame.returnTo - 1] else {
            return own.first?.position
        }
        let keys = unsafe values(program, list, caller)
        let met = own.first { conflict in
            zip(conflict.path, keys).allSatisfy { Value.areEqual($0, $1) }
        }
        return met?.position
    }

    private func values(
        _ program: Program, _ list: Int32, _ base: UnsafeMutablePointer<Value>
    ) -> [Value] {
        let count = unsafe Int(program.lists[Int(list)])
        return (0..<count).map { number in
            let operand = unsafe Int(program.lists[Int(list) + 1 + number])
            return unsafe (operand < 0 ? program.constantsEnd : base)[operand]
        }
    }
}
