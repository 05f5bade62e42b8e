import Decisions
import Rego
import RegoMachine

/// The body of an answer to `POST /v1/data/…`: the same bytes whichever way the request came.
enum DataAnswer {
    private static let opening = Array(#"{"result":"#.utf8)
    private static let warning = Array(
        #""warning":{"code":"api_usage_warning","#.utf8)
        + Array(#""message":"'input' key missing from the request"}"#.utf8)

    /// Evaluates on a request's body, and replaces `output` by the answer's.
    static func write(
        _ query: PreparedQuery, _ data: Document, envelope: UnsafeRawBufferPointer,
        _ evaluator: Evaluator, options: EvaluationOptions, into output: inout [UInt8]
    ) throws(EvaluationFailure) {
        let hasInput = unsafe try evaluate(
            query, data, input: input(envelope), evaluator, options, &output)
        if !hasInput {
            if output.count > 1 { output.append(UInt8(ascii: ",")) }
            output.append(contentsOf: warning)
        }
        output.append(UInt8(ascii: "}"))
        output.append(UInt8(ascii: "\n"))
    }

    /// Evaluates on an input, and replaces `output` by the answer's body.
    static func write(
        _ query: PreparedQuery, _ data: Document, input: InputDocument, _ evaluator: Evaluator,
        options: EvaluationOptions, into output: inout [UInt8]
    ) throws(EvaluationFailure) {
        _ = unsafe try evaluate(query, data, input: input, evaluator, options, &output)
        output.append(UInt8(ascii: "}"))
        output.append(UInt8(ascii: "\n"))
    }

    /// The answer without its end.
    private static func evaluate(
        _ query: PreparedQuery, _ data: Document, input: InputDocument, _ evaluator: Evaluator,
        _ options: EvaluationOptions, _ output: inout [UInt8]
    ) throws(EvaluationFailure) -> Bool {
        output.removeAll(keepingCapacity: true)
        output.append(contentsOf: opening)
        let outcome = unsafe try evaluator.decide(
            query, data: data, input: input, options: options, into: &output)
        if !outcome.isDefined { output.removeLast(output.count - 1) }
        return outcome.hasInput
    }

    /// No body is no input; OPA's decoder passes by spaces before it sees that there is none.
    static func input(_ envelope: UnsafeRawBufferPointer) -> InputDocument {
        let isBlank = unsafe envelope.allSatisfy {
            $0 == 0x20 || $0 == 0x09 || $0 == 0x0A || $0 == 0x0D
        }
        return unsafe isBlank ? .undefined : .envelope(envelope)
    }
}

extension [UInt8] {
    /// Lends the memory for the time of the call; unlike the standard library's, errors keep
    /// their type.
    func lent<Result, Failure: Error>(
        _ body: (UnsafeRawBufferPointer) throws(Failure) -> Result
    ) throws(Failure) -> Result {
        try unsafe withUnsafeBufferPointer { (buffer) throws(Failure) in
            try unsafe body(UnsafeRawBufferPointer(buffer))
        }
    }
}
