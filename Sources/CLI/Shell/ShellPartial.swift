import Bundles
import Rego
import RegoMachine
import RegoSyntax

/// Queries that are evaluated without knowing all: what is left of them is the answer.
extension Shell {
    /// - Parameter unknowns: References such as `input` and `data.reports`.
    mutating func take(unknowns: [String]) throws(Problems) {
        var options = PartialOptions()
        options.unknowns = unknowns
        _ = try partial("true", options)
        self.unknowns = unknowns
    }

    func answerPartially(_ text: String) throws(Problems) {
        var timers = Timers()
        var options = PartialOptions()
        options.unknowns = unknowns
        let prepared = try timers.measure("timer_rego_query_compile_ns") { () throws(Problems) in
            try partial(text, options)
        }
        let input = try self.input()
        var report = EvalReport()
        do throws(EvaluationFailure) {
            let residual = try timers.measure("timer_rego_partial_eval_ns") {
                () throws(EvaluationFailure) in try self.residual(of: prepared, input)
            }
            report.residual = ResidualReport(residual: residual)
        } catch {
            throw Problems([Problem(error)])
        }
        if showsMetrics { report.metrics = Timers.rows(of: [timers]) }
        print(report)
    }

    private func partial(
        _ text: String, _ options: PartialOptions
    ) throws(Problems) -> PreparedPartial {
        do throws(CompileFailure) {
            return try policy.preparePartial(
                query: text, package: module.packageText, imports: module.imports,
                version: version, options: options)
        } catch {
            throw Problems(
                error.diagnostics,
                sources: Sources(modules: policy.modules, query: Source(name: "", text: text)))
        }
    }

    private func residual(
        of prepared: PreparedPartial, _ input: [UInt8]?
    ) throws(EvaluationFailure) -> Residual {
        let evaluator = Evaluator(host: host)
        var options = EvaluationOptions()
        options.strictBuiltinErrors = isStrict
        return try interruption.during(evaluator.cancellation) {
            () throws(EvaluationFailure) in
            guard let input else {
                return try unsafe evaluator.residual(
                    of: prepared, data: loaded.data, input: .undefined, options: options)
            }
            let span = input.span
            return try unsafe span.withUnsafeBytes { (bytes) throws(EvaluationFailure) in
                try unsafe evaluator.residual(
                    of: prepared, data: loaded.data, input: .json(bytes), options: options)
            }
        }
    }
}
