/// OPA's `plan.json` from a plan.
///
/// - Source: OPA documentation, "Intermediate Representation (IR)", and its `plan.schema.json`.
public struct PlanWriter {
    private let arena: Arena

    /// The text, keys sorted, so that equal plans give equal bytes.
    /// - Parameter builtins: The rows whose declarations the plan carries where it calls them.
    /// - Throws: `limit`, where the text takes more than 1 GiB or blocks are nested too deeply.
    public static func json(
        _ policy: IRPolicy, builtins: [String: Builtin]
    ) throws(BuiltinError) -> [UInt8] {
        let arena = Arena.make(bytesMax: 1 << 30)
        defer { arena.destroy() }
        let writer = PlanWriter(arena: arena)
        var text = try TextBuilder(in: arena, capacity: 1 << 16)
        try JSONWriter.write(writer.policy(policy, builtins), to: &text)
        return unsafe Array(text.bytes.buffer)
    }

    private init(arena: Arena) { self.arena = arena }

    private func policy(
        _ policy: IRPolicy, _ builtins: [String: Builtin]
    ) throws(BuiltinError) -> Value {
        let called = PlanWriter.called(by: policy).compactMap { builtins[$0] }
        return try object([
            (
                "static",
                object([
                    ("builtin_funcs", list(called) { (row) throws(BuiltinError) in
                        try object([
                            ("name", string(row.name)), ("decl", declaration(row)),
                        ])
                    }),
                    ("files", list(policy.files, constant)),
                    ("strings", list(policy.strings, constant)),
                ])
            ),
            ("plans", object([("plans", list(policy.plans, plan))])),
            ("funcs", object([("funcs", list(policy.functions, function))])),
        ])
    }

    /// What is called and is no function of the plan, sorted.
    private static func called(by policy: IRPolicy) -> [String] {
        var called: Set<String> = []
        func collect(_ blocks: [IRBlock]) {
            for block in blocks {
                for statement in block.statements {
                    if case .call(let name, _, _) = statement.kind { called.insert(name) }
                    collect(statement.kind.blocks)
                }
            }
        }
        for plan in policy.plans { collect(plan.blocks) }
        for function in policy.functions { collect(function.blocks) }
        return called.subtracting(policy.functions.map { $0.name }).sorted()
    }

    private func constant(_ text: String) throws(BuiltinError) -> Value {
        try object([("value", string(text))])
    }

    private func plan(_ plan: IRPlan) throws(BuiltinError) -> Value {
        try object([("name", string(plan.name)), ("blocks", list(plan.blocks, block))])
    }

    private func function(_ function: IRFunction) throws(BuiltinError) -> Value {
        var members: [(String, Value)] = [
            ("name", try string(function.name)),
            ("params", try list(function.parameters, local)),
            ("return", try local(function.result)),
            ("blocks", try list(function.blocks, block)),
        ]
        if !function.path.isEmpty { members.append(("path", try list(function.path, string))) }
        return try object(members)
    }

    private func block(_ block: IRBlock) throws(BuiltinError) -> Value {
        try object([
            ("stmts", list(block.statements) { (statement) throws(BuiltinError) in
                let location: [(String, Value)] = [
                    ("file", .integer(Int64(statement.location.file))),
                    ("row", .integer(Int64(statement.location.row))),
                    ("col", .integer(Int64(statement.location.column))),
                ]
                return try object([
                    ("type", string(statement.kind.typeName)),
                    ("stmt", object(try members(statement.kind) + location)),
                ])
            })
        ])
    }
}

extension PlanWriter {
    fileprivate func object(_ members: [(String, Value)]) throws(BuiltinError) -> Value {
        let object = try Value.object(capacity: members.count, in: arena)
        for (key, value) in members { try object.insert(string(key), value, in: arena) }
        return object
    }

    fileprivate func list<Element>(
        _ elements: [Element], _ value: (Element) throws(BuiltinError) -> Value
    ) throws(BuiltinError) -> Value {
        var values: [Value] = []
        for element in elements { values.append(try value(element)) }
        return try .array(values, in: arena)
    }

    fileprivate func string(_ text: String) throws(BuiltinError) -> Value {
        try .string(text, in: arena)
    }

    fileprivate func local(_ local: IRLocal) throws(BuiltinError) -> Value {
        .integer(Int64(local))
    }

    private func operand(_ operand: IROperand) throws(BuiltinError) -> Value {
        let (type, value): (String, Value) =
            switch operand {
            case .local(let local): ("local", .integer(Int64(local)))
            case .boolean(let flag): ("bool", .boolean(flag))
            case .string(let index): ("string_index", .integer(Int64(index)))
            }
        return try object([("type", string(type)), ("value", value)])
    }

    private func number(_ name: String, _ number: some BinaryInteger) -> (String, Value) {
        (name, .integer(Int64(number)))
    }

