extension Builtin {
    package static let internals: [Builtin] = [
        Builtin("internal.print", [.array(of: .set(.any))], .any, run: Internals.print),
        Builtin("internal.test_case", [.array(of: .any)], .any, run: Internals.testCase),
        Builtin("internal.reached", [.number], .boolean) {
            operands, context throws(BuiltinError) in
            context.host.reached(operands[0].integer ?? -1)
            return .true
        },
        Builtin(
            "opa.runtime", [], .object(.string, .any), [.nondeterministic],
            run: Internals.runtime),
        Builtin("trace", [.string], .boolean) { operands, context throws(BuiltinError) in
            context.host.note(operands[0].string ?? "")
            return .true
        },
    ]
}

enum Internals {
    static func runtime(
        _ operands: Operands, _ context: BuiltinContext
    ) throws(BuiltinError) -> Value {
        let document = context.runtimeDocument
        return document.isUndefined ? try .object(in: context.arena) : document
    }

    /// Prints one line for every choice of one value from each argument, the last argument
    /// changing fastest. An argument without a value is `<undefined>`.
    static func print(
        _ operands: Operands, _ context: BuiltinContext
    ) throws(BuiltinError) -> Value {
        var columns: [[String]] = []
        for argument in operands[0].elements {
            let values = argument.kind == .set ? Array(argument.members) : [argument]
            try context.charge(1 + values.count)
            var texts: [String] = []
            for value in values { texts.append(try text(of: value, context)) }
            columns.append(texts.isEmpty ? ["<undefined>"] : texts)
        }
        var choice = [Int](repeating: 0, count: columns.count)
        while true {
            try context.charge(1 + columns.count)
            let words = zip(columns, choice).map { $0[$1] }
            context.host.print(words.joined(separator: " "))
            guard let turn = choice.indices.last(where: { choice[$0] + 1 < columns[$0].count })
            else { return .true }
            choice[turn] += 1
            for later in choice.indices where later > turn { choice[later] = 0 }
        }
    }

    /// Notes that a sub-test begins; the test runner puts the call into bodies.
    static func testCase(
        _ operands: Operands, _ context: BuiltinContext
    ) throws(BuiltinError) -> Value {
        var keys = try TextBuilder(in: context.arena)
        try JSONWriter.write(operands[0], to: &keys)
        context.host.testCase(Array(keys.bytes))
        return .true
    }

    /// A string as it is, anything else as Rego's term.
    private static func text(
        of value: Value, _ context: BuiltinContext
    ) throws(BuiltinError) -> String {
        if let text = value.string { return text }
        var term = try TextBuilder(in: context.arena)
        try term.append(term: value)
        return term.bytes.string
    }
}
