public import RegoMachine
public import RegoSyntax

/// Runs prepared queries on one thread at a time; its memory and caches serve one evaluation after
/// the other. Make one a thread, or one an event loop.
public final class Evaluator {
    private let machine: Machine

    public init(host: Host, limits: Limits = .init()) {
        machine = Machine(host: host, limits: limits)
    }

    /// From bytes to bytes: evaluates, and appends the JSON of the one result to `output`.
    /// The result of a query with several expressions is that of the first.
    /// - Throws: `EvaluationFailure`; nothing was written then.
    public func decide(
        _ query: PreparedQuery, data: Document, input: InputDocument,
        options: EvaluationOptions = .init(), into output: inout [UInt8]
    ) throws(EvaluationFailure) -> Outcome {
        let hasInput = try unsafe run(query, data, input, options)
        guard let result = machine.results.first else {
            return Outcome(isDefined: false, hasInput: hasInput, builtinErrors: builtinErrors)
        }
        let value =
            query.expressions == nil ? result : result.elements[1].elements.first ?? result
        try append(value, to: &output)
        return Outcome(isDefined: true, hasInput: hasInput, builtinErrors: builtinErrors)
    }

    /// Every answer of a query, in no promised order.
    public func results(
        _ query: PreparedQuery, data: Document, input: InputDocument,
        options: EvaluationOptions = .init()
    ) throws(EvaluationFailure) -> (rows: [ResultRow], outcome: Outcome) {
        let hasInput = try unsafe run(query, data, input, options)
        var rows: [ResultRow] = []
        for result in machine.results { rows.append(try row(result, query)) }
        return (
            rows,
            Outcome(isDefined: !rows.isEmpty, hasInput: hasInput, builtinErrors: builtinErrors)
        )
    }

    /// The value of the first expression of the first answer (`nil`: undefined), and the steps
    /// that it took.
    func term(
        _ query: PreparedQuery, data: Document, input: InputDocument, options: EvaluationOptions
    ) throws(EvaluationFailure) -> (value: ResolvedTerm?, steps: Int64) {
        _ = try unsafe run(query, data, input, options)
        let steps = limits.steps - machine.context.stepsLeft
        guard let value = machine.results.first?.elements[1].elements.first else {
            return (nil, steps)
        }
        return (ResolvedTerm(value, machine.context.arena), steps)
    }

    var limits: Limits { machine.context.limits }
    var now: UInt64 { machine.context.host.monotonic() }

    /// Ends the evaluation under way, from any thread.
    public var cancellation: Cancellation { machine.context.cancellation }

    private var builtinErrors: [EvaluationFailure] {
        machine.builtinErrors.isEmpty ? [] : machine.builtinErrors.map { EvaluationFailure($0) }
    }

    /// - Returns: Whether there was an input.
    private func run(
        _ query: PreparedQuery, _ data: Document, _ input: InputDocument,
        _ options: EvaluationOptions
    ) throws(EvaluationFailure) -> Bool {
        machine.begin()
        machine.isStrict = options.strictBuiltinErrors
        let document = try unsafe read(input)
        if let budget = options.stepBudget { machine.context.limitSteps(to: budget) }
        do throws(Machine.Failure) {
            try data.withRoot { (root) throws(Machine.Failure) in
                try machine.run(query.program, input: document, data: root)
            }
        } catch {
            var failure = EvaluationFailure(error)
            if options.stepBudget != nil && error.error == .limit(.steps) {
                failure.code = .budget
            }
            throw failure
        }
        return !document.isUndefined
    }

    private func read(_ input: InputDocument) throws(EvaluationFailure) -> Value {
        do throws(JSONError) {
            switch unsafe input {
            case .undefined: return .undefined
            case .json(let bytes): return try unsafe parse(bytes)
            case .envelope(let bytes):
                let body = try unsafe parse(bytes)
                guard body.kind == .object else {
                    throw JSONError(message: "the body is no object", offset: 0)
                }
                return body.element(Evaluator.inputKey, arena: machine.context.arena)
            }
        } catch {
            throw EvaluationFailure(
                code: .input, message: "\(error.message) at byte \(error.offset)", file: "",
                span: Span(start: 0, end: 0, row: 0, column: 0))
        }
    }

    private func parse(_ bytes: UnsafeRawBufferPointer) throws(JSONError) -> Value {
        unsafe try JSONReader.value(
            Bytes(bytes), in: machine.context.arena, limits: machine.context.limits)
    }

    private static let inputKey = Value.literal("input")

    private func append(_ value: Value, to output: inout [UInt8]) throws(EvaluationFailure) {
        do throws(BuiltinError) {
            var text = try TextBuilder(in: machine.context.arena, capacity: 256)
            try JSONWriter.write(value, to: &text)
            unsafe output.append(contentsOf: text.bytes.buffer)
        } catch {
            throw EvaluationFailure(error)
        }
    }

    private func json(_ value: Value) throws(EvaluationFailure) -> [UInt8] {
        var bytes: [UInt8] = []
        try append(value, to: &bytes)
        return bytes
    }

    private func row(
        _ result: Value, _ query: PreparedQuery
    ) throws(EvaluationFailure) -> ResultRow {
        guard let expressions = query.expressions else {
            let start = Span(start: 0, end: 0, row: 1, column: 1)
            return ResultRow(bindings: [], expressions: [(try json(result), query.text, start)])
        }
        let parts = result.elements
        var row = ResultRow(bindings: [], expressions: [])
        let bindings = parts[0].entries
        for name in query.variables {
            guard let entry = bindings.first(where: { $0.key.string == name }) else { continue }
            row.bindings.append((name, try json(entry.value)))
        }
        let values = parts[1].elements
        for (position, expression) in expressions.enumerated() {
            row.expressions.append(
                (try json(values[position]), expression.text, expression.span))
        }
        return row
    }
}

/// The input document of one evaluation. The bytes must outlive the call.
@unsafe public enum InputDocument {
    case undefined
    /// The document as JSON.
    case json(UnsafeRawBufferPointer)
    /// A JSON object whose `input` is the document; without one, it is undefined.
    case envelope(UnsafeRawBufferPointer)
}

/// What one evaluation does about errors and effort.
public struct EvaluationOptions: Sendable {
    /// A failing builtin ends the evaluation; otherwise it is undefined.
    public var strictBuiltinErrors = false
    /// Steps after which `EvaluationFailure.Code.budget` is thrown, for event loops; `nil`: none.
    public var stepBudget: Int64?
    public init() {}
}

/// What one decision was.
public struct Outcome: Sendable {
    /// False where the query is undefined; nothing was written then.
    public var isDefined: Bool
    /// False where there was no input, or an envelope had none.
    public var hasInput: Bool
    /// What builtins failed with, where they do not end the evaluation.
    public var builtinErrors: [EvaluationFailure]
}

/// One row of a query's answer.
public struct ResultRow: Sendable {
    /// Variable names and their values as JSON.
    public var bindings: [(name: String, json: [UInt8])]
    /// The values of the expressions as written, as JSON, with their text and place in the query.
    public var expressions: [(json: [UInt8], text: String, span: Span)]

    package init(
        bindings: [(name: String, json: [UInt8])],
        expressions: [(json: [UInt8], text: String, span: Span)]
    ) {
        self.bindings = bindings
        self.expressions = expressions
    }
}
