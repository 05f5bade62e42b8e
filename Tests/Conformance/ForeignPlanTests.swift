import Foundation
import Outbound
import Rego
import RegoMachine
import RegoSyntax
import Testing

/// Plans that OPA's compiler made. They are nowhere near the project: `OSTIARY_PLANS` names a
/// folder of JSON files, each `{"cases": [...]}`: cases as `conformance/eval` has them, their plan
/// as `plan` beside them, its entrypoint `eval`, results by the names of variables. The compliance
/// suite of swift-opa has that form. Without it the test says so and ends.
@Suite struct ForeignPlans {
    @Test func plansOfOPA() throws {
        guard let folder = ProcessInfo.processInfo.environment["OSTIARY_PLANS"] else {
            return print("plans of OPA: SKIPPED, OSTIARY_PLANS names no folder")
        }
        var failures: [String] = []
        var count = 0
        let files = FileManager.default.enumerator(atPath: folder)?.compactMap { $0 as? String }
        for file in (files ?? []).sorted() where file.hasSuffix(".json") {
            let text = try Data(contentsOf: URL(filePath: folder).appending(path: file))
            let arena = Arena.make(bytesMax: 1 << 28)
            defer { arena.destroy() }
            let cases = try Value.parsing(Array(text), in: arena)
            guard cases.kind == .object else { continue }
            for entry in try Record(value: cases, arena: arena)["cases"].elements {
                count += 1
                if let reason = try verdict(Record(value: entry, arena: arena)) {
                    failures.append("\(file): \(reason)")
                }
            }
        }
        print("plans of OPA: \(count - failures.count) of \(count) pass")
        for failure in failures { print("  " + failure.prefix(300)) }
        let unknown = failures.filter { failure in
            !Self.known.contains { failure.hasPrefix($0.file) }
        }
        #expect(unknown.isEmpty)
    }

    private static let known: [(file: String, why: String)] = [
        ("dataderef/", "OPA itself finds no \"2\" by `data[2]` in a plan: its issue 3711"),
        ("inputvalues/test-inputvalues-0983", "its input is a set, which JSON cannot say"),
        ("reachable/test-reachable-paths-1022", "OPA 1.20 wants other paths than this suite's OPA"),
    ]

    private func verdict(_ record: Record) throws -> String? {
        guard let text = try record.json("plan") else { return "no plan" }
        let test = try Case(record, folder: "v1")
        let runner = CaseRun(exchangesPlans: false)
        do {
            let rows = try rows(test, text)
            if let code = test.wantErrorCode ?? test.wantError {
                return "no error, but \(code) was wanted"
            }
            return try runner.difference(test, rows)
        } catch let failure as Machine.Failure {
            let known = EvaluationFailure(failure)
            let file = known.file.replacing("module-", with: "test-")
            let place = "\(file):\(known.span.row)"
            return runner.errorDifference(
                test, code: known.code.rawValue,
                text: "\(place): \(known.code.rawValue): \(known.message)")
        } catch let error as PlanError {
            return error.clause
        } catch { return "\(error)" }
    }

    /// Of a term that JSON can say.
    private func inputText(_ test: Case) throws -> [UInt8]? {
        guard let term = test.inputTerm else { return test.input }
        let query = try Policy(modules: []).prepare(query: term)
        var json: [UInt8] = []
        _ = try unsafe Evaluator(host: .system).decide(
            query, data: .empty, input: .undefined, into: &json)
        return json
    }

    private func rows(_ test: Case, _ text: [UInt8]) throws -> [ResultRow] {
        let plan = try PlanReader.policy(text)
        let builtins = Dictionary(uniqueKeysWithValues: CaseRun.builtins.map { ($0.name, $0) })
        try PlanVerifier.verify(plan, builtins: builtins)
        let program = try Lowering.program(
            plan, plan: "eval", builtins: builtins, isForeign: true)
        var host = Host.system
        host.print = { _ in }
        let machine = Machine(host: host, limits: Limits())
        machine.begin()
        machine.isStrict = test.isStrict
        let arena = machine.context.arena
        let input = try inputText(test).map { try Value.parsing($0, in: arena) } ?? .undefined
        let data = try Value.parsing(test.data ?? Array("{}".utf8), in: arena)
        try machine.run(program, input: input, data: data)
        return try machine.results.map { result in
            var row = ResultRow(bindings: [], expressions: [])
            for (key, value) in result.entries {
                var json = try TextBuilder(in: arena)
                try JSONWriter.write(value, to: &json)
                row.bindings.append((key.string ?? "", Array(json.bytes)))
            }
            return row
        }
    }
}
