import RegoMachine
import RegoSyntax

/// From the resolved policy to OPA's IR: one function a rule path, an extent or a function, planned
/// when a query first reaches it.
///
/// What `with` replaces is planned, not looked up at run time: under a `with` on functions or on
/// paths that rules define, the callees are planned again in an `Environment` of their own.
final class Planner {
    let tree: RuleTree
    var output = IRPolicy()
    private var strings: [String: Int32] = [:]
    private(set) var environments: [Environment] = [Environment()]
    private var unmocked: [Int: Int] = [:]
    private var names: [FunctionKey: String] = [:]
    private var usedNames: Set<String> = []
    private var waiting: [FunctionKey] = []
    /// Numbers of hidden entries of `data` that carry the values of mocked functions.
    var mockCount = 0

    /// What cannot be planned, told as diagnostics of the query that reaches it.
    private(set) var refusals: [Refusal] = []

    struct Refusal {
        var code: Diagnostic.Code
        var message: String
        var hint: String
        var location: IRLocation
    }

    /// What a `with` changed that planning must know.
    struct Environment {
        /// Paths from `data` at and below which there are no rules.
        var shadows: [[String]] = []
        var mocks: [Callee: Mock] = [:]
    }

    enum Mock {
        case callee(Callee)
        /// The value stands in `data` under the hidden key and this number.
        case value(Int)
    }

    struct FunctionKey: Hashable {
        enum Kind: Hashable { case rules, functions, extent }
        var kind: Kind
        var path: [String]
        var environment: Int
    }

    /// The key of `data` that holds the values of mocked functions while a `with` is in force.
    static let mocksKey = "$mocks"

    /// What the plan tells its host.
    let marks: Marks

    init(_ tree: RuleTree, files: [String], marks: Marks = .none) {
        self.tree = tree
        self.marks = marks
        output.files = files
    }

    /// A variable that the passes let through and that nothing binds.
    func refuse(variable name: String, at location: IRLocation) {
        refusals.append(
            Refusal(
                code: .unsafeVariable, message: "var \(name) is unsafe",
                hint: "bind it in an expression before this one", location: location))
    }

    /// Iterations inside each other that are more than the stack of the lowering holds.
    func refuseNesting(at location: IRLocation) {
        refusals.append(
            Refusal(
                code: .compile, message: "body iterates more than \(Planner.openMax) levels deep",
                hint: "move a part of it to a rule of its own", location: location))
    }

    static let openMax = 250

    func string(_ text: String) -> Int32 {
        if let known = strings[text] { return known }
        let number = Int32(output.strings.count)
        output.strings.append(text)
        strings[text] = number
        return number
    }

    /// The name of a function, which will be in the plan.
    func name(of key: FunctionKey) -> String {
        if let known = names[key] { return known }
        var name = (["data"] + key.path).joined(separator: ".")
        if key.environment != 0 { name += "#\(key.environment)" }
        // Paths whose elements hold dots may look alike.
        while !usedNames.insert(name).inserted { name += "'" }
        names[key] = name
        waiting.append(key)
        return name
    }

    /// Where `callDynamic` finds the functions of an environment.
    func dynamicPath(_ path: [String], environment: Int) -> [String] {
        ["#\(environment)"] + path
    }

    func environment(
        _ number: Int, shadowing paths: [[String]], mocking mocks: [Callee: Mock]
    ) -> Int {
        if paths.isEmpty && mocks.isEmpty { return number }
        var changed = environments[number]
        changed.shadows += paths
        changed.mocks.merge(mocks) { $1 }
        environments.append(changed)
        return environments.count - 1
    }

    /// The environment that replacements run in: what they call is not replaced.
    func withoutMocks(_ number: Int) -> Int {
        if environments[number].mocks.isEmpty { return number }
        if let known = unmocked[number] { return known }
        var changed = environments[number]
        changed.mocks = [:]
        environments.append(changed)
        unmocked[number] = environments.count - 1
        return environments.count - 1
    }

    /// Plans a query, and all that it reaches.
    func plan(_ query: ResolvedQuery) {
        let planner = FunctionPlanner(self, locals: query.locals, environment: 0)
        let block = planner.nested {
            planner.body(query.body)
            planner.answer(query)
        }
        finish(block, name: Planner.planName)
    }

    /// Plans the decision at a path of `data`.
    func plan(path: [String]) {
        let planner = FunctionPlanner(
            self, locals: LocalTable(), environment: 0)
        let block = planner.nested {
            let value = planner.term(
                path.isEmpty ? .data : .reference(.data, path.map { .string($0) }))
            planner.emit(.resultSetAdd(planner.local(value)))
        }
        finish(block, name: Planner.planName)
    }

    /// Plans the decision at a path as OPA's plans have it: results are objects with one key.
    func plan(entrypoint path: [String]) {
        let planner = FunctionPlanner(self, locals: LocalTable(), environment: 0)
        let block = planner.nested {
            let value = planner.term(.reference(.data, path.map { .string($0) }))
            let result = planner.newLocal()
            planner.emit(.makeObject(target: result))
            planner.emit(
                .objectInsert(key: planner.string(Plans.resultKey), value, object: result))
            planner.emit(.resultSetAdd(result))
        }
        finish(block, name: path.joined(separator: "/"))
    }

    private func finish(_ block: IRBlock, name: String) {
        output.plans.append(IRPlan(name: name, blocks: [block]))
        while let key = waiting.popLast() {
            output.functions.append(function(key))
        }
    }

    static let planName = "query"

    private func function(_ key: FunctionKey) -> IRFunction {
        let name = name(of: key)
        switch key.kind {
        case .extent: return extent(key, name)
        case .rules:
            let rules = tree.node(at: key.path).map { tree.rules($0) } ?? []
            var planner = RulePlanner(self, key)
            return planner.function(name, rules)
        case .functions:
            let rules = tree.node(at: key.path).map { tree.functions($0) } ?? []
            var planner = RulePlanner(self, key)
            return planner.function(name, rules)
        }
    }

    /// All of `data` at a path that is no rule: what packages define there over base documents.
    private func extent(_ key: FunctionKey, _ name: String) -> IRFunction {
        let planner = FunctionPlanner(
            self, locals: LocalTable(), environment: key.environment)
        let result = planner.newLocal()
        let block = planner.nested { planner.extent(key.path, into: result) }
        let returning = IRBlock([IRStatement(.returnLocal(result), .none)])
        return IRFunction(
            name: name, parameters: [0, 1], result: result, blocks: [block, returning], path: [])
    }

    /// Whether rules at a path are a partial object, or one of sets.
    func givesEntries(at path: [String]) -> Bool {
        guard let node = tree.node(at: path) else { return false }
        return tree.givesEntries(node)
    }

    /// Whether rules at a path are hidden by a `with`.
    func isShadowed(_ path: [String], environment: Int) -> Bool {
        environments[environment].shadows.contains { path.starts(with: $0) }
    }
}
