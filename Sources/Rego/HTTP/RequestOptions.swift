import RegoMachine

/// The parameters of one `http.send`, checked as they are read.
/// - Source: OPA documentation, "Policy Reference", HTTP.
struct RequestOptions {
    static let names: Set<String> = [
        "method", "url", "body", "enable_redirect", "force_json_decode", "force_yaml_decode",
        "headers", "raw_body", "tls_use_system_certs", "tls_ca_cert", "tls_ca_cert_file",
        "tls_ca_cert_env_variable", "tls_client_cert", "tls_client_cert_file",
        "tls_client_cert_env_variable", "tls_client_key", "tls_client_key_file",
        "tls_client_key_env_variable", "tls_insecure_skip_verify", "tls_server_name", "timeout",
        "cache", "force_cache", "force_cache_duration_seconds", "raise_error", "caching_mode",
        "max_retry_attempts", "cache_ignored_headers",
    ]

    let object: Value
    let context: BuiltinContext

    /// A parameter's value; `undefined`: not given.
    func value(_ name: String) -> Value {
        object.entries.first { $0.key.string == name }?.value ?? .undefined
    }

    /// Quotes around a text are taken off, as OPA does.
    func text(_ name: String) throws(SendFailure) -> String? {
        let value = value(name)
        if value.isUndefined { return nil }
        guard let text = value.string else {
            throw .refused("\(Quoted.text(name)) must be a string")
        }
        var trimmed = text[...]
        while trimmed.first == "\"" { trimmed.removeFirst() }
        while trimmed.last == "\"" { trimmed.removeLast() }
        return String(trimmed)
    }

    /// A boolean and nothing else.
    func boolean(_ name: String) throws(SendFailure) -> Bool {
        let value = value(name)
        guard value.isUndefined || value.kind == .boolean else {
            throw .refused("invalid value for \(Quoted.text(name)) field")
        }
        return value.isTrue
    }

    /// A boolean, or a number that Go reads as one; `nil`: not given.
    func flag(_ name: String) throws(SendFailure) -> Bool? {
        let value = value(name)
        if value.isUndefined { return nil }
        let term = try term(value)
        switch term {
        case "true", "1": return true
        case "false", "0": return false
        default:
            throw .refused("strconv.ParseBool: parsing \(Quoted.text(term)): invalid syntax")
        }
    }

    /// A value as Rego writes it.
    func term(_ value: Value) throws(SendFailure) -> String {
        try sending { () throws(BuiltinError) in
            var text = try TextBuilder(in: context.arena)
            try text.append(term: value)
            return text.bytes.string
        }
    }

    func json(_ value: Value, escapesHTML: Bool = false) throws(SendFailure) -> [UInt8] {
        try sending { () throws(BuiltinError) in
            var text = try TextBuilder(in: context.arena)
            try JSONWriter.write(value, to: &text, style: .init(escapesHTML: escapesHTML))
            return Array(text.bytes)
        }
    }
}

extension RequestOptions {
    /// The request that the parameters describe.
    func request() throws(SendFailure) -> HTTPRequest {
        var request = HTTPRequest(method: "", url: "")
        request.followsRedirects = try flag("enable_redirect") ?? false
        request.headers = try headers()
        request.method = (try text("method") ?? "").uppercased()
        if request.method.isEmpty { request.method = "GET" }
        guard HTTPClient.isToken(request.method) else {
            throw .refused("net/http: invalid method \(Quoted.text(request.method))")
        }
        request.body = try body()
        request.timeoutNanoseconds = try timeout() ?? request.timeoutNanoseconds
        request.tls = try trust()
        request.url = try text("url") ?? ""
        if request.tls.serverName.isEmpty {
            request.tls.serverName = request.headers.first { $0.name == "Host" }?.value ?? ""
        }
        request.retries = try retries()
        return request
    }

    /// What Go's client writes itself, whatever a request says.
    private static let unsent: Set<String> = ["Content-Length", "Transfer-Encoding", "Trailer"]

    private func headers() throws(SendFailure) -> [(name: String, value: String)] {
        let headers = value("headers")
        if headers.isUndefined { return [] }
        guard headers.kind == .object else { throw .refused("invalid type for headers key") }
        var fields: [(name: String, value: String)] = []
        for (key, value) in headers.entries {
            let shownKey = try term(key)
            let name = Self.canonical(key.string ?? shownKey)
            guard let text = value.string else {
                let shown = try term(value)
                throw .refused("invalid type for headers value \(Quoted.text(shown))")
            }
            fields.removeAll { $0.name == name }
            if !Self.unsent.contains(name) { fields.append((name, text)) }
        }
        return fields
    }

    /// `content-type` as `Content-Type`.
    private static func canonical(_ name: String) -> String {
        guard HTTPClient.isToken(name) else { return name }
        return name.split(separator: "-", omittingEmptySubsequences: false)
            .map { $0.prefix(1).uppercased() + $0.dropFirst().lowercased() }
            .joined(separator: "-")
    }

    private func body() throws(SendFailure) -> [UInt8] {
        if let raw = try text("raw_body") { return Array(raw.utf8) }
        let body = value("body")
        return body.isUndefined ? [] : try json(body, escapesHTML: true)
    }

    /// In nanoseconds; 0 is no bound at all; `nil`: not given.
    private func timeout() throws(SendFailure) -> Int64? {
        let value = value("timeout")
        switch value.kind {
        case .undefined: return nil
        case .integer, .decimal:
            if let number = value.integer { return number }
            throw .refused("invalid timeout number value \(try term(value)), must be int64")
        case .string:
            if let number = Int64(value.bytes.string) { return number }
            do {
                return try Durations.parse(value.bytes)
            } catch {
                throw .refused("invalid timeout value \(try term(value)): \(error.message)")
            }
        default:
            let message = "'timeout' must be one of {string, number} but got \(value.typeName)"
            throw .builtin(.operandContent(position: 1, message: message))
        }
    }

    private func retries() throws(SendFailure) -> Int {
        let value = value("max_retry_attempts")
        if value.isUndefined { return 0 }
        guard let count = value.integer, count >= 0 else {
            throw .refused(
                "invalid value \(try term(value)) for field \"max_retry_attempts\"")
        }
        return Int(count)
    }
}
