/// A plan from OPA's `plan.json`.
///
/// The text is anybody's: what it says is checked against the form of a plan here, and by
/// `PlanVerifier` before it is lowered.
/// - Source: OPA documentation, "Intermediate Representation (IR)".
public enum PlanReader {
    /// Blocks stand some five JSON levels inside each other.
    private static let nestingMax = 1_500

    /// - Throws: where the text is no JSON, or no plan; with the place.
    public static func policy(_ bytes: [UInt8]) throws(PlanError) -> IRPolicy {
        let arena = Arena.make(bytesMax: 1 << 30)
        defer { arena.destroy() }
        var limits = Limits()
        limits.nesting = nestingMax
        let read = unsafe bytes.withUnsafeBytes { text in
            Result { () throws(JSONError) in
                unsafe try JSONReader.value(Bytes(text), in: arena, limits: limits)
            }
        }
        switch read {
        case .success(let value): return try policy(PlanNode(value, arena))
        case .failure(let error): throw PlanError("\(error.message) at byte \(error.offset)")
        }
    }

    private static func policy(_ root: PlanNode) throws(PlanError) -> IRPolicy {
        var policy = IRPolicy()
        do throws(PlanError) {
            let constants = try root.node("static")
            policy.strings = try constants.nodes("strings") { (node) throws(PlanError) in
                try node.text("value")
            }
            policy.files = try constants.nodes("files") { (node) throws(PlanError) in
                try node.text("value")
            }
        } catch { throw error.at("static") }
        do throws(PlanError) {
            policy.plans = try root.node("plans").nodes("plans") { (node) throws(PlanError) in
                IRPlan(name: try node.text("name"), blocks: try node.nodes("blocks", block))
            }
        } catch { throw error.at("plans") }
        for number in policy.plans.indices {
            LocalRenaming.rename(&policy.plans[number].blocks, fixed: [0, 1])
        }
        do throws(PlanError) {
            policy.functions = try root.node("funcs").nodes("funcs", function)
        } catch { throw error.at("funcs") }
        return policy
    }

    private static func function(_ node: PlanNode) throws(PlanError) -> IRFunction {
        var function = IRFunction(
            name: try node.text("name"), parameters: try node.numbers("params"),
            result: try node.number("return"), blocks: try node.nodes("blocks", block),
            path: try node.strings("path"))
        LocalRenaming.rename(
            &function.blocks, fixed: Set(function.parameters + [function.result]))
        return function
    }

    private static func block(_ node: PlanNode) throws(PlanError) -> IRBlock {
        IRBlock(try node.nodes("stmts", statement))
    }

    private static func statement(_ node: PlanNode) throws(PlanError) -> IRStatement {
        let type = try node.text("type")
        let fields = try node.node("stmt")
        do throws(PlanError) {
            return IRStatement(try kind(type, fields), fields.location())
        } catch { throw error.at(type) }
    }

    private static func kind(
        _ type: String, _ node: PlanNode
    ) throws(PlanError) -> IRStatement.Kind {
        if let made = try construction(type, node) { return made }
        if let made = try test(type, node) { return made }
        if let made = try flow(type, node) { return made }
        throw PlanError("unknown statement")
    }

    private static func construction(
        _ type: String, _ node: PlanNode
    ) throws(PlanError) -> IRStatement.Kind? {
        switch type {
        case "ArrayAppendStmt":
            .arrayAppend(try node.operand("value"), array: try node.number("array"))
        case "AssignIntStmt":
            .assignInt(try node.integer("value"), target: try node.number("target"))
        case "AssignVarStmt":
            .assignVar(try node.operand("source"), target: try node.number("target"))
        case "AssignVarOnceStmt":
            .assignVarOnce(try node.operand("source"), target: try node.number("target"))
        case "MakeArrayStmt":
            .makeArray(
                capacity: try node.number("capacity"), target: try node.number("target"))
        case "MakeNullStmt": .makeNull(target: try node.number("target"))
        case "MakeNumberIntStmt":
            .makeNumberInt(try node.integer("value"), target: try node.number("target"))
        case "MakeNumberRefStmt":
            .makeNumberRef(try node.number("Index"), target: try node.number("target"))
        case "MakeObjectStmt": .makeObject(target: try node.number("target"))
        case "MakeSetStmt": .makeSet(target: try node.number("target"))
        case "ObjectInsertStmt":
            .objectInsert(
                key: try node.operand("key"), try node.operand("value"),
                object: try node.number("object"))
        case "ObjectInsertOnceStmt":
            .objectInsertOnce(
                key: try node.operand("key"), try node.operand("value"),
                object: try node.number("object"))
        case "ObjectMergeStmt":
            .objectMerge(
                try node.number("a"), try node.number("b"), target: try node.number("target"))
        case "ResetLocalStmt": .resetLocal(try node.number("target"))
        case "SetAddStmt": .setAdd(try node.operand("value"), set: try node.number("set"))
        default: nil
        }
    }

    private static func test(
        _ type: String, _ node: PlanNode
    ) throws(PlanError) -> IRStatement.Kind? {
        switch type {
        case "DotStmt":
            .dot(
                try node.operand("source"), key: try node.operand("key"),
                target: try node.number("target"))
        case "EqualStmt": .equal(try node.operand("a"), try node.operand("b"))
        case "NotEqualStmt": .notEqual(try node.operand("a"), try node.operand("b"))
        case "IsArrayStmt": .isArray(try node.operand("source"))
        case "IsObjectStmt": .isObject(try node.operand("source"))
        case "IsSetStmt": .isSet(try node.operand("source"))
        case "IsDefinedStmt": .isDefined(try node.number("source"))
        case "IsUndefinedStmt": .isUndefined(try node.number("source"))
        case "LenStmt": .len(try node.operand("source"), target: try node.number("target"))
        default: nil
        }
    }

    private static func flow(
        _ type: String, _ node: PlanNode
    ) throws(PlanError) -> IRStatement.Kind? {
        switch type {
        case "BlockStmt": .block(try node.nodes("blocks", block))
        case "BreakStmt": .break(depth: try node.number("index"))
        case "CallStmt":
            .call(
                try node.text("func"),
                try node.nodes("args") { (node) throws(PlanError) in try node.operand() },
                result: try node.number("result"))
        case "CallDynamicStmt":
            .callDynamic(
                path: try node.nodes("path") { (node) throws(PlanError) in try node.operand() },
                try node.numbers("args"), result: try node.number("result"))
        case "NopStmt": .nop
        case "NotStmt": .not(try block(node.node("block")))
        case "ResultSetAddStmt": .resultSetAdd(try node.number("value"))
        case "ReturnLocalStmt": .returnLocal(try node.number("source"))
        case "ScanStmt":
            .scan(
                try node.number("source"), key: try node.number("key"),
                value: try node.number("value"), try block(node.node("block")))
        case "WithStmt":
            .with(
                try node.number("local"), path: try node.numbers("path"),
                value: try node.operand("value"), try block(node.node("block")))
        default: nil
        }
    }
}