    /// A statement's fields but for its place.
    fileprivate func members(
        _ kind: IRStatement.Kind
    ) throws(BuiltinError) -> [(String, Value)] {
        switch kind {
        case .arrayAppend(let value, let array):
            [("value", try operand(value)), number("array", array)]
        case .setAdd(let value, let set): [("value", try operand(value)), number("set", set)]
        case .objectInsert(let key, let value, let object),
            .objectInsertOnce(let key, let value, let object):
            [
                ("key", try operand(key)), ("value", try operand(value)),
                number("object", object),
            ]
        case .objectMerge(let first, let second, let target):
            [number("a", first), number("b", second), number("target", target)]
        case .assignInt(let value, let target), .makeNumberInt(let value, let target):
            [number("value", value), number("target", target)]
        case .makeNumberRef(let index, let target):
            // With a capital: as OPA writes it.
            [number("Index", index), number("target", target)]
        case .makeArray(let capacity, let target):
            [number("capacity", capacity), number("target", target)]
        case .makeNull(let target), .makeObject(let target), .makeSet(let target),
            .resetLocal(let target):
            [number("target", target)]
        case .assignVar(let source, let target), .assignVarOnce(let source, let target),
            .len(let source, let target):
            [("source", try operand(source)), number("target", target)]
        case .dot(let source, let key, let target):
            [
                ("source", try operand(source)), ("key", try operand(key)),
                number("target", target),
            ]
        case .equal(let left, let right), .notEqual(let left, let right):
            [("a", try operand(left)), ("b", try operand(right))]
        case .isArray(let source), .isObject(let source), .isSet(let source):
            [("source", try operand(source))]
        case .isDefined(let source), .isUndefined(let source), .returnLocal(let source):
            [number("source", source)]
        case .resultSetAdd(let value): [number("value", value)]
        case .nop: []
        default: try flowMembers(kind)
        }
    }

    private func flowMembers(
        _ kind: IRStatement.Kind
    ) throws(BuiltinError) -> [(String, Value)] {
        switch kind {
        case .block(let blocks): [("blocks", try list(blocks, block))]
        case .break(let depth): [number("index", depth)]
        case .call(let name, let arguments, let result):
            [
                ("func", try string(name)), ("args", try list(arguments, operand)),
                number("result", result),
            ]
        case .callDynamic(let path, let arguments, let result):
            [
                ("path", try list(path, operand)), ("args", try list(arguments, local)),
                number("result", result),
            ]
        case .not(let negated): [("block", try block(negated))]
        case .scan(let source, let key, let value, let body):
            [
                number("source", source), number("key", key), number("value", value),
                ("block", try block(body)),
            ]
        case .with(let changed, let path, let value, let body):
            [
                number("local", changed),
                (
                    "path",
                    try list(path) { (key) throws(BuiltinError) in .integer(Int64(key)) }
                ),
                ("value", try operand(value)), ("block", try block(body)),
            ]
        default: []
        }
    }

    private func declaration(_ row: Builtin) throws(BuiltinError) -> Value {
        try type(.function(row.arguments, row.result))
    }

    /// As OPA's capabilities files write types.
    private func type(_ type: TypeDeclaration) throws(BuiltinError) -> Value {
        var members: [(String, Value)] = []
        let name: String
        switch type {
        case .any: name = "any"
        case .anyOf(let types):
            name = "any"
            members.append(("of", try list(types, self.type)))
        case .null: name = "null"
        case .boolean: name = "boolean"
        case .number: name = "number"
        case .string: name = "string"
        case .array(let fixed, let rest):
            name = "array"
            if !fixed.isEmpty { members.append(("static", try list(fixed, self.type))) }
            if let rest { members.append(("dynamic", try self.type(rest))) }
        case .set(let member):
            name = "set"
            members.append(("of", try self.type(member)))
        case .object(let known, let others):
            name = "object"
            if !known.isEmpty { members.append(("static", try list(known, property))) }
            if others.count == 2 {
                let rest = [("key", try self.type(others[0])), ("value", try self.type(others[1]))]
                members.append(("dynamic", try object(rest)))
            }
        case .function(let arguments, let result):
            name = "function"
            if !arguments.isEmpty { members.append(("args", try list(arguments, self.type))) }
            members.append(("result", try self.type(result)))
        }
        return try object(members + [("type", string(name))])
    }

    private func property(
        _ property: TypeDeclaration.Property
    ) throws(BuiltinError) -> Value {
        try object([("key", string(property.key)), ("value", type(property.value))])
    }
}

extension IRStatement.Kind {
    /// The statement's name in plans.
    var typeName: String {
        switch self {
        case .arrayAppend: "ArrayAppendStmt"
        case .assignInt: "AssignIntStmt"
        case .assignVar: "AssignVarStmt"
        case .assignVarOnce: "AssignVarOnceStmt"
        case .block: "BlockStmt"
        case .break: "BreakStmt"
        case .call: "CallStmt"
        case .callDynamic: "CallDynamicStmt"
        case .dot: "DotStmt"
        case .equal: "EqualStmt"
        case .isArray: "IsArrayStmt"
        case .isDefined: "IsDefinedStmt"
        case .isObject: "IsObjectStmt"
        case .isSet: "IsSetStmt"
        case .isUndefined: "IsUndefinedStmt"
        case .len: "LenStmt"
        case .makeArray: "MakeArrayStmt"
        case .makeNull: "MakeNullStmt"
        case .makeNumberInt: "MakeNumberIntStmt"
        case .makeNumberRef: "MakeNumberRefStmt"
        case .makeObject: "MakeObjectStmt"
        case .makeSet: "MakeSetStmt"
        case .nop: "NopStmt"
        case .not: "NotStmt"
        case .notEqual: "NotEqualStmt"
        case .objectInsert: "ObjectInsertStmt"
        case .objectInsertOnce: "ObjectInsertOnceStmt"
        case .objectMerge: "ObjectMergeStmt"
        case .resetLocal: "ResetLocalStmt"
        case .resultSetAdd: "ResultSetAddStmt"
        case .returnLocal: "ReturnLocalStmt"
        case .scan: "ScanStmt"
        case .setAdd: "SetAddStmt"
        case .with: "WithStmt"
        }
    }
}
