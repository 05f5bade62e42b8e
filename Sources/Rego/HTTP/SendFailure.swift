import RegoMachine

/// Why `http.send` has no response.
enum SendFailure: Error {
    /// The evaluation ends, or the operand is wrong.
    case builtin(BuiltinError)
    /// `raised` is what an error of the query says, `message` what the error object says.
    case exchange(Code, raised: String, message: String)

    enum Code: String {
        case network = "eval_http_send_network_error"
        case other = "eval_http_send_internal_error"
    }

    static func refused(_ message: String) -> SendFailure {
        .exchange(.other, raised: message, message: message)
    }

    /// A failure of the exchange, in the words of Go's `url.Error`.
    init(_ failure: HTTPAnswer.Failure, _ reason: String, _ request: HTTPRequest) {
        let method = request.method.prefix(1).uppercased() + request.method.dropFirst().lowercased()
        let message = "\(method) \(Quoted.text(request.url)): \(reason)"
        switch failure {
        case .refused: self = .refused(reason)
        case .network: self = .exchange(.network, raised: message, message: message)
        case .timeout:
            self = .exchange(
                .network, raised: "\(method) \(request.url): request timed out", message: message)
        }
    }
}

/// Calls what fails as builtins do, as a part of `http.send`.
func sending<Made>(
    _ make: () throws(BuiltinError) -> Made
) throws(SendFailure) -> Made {
    do {
        return try make()
    } catch {
        throw .builtin(error)
    }
}
