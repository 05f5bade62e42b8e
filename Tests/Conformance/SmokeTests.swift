import Foundation
import Rego
import RegoMachine
import Testing

/// OPA's smoke cases of its WASM compiler, `wasm.jsonl`, in process: v0 modules, and of each query
/// whether it is defined, its bindings, or that rules conflict.
///
/// As OPA's harness reads them: a query that is `false` is undefined, sets are arrays in any order,
/// numbers are doubles, and there are three builtins of the harness's own.
@Suite struct SmokeCases {
    @Test func allHold() throws {
        let url = Conformance.place.appending(path: "wasm.jsonl")
        guard let text = try? Data(contentsOf: url) else {
            return print("smoke cases: SKIPPED, no \(url.path)")
        }
        let runner = CaseRun(exchangesPlans: false)
        var failures: [String] = []
        let lines = text.split(separator: UInt8(ascii: "\n"))
        for line in lines {
            let arena = Arena.make(bytesMax: 1 << 26)
            defer { arena.destroy() }
            let record = try Record(json: Array(line), in: arena)
            let test = try Case(record, folder: "v0")
            if let reason = try reason(record, test, runner) {
                failures.append("\(test.id) (\(test.note)): \(reason)")
            }
        }
        print("smoke cases: \(lines.count - failures.count) of \(lines.count) hold")
        #expect(lines.count >= 369)
        #expect(failures.isEmpty, "\(failures.joined(separator: "\n"))")
    }

    private func difference(_ record: Record, _ rows: [ResultRow]) throws -> String? {
        let wanted = try JSONSerialization.jsonObject(with: Data(record.json("want_result") ?? []))
        let got = try rows.map { row in
            let pairs = try row.bindings.map { name, json in
                (
                    name,
                    try JSONSerialization.jsonObject(with: Data(json), options: .fragmentsAllowed)
                )
            }
            return Dictionary(uniqueKeysWithValues: pairs)
        }
        let said = Self.comparable(got as Any)
        return Self.comparable(wanted) == said ? nil : "got \(said)"
    }

    /// A text that is equal for equal values, whatever the order of elements.
    private static func comparable(_ value: Any) -> String {
        switch value {
        case let list as [Any]: "[" + list.map(comparable).sorted().joined(separator: ",") + "]"
        case let object as [String: Any]:
            "{" + object.map { "\($0):\(comparable($1))" }.sorted().joined(separator: ",") + "}"
        case let number as NSNumber: String(format: "%.14g", number.doubleValue)
        default: "\(value)"
        }
    }

    private func reason(_ record: Record, _ test: Case, _ runner: CaseRun) throws -> String? {
        do {
            let rows = try runner.rows(test, runner.policy(test))
            if test.wantError != nil { return "no error" }
            if let wanted = try record["want_defined"].boolean {
                let isDefined = rows.contains { row in
                    !row.expressions.contains { $0.json.elementsEqual("false".utf8) }
                }
                return isDefined == wanted ? nil : "\(rows.count) results"
            }
            return try difference(record, rows)
        } catch let failure as EvaluationFailure {
            let isConflict = failure.code.rawValue == "eval_conflict_error"
            return test.wantError != nil && isConflict ? nil : "\(failure)"
        } catch { return "\(error)" }
    }
}
