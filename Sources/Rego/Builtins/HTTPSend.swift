package import RegoMachine

extension Builtin {
    package static let http: [Builtin] = [
        Builtin(
            "http.send", [.object(.string, .any)], .object(.any, .any),
            [.nondeterministic, .blocking, .locating], run: HTTPSend.send)
    ]
}

/// Requests to other servers. Equal requests of one query are sent once; with `cache` or
/// `force_cache` an answer serves later queries too. HTTP/1.1 and no proxies: what the
/// environment says of them is not read.
/// - Source: OPA documentation, "Policy Reference", HTTP.
enum HTTPSend {
    static func send(
        _ operands: Operands, _ context: BuiltinContext
    ) throws(BuiltinError) -> Value {
        let options = RequestOptions(object: operands[0], context: context)
        let raises = options.value("raise_error")
        guard raises.isUndefined || raises.kind == .boolean else {
            throw .failed("invalid value for raise_error field")
        }
        let raisesError = raises.isUndefined || raises.isTrue
        do throws(SendFailure) {
            try requireNames(options)
            return try answer(options)
        } catch {
            switch error {
            case .exchange(let code, let raised, let message):
                if raisesError { throw .failed(raised) }
                return try ResponseDocument.failure(code, message, context)
            case .builtin(.operandContent(let position, let message)) where !raisesError:
                // A query's text has no file, and so no place worth telling.
                let hasFile = !context.callSite.isEmpty && !context.callSite.hasPrefix(":")
                let place = hasFile ? "\(context.callSite): " : ""
                let text = "\(place)eval_type_error: http.send: operand \(position) \(message)"
                return try ResponseDocument.failure(.other, text, context)
            case .builtin(let error): throw error
            }
        }
    }

    private static func requireNames(_ options: RequestOptions) throws(SendFailure) {
        let context = options.context
        let unknown = options.object.entries.map(\.key).filter { key in
            key.string.map { !RequestOptions.names.contains($0) } ?? true
        }
        try refuse("invalid", unknown, options)
        let missing = try sending { () throws(BuiltinError) in
            var missing: [Value] = []
            for name in ["method", "url"] where options.value(name).isUndefined {
                missing.append(try .string(name, in: context.arena))
            }
            return missing
        }
        try refuse("missing required", missing, options)
    }

    private static func refuse(
        _ what: String, _ names: [Value], _ options: RequestOptions
    ) throws(SendFailure) {
        if names.isEmpty { return }
        let arena = options.context.arena
        let set = try sending { () throws(BuiltinError) in
            let set = try Value.set(capacity: names.count, in: arena)
            for name in names { try set.insert(name, in: arena) }
            return set
        }
        let message = "\(what) request parameters(s): \(try options.term(set))"
        throw .builtin(.operandContent(position: 1, message: message))
    }

    /// What this query got for an equal request, or what it gets now. Failures are kept too.
    private static func answer(_ options: RequestOptions) throws(SendFailure) -> Value {
        let context = options.context
        let key = try key(options)
        let name = "http.send" + String(decoding: key, as: UTF8.self)
        if let recorded = context.recorded[name] { return recorded }
        if let failure = context.recorded["failure of " + name] { throw recordedFailure(failure) }
        do {
            let document = try ResponseDocument(options)
            let (response, isKept) = try response(options, key)
            let value = try sending { () throws(BuiltinError) in try document.value(of: response) }
            if isKept || Freshness.storableCodes.contains(response.code) {
                context.record(name, value)
            }
            return value
        } catch {
            try record(error, "failure of " + name, context)
            throw error
        }
    }

    private static func response(
        _ options: RequestOptions, _ key: [UInt8]
    ) throws(SendFailure) -> (HTTPResponse, isKept: Bool) {
        let request = try options.request()
        if let kept = try KeptExchange(options, key: key, request: request) {
            return (try kept.response(), true)
        }
        return (try exchange(request, options.context), false)
    }

    /// Sends within what the evaluation has left.
    static func exchange(
        _ request: HTTPRequest, _ context: BuiltinContext
    ) throws(SendFailure) -> HTTPResponse {
        try sending { () throws(BuiltinError) in try context.check() }
        var request = request
        request.budgetNanoseconds = context.nanosecondsLeft
        request.cancellation = context.cancellation
        let answer = context.host.http.exchange(request)
        // The evaluation's own end goes before what the exchange says of it.
        try sending { () throws(BuiltinError) in try context.check() }
        switch answer {
        case .response(let response): return response
        case .failure(.timeout, _) where isShort(request): throw .builtin(.limit(.deadline))
        case .failure(let kind, let reason): throw SendFailure(kind, reason, request)
        }
    }

    /// Whether the evaluation's time ends before the request's own.
    private static func isShort(_ request: HTTPRequest) -> Bool {
        guard let budget = request.budgetNanoseconds else { return false }
        let timeout = request.timeoutNanoseconds
        return timeout == 0 || Int64(clamping: budget) < timeout
    }
}

extension HTTPSend {
    /// The parameters as JSON without the headers that `cache_ignored_headers` names.
    private static func key(_ options: RequestOptions) throws(SendFailure) -> [UInt8] {
        let ignored = try ignoredHeaders(options)
        let arena = options.context.arena
        let key = try sending { () throws(BuiltinError) in
            let key = try Value.object(in: arena)
            for (name, value) in options.object.entries
            where name.string != "cache_ignored_headers" {
                guard name.string == "headers", value.kind == .object else {
                    try key.insert(name, value, in: arena)
                    continue
                }
                let headers = try Value.object(in: arena)
                for (field, text) in value.entries
                where !ignored.contains(field.string ?? "") {
                    try headers.insert(field, text, in: arena)
                }
                try key.insert(name, headers, in: arena)
            }
            return key
        }
        return try options.json(key)
    }

    private static func ignoredHeaders(
        _ options: RequestOptions
    ) throws(SendFailure) -> Set<String> {
        let ignored = options.value("cache_ignored_headers")
        if ignored.isUndefined || ignored.kind == .null { return [] }
        guard ignored.kind == .array, ignored.elements.allSatisfy({ $0.kind == .string }) else {
            throw .refused("invalid value for \"cache_ignored_headers\" field")
        }
        return Set(ignored.elements.compactMap(\.string))
    }

    /// Failures of the evaluation itself are not the request's, and not kept.
    private static func record(
        _ failure: SendFailure, _ name: String, _ context: BuiltinContext
    ) throws(SendFailure) {
        guard case .exchange(let code, let raised, let message) = failure else { return }
        let value = try sending { () throws(BuiltinError) in
            var texts: [Value] = []
            for text in [code.rawValue, raised, message] {
                texts.append(try .string(text, in: context.arena))
            }
            return try Value.array(texts, in: context.arena)
        }
        context.record(name, value)
    }

    private static func recordedFailure(_ value: Value) -> SendFailure {
        let texts = value.elements.compactMap(\.string)
        return .exchange(
            texts.first == SendFailure.Code.network.rawValue ? .network : .other,
            raised: texts.dropFirst().first ?? "", message: texts.last ?? "")
    }
}
