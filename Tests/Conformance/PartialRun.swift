import Outbound
import Rego
import RegoMachine
import RegoSyntax

/// Evaluates a case partially, its input unknown, and then what is left with the input: the answers
/// are those of the whole.
struct PartialRun {
    private let whole = CaseRun(exchangesPlans: false)

    enum Verdict {
        case same
        /// Why there is nothing to compare.
        case skipped(String)
        case different(String)
    }

    /// - Parameters:
    ///   - hidesData: Whether base documents are unknown, too.
    ///   - isShallow: Whether rules become support rules.
    func verdict(_ test: Case, hidesData: Bool, isShallow: Bool) -> Verdict {
        guard test.inputTerm == nil else { return .skipped("its input is a term") }
        let policy: Policy
        let rows: [ResultRow]
        do {
            policy = try whole.policy(test)
            rows = try whole.rows(test, policy)
        } catch {
            return .skipped("the whole has no answer")
        }
        let wanted = rows.filter { row in
            !row.expressions.contains { $0.json == Array("false".utf8) }
        }
        var options = PartialOptions()
        options.shallowInlining = isShallow
        if hidesData { options.unknowns += Self.documents(of: test, policy) }
        let residual: Residual
        do {
            let prepared = try policy.preparePartial(
                query: test.query, version: test.version, options: options)
            let data = try test.data.map { json in try Document.parse(json: json) } ?? .empty
            var evaluation = EvaluationOptions()
            evaluation.strictBuiltinErrors = test.isStrict
            residual = try unsafe whole.evaluator.residual(
                of: prepared, data: data, input: .undefined, options: evaluation)
        } catch {
            return .skipped("not evaluated partially: \(error)")
        }
        do {
            let names = Set(rows.flatMap { $0.bindings.map(\.name) })
            let got = try answers(residual, test, names)
            let want = try Self.lines(wanted, names)
            if want == got { return .same }
            return .different("want \(want) got \(got)\n\(Self.text(residual))")
        } catch let failure as CompileFailure
            where failure.diagnostics.allSatisfy({ $0.message.hasPrefix("deprecated") })
        {
            return .skipped("what is left of v0 is no v1")
        } catch let failure as EvaluationFailure where failure.code == .conflict {
            // A reader of one rule of a package, where its name is unknown, reads them all.
            return .skipped("what is left meets a conflict that the whole passes over")
        } catch {
            return .different("\(error)\n\(Self.text(residual))")
        }
    }

    static func text(_ residual: Residual) -> String {
        (residual.queries.map(\.text)
            + residual.support.map { String(decoding: $0.source.bytes, as: UTF8.self) })
            .joined(separator: "\n")
    }

    /// The names of base documents that no rule's path begins with.
    private static func documents(of test: Case, _ policy: Policy) -> [String] {
        let document = test.data.flatMap { try? Document.parse(json: $0) }
        let rules = Set(policy.modules.compactMap(\.package.first))
        let names = document?.withRoot { root in
            root.kind == .object ? root.entries.compactMap(\.key.string) : []
        } ?? []
        return names.filter { !rules.contains($0) && !$0.contains("\"") }
            .map { "data[\"\($0)\"]" }
    }

    private func answers(
        _ residual: Residual, _ test: Case, _ names: Set<String>
    ) throws -> Set<String> {
        let policy = try Policy(modules: residual.support, builtins: CaseRun.builtins)
        var found: Set<String> = []
        for query in residual.queries {
            if query.text.isEmpty {
                found.insert("")
                continue
            }
            let rows = try whole.rows(test, policy, query: query.text)
            let holding = rows.filter { row in
                !row.expressions.contains { $0.json == Array("false".utf8) }
            }
            found.formUnion(try Self.lines(holding, names))
        }
        return found
    }

    private static func lines(_ rows: [ResultRow], _ names: Set<String>) throws -> Set<String> {
        Set(
            rows.map { row in
                row.bindings.filter { names.contains($0.name) }
                    .map { "\($0.name)=\(String(decoding: $0.json, as: UTF8.self))" }.sorted()
                    .joined(separator: ";")
            })
    }
}
