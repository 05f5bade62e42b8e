import Outbound
import RegoMachine
import RegoSyntax
import Testing

@testable import Rego

/// Generated modules, evaluated partially and then wholly: the answers of one evaluation.
@Suite struct PartialTests {
    /// What is unknown; the rest of the input is known.
    private static let unknowns = [
        ["input"], ["input.a"], ["input.k", "input.list"], ["input", "data.xs"], ["data.o"],
    ]

    @Test(arguments: [false, true]) func partialThenComplete(isShallow: Bool) throws {
        var compared = 0
        for seed in DifferentialTests.seeds {
            let program = GeneratedProgram(seed: seed)
            let source = Source(name: "gen.rego", text: program.module)
            guard let policy = try? Policy(modules: [Parser.module(source).get()]) else { continue }
            for (number, input) in program.inputs.enumerated() {
                let run = try Run(
                    policy: policy, data: Document.parse(json: Array(program.data.utf8)),
                    input: Array(input.utf8))
                for rule in 0..<GeneratedProgram.rules where rule != 4 {
                    var options = PartialOptions()
                    options.unknowns = Self.unknowns[(number + rule) % Self.unknowns.count]
                    options.shallowInlining = isShallow
                    guard let pair = try run.answers("x = data.gen.r\(rule)", options) else {
                        continue
                    }
                    compared += 1
                    #expect(
                        pair.whole == pair.left,
                        "seed \(seed), \(options.unknowns), r\(rule):\n\(program.module)")
                }
            }
        }
        print("differential: \(compared) answers of generated modules agree partially")
        if DifferentialTests.seeds.count > 1 { #expect(compared > DifferentialTests.seeds.count) }
    }

    private struct Run {
        let policy: Policy
        let data: Document
        let input: [UInt8]
        private let evaluator = Evaluator(host: .system)

        /// The answer of the whole and of what is left; `nil` where a conflict leaves nothing to
        /// compare: it may be met in one way and not in another.
        func answers(
            _ query: String, _ options: PartialOptions
        ) throws -> (whole: Set<String>, left: Set<String>)? {
            do {
                let whole = try rows(query, policy)
                let prepared = try policy.preparePartial(query: query, options: options)
                let residual = try unsafe input.withUnsafeBytes { bytes in
                    try unsafe evaluator.residual(of: prepared, data: data, input: .json(bytes))
                }
                let support = try Policy(modules: residual.support)
                var left: Set<String> = []
                for query in residual.queries { left.formUnion(try rows(query.text, support)) }
                return (whole, left)
            } catch let failure as EvaluationFailure where failure.code == .conflict {
                return nil
            }
        }

        private func rows(_ query: String, _ policy: Policy) throws -> Set<String> {
            let prepared = try policy.prepare(query: query)
            let rows = try unsafe input.withUnsafeBytes { bytes in
                try unsafe evaluator.results(prepared, data: data, input: .json(bytes)).rows
            }
            let values = rows.map { row in row.bindings.first { $0.name == "x" }?.json ?? [] }
            return Set(values.map { String(decoding: $0, as: UTF8.self) })
        }
    }
}
