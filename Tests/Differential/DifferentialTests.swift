import Foundation
import Outbound
import RegoMachine
import RegoSyntax
import Testing

@testable import Rego

/// Generated modules: one answer, whichever way it is come by. Where an `opa` is on the PATH, its
/// answer is that one.
///
/// `DIFFERENTIAL_SEED=n` runs one module, `DIFFERENTIAL_COUNT=n` so many.
@Suite struct DifferentialTests {
    private static let environment = ProcessInfo.processInfo.environment

    static let seeds: [UInt64] = {
        if let seed = environment["DIFFERENTIAL_SEED"].flatMap(UInt64.init) { return [seed] }
        let count = environment["DIFFERENTIAL_COUNT"].flatMap(UInt64.init) ?? 100
        return Array(1...count)
    }()

    /// Modules that once told ways apart.
    static let found: [UInt64] = []

    private static let ways: [(name: String, options: CompileOptions)] = {
        var ways: [(String, CompileOptions)] = [("all shortcuts", CompileOptions())]
        for (name, left) in [
            ("no indexes", Shortcuts.indexes), ("no early exit", .earlyExit),
            ("no memory", .memory), ("no folding", .folding), ("no shortcuts", .all),
        ] {
            var options = CompileOptions()
            options.shortcuts.subtract(left)
            ways.append((name, options))
        }
        var exchanged = CompileOptions()
        exchanged.exchangesPlans = true
        return ways + [("by way of plans", exchanged)]
    }()

    @Test func everyWayGivesOneAnswer() throws {
        var compiled = 0
        for seed in Self.seeds + Self.found {
            let program = GeneratedProgram(seed: seed)
            var first: [String]?
            for way in Self.ways {
                guard let answers = try Self.answers(program, way.options) else { break }
                if let first {
                    let told = zip(first, answers).filter { !Self.agree($0, $1) }
                    #expect(told.isEmpty, "seed \(seed), \(way.name):\n\(program.module)")
                } else {
                    first = answers
                    compiled += 1
                }
            }
        }
        print("differential: \(compiled) of \(Self.seeds.count) generated modules compile")
        if Self.seeds.count > 1 { #expect(compiled > Self.seeds.count / 3) }
    }

    /// An index and an early exit pass over rules, a reader of one key over conflicts at others: a
    /// conflict, alone of all, may be met in one way and not in another.
    private static func agree(_ one: String, _ other: String) -> Bool {
        one == other || [one, other].contains("eval_conflict_error")
    }

    /// The rules' values for each input, or how they fail; `nil`: the module does not compile.
    private static func answers(
        _ program: GeneratedProgram, _ options: CompileOptions
    ) throws -> [String]? {
        let source = Source(name: "gen.rego", text: program.module)
        let module = try Parser.module(source).get()
        guard let policy = try? Policy(modules: [module], options: options) else { return nil }
        let data = try Document.parse(json: Array(program.data.utf8))
        let evaluator = Evaluator(host: .system)
        let queries = try (0..<GeneratedProgram.rules).filter { $0 != 4 }
            .map { try policy.prepare(path: ["gen", "r\($0)"]) }
        return try program.inputs.flatMap { input in
            try queries.map { try answer($0, data, input, evaluator) }
        }
    }

    private static func answer(
        _ query: PreparedQuery, _ data: Document, _ input: String, _ evaluator: Evaluator
    ) throws -> String {
        var output: [UInt8] = []
        do {
            let outcome = try unsafe Array(input.utf8).withUnsafeBytes { bytes in
                try unsafe evaluator.decide(query, data: data, input: .json(bytes), into: &output)
            }
            return outcome.isDefined ? String(decoding: output, as: UTF8.self) : "undefined"
        } catch let failure as EvaluationFailure {
            return failure.code.rawValue
        }
    }

    // MARK: Beside OPA

    @Test func opaGivesTheSameAnswer() throws {
        guard let opa = Self.opa else {
            return print("differential: SKIPPED beside OPA, no `opa` on the PATH")
        }
        let folder = FileManager.default.temporaryDirectory.appending(path: UUID().uuidString)
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: folder) }
        for seed in Self.seeds.prefix(50) {
            let program = GeneratedProgram(seed: seed)
            guard let ours = try Self.answers(program, CompileOptions()) else { continue }
            try program.module.write(
                to: folder.appending(path: "gen.rego"), atomically: false, encoding: .utf8)
            try program.data.write(
                to: folder.appending(path: "data.json"), atomically: false, encoding: .utf8)
            var theirs: [String] = []
            for input in program.inputs {
                for rule in 0..<GeneratedProgram.rules where rule != 4 {
                    theirs.append(try Self.ask(opa, "data.gen.r\(rule)", input, folder))
                }
            }
            #expect(ours == theirs, "seed \(seed):\n\(program.module)")
        }
    }

    private static let opa: URL? = (environment["PATH"] ?? "").split(separator: ":")
        .map { URL(filePath: String($0)).appending(path: "opa") }
        .first { FileManager.default.isExecutableFile(atPath: $0.path) }

    private static func ask(
        _ opa: URL, _ query: String, _ input: String, _ folder: URL
    ) throws -> String {
        let file = folder.appending(path: "input.json")
        try input.write(to: file, atomically: false, encoding: .utf8)
        let process = Process()
        process.executableURL = opa
        process.currentDirectoryURL = folder
        process.arguments = [
            "eval", "--format", "json", "-d", "gen.rego", "-d", "data.json", "-i", "input.json",
            query,
        ]
        let pipe = Pipe()
        process.standardOutput = pipe
        try process.run()
        let bytes = pipe.fileHandleForReading.readDataToEndOfFile()
        process.waitUntilExit()
        let answer = try JSONSerialization.jsonObject(with: bytes) as? [String: Any] ?? [:]
        if let errors = answer["errors"] as? [[String: Any]] {
            return errors.first?["code"] as? String ?? "error"
        }
        let results = answer["result"] as? [[String: Any]]
        let expressions = results?.first?["expressions"] as? [[String: Any]]
        guard let value = expressions?.first?["value"] else { return "undefined" }
        let text = try JSONSerialization.data(
            withJSONObject: value, options: [.fragmentsAllowed, .sortedKeys])
        return String(decoding: text, as: UTF8.self)
    }
}
