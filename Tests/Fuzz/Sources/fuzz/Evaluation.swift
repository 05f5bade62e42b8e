import Rego
import RegoMachine
import RegoSyntax

/// A world without clock, chance or network: a run is the same every time.
let quietHost = Host(
    now: { 1_700_000_000_000_000_000 }, monotonic: { 0 },
    randomBytes: { Array(repeating: 7, count: $0) }, timeZone: { _ in nil },
    lookUp: { _ in .failure("no network") }, print: { _ in })

private func limits() -> Limits {
    var limits = Limits()
    limits.steps = 20_000
    limits.memoryBytes = 16 << 20
    limits.callDepth = 200
    return limits
}

private let input = Array(#"{"user":"ada","n":3,"list":[1,2,{"a":null}],"o":{"k":[true]}}"#.utf8)

/// Modules that parse are compiled and evaluated with small limits, alone and beside another.
func fuzzCompiler(_ bytes: [UInt8]) {
    for version in [LanguageVersion.v1, .v0] {
        let source = Source(name: "fuzz.rego", bytes: bytes)
        guard case .success(let module) = Parser.module(source, options: .init(version: version))
        else { continue }
        var options = CompileOptions()
        options.strict = bytes.count % 2 == 0
        guard let policy = try? Policy(modules: [module], options: options),
            let query = try? policy.prepare(path: [])
        else { continue }
        evaluate(query)
    }
}

func evaluate(_ query: PreparedQuery) {
    let evaluator = Evaluator(host: quietHost, limits: limits())
    guard let data = try? Document.parse(json: Array(#"{"x":{"y":[1,{"z":2}]},"s":"text"}"#.utf8))
    else { return }
    for _ in 0..<2 {
        var output: [UInt8] = []
        _ = unsafe input.withUnsafeBytes { bytes in
            try? unsafe evaluator.decide(query, data: data, input: .json(bytes), into: &output)
        }
    }
}

/// Bytes as a `plan.json`.
func fuzzPlans(_ bytes: [UInt8]) {
    var plans = Plans()
    guard (try? plans.add(json: bytes)) != nil else { return }
    run(plans)
}

func run(_ plans: Plans) {
    guard let policy = try? Policy(modules: [], plans: plans) else { return }
    for name in plans.entrypoints {
        let path = name.split(separator: "/", omittingEmptySubsequences: false).map(String.init)
        if let query = try? policy.prepare(path: path) { evaluate(query) }
    }
}

/// A call of any builtin with operands of any kind: the first byte names it, the rest is a JSON
/// array of operands.
func fuzzBuiltins(_ bytes: [UInt8]) {
    guard let first = bytes.first else { return }
    let rows = Builtin.all.filter { !$0.traits.contains(.blocking) }
    let row = rows[Int(first) % rows.count]
    let arena = Arena.make(bytesMax: 16 << 20)
    defer { arena.destroy() }
    guard let operands = value(Array(bytes.dropFirst()), arena), operands.kind == .array else {
        return
    }
    let names = operands.elements.indices.map { "input[\($0)]" }.joined(separator: ", ")
    guard let policy = try? Policy(modules: []),
        let query = try? policy.prepare(query: "x := \(row.name)(\(names))")
    else { return }
    let evaluator = Evaluator(host: quietHost, limits: limits())
    let text = Array(bytes.dropFirst())
    _ = unsafe text.withUnsafeBytes { input in
        try? unsafe evaluator.results(query, data: .empty, input: .json(input))
    }
}
