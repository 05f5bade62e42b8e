import RegoMachine

/// A request whose answer may come from an earlier query, and may serve later ones. Both caching
/// modes of OPA keep the answer as it came; an answer's bytes count in either.
struct KeptExchange {
    let key: [UInt8]
    let request: HTTPRequest
    /// Seconds that an answer is good whatever it says of itself; 0: what it says counts.
    let forcedSeconds: Int32
    let context: BuiltinContext
    private var client: HTTPClient { context.host.http }

    /// `nil` where the parameters ask for no cache.
    init?(
        _ options: RequestOptions, key: [UInt8], request: HTTPRequest
    ) throws(SendFailure) {
        guard let seconds = try Self.cachedSeconds(options) else { return nil }
        self.key = key
        self.request = request
        forcedSeconds = seconds
        context = options.context
    }

    func response() throws(SendFailure) -> HTTPResponse {
        if let stored = client.kept(key) {
            if now < stored.expiresAt { return stored.response }
            if let response = try revalidated(stored.response) { return response }
        }
        let response = try HTTPSend.exchange(request, context)
        store(response)
        return response
    }

    /// The query's time: one query sees one cache.
    private var now: Int64 {
        let time = context.queryTime ?? context.host.now()
        context.queryTime = time
        return time
    }

    /// The kept answer or a new one, as the server says; `nil`: the server cannot tell.
    private func revalidated(_ kept: HTTPResponse) throws(SendFailure) -> HTTPResponse? {
        client.keep(key, nil)
        var asked = request
        for (field, name) in [("etag", "If-None-Match"), ("last-modified", "If-Modified-Since")] {
            guard let value = kept.header(field), !value.isEmpty else { continue }
            asked.headers.removeAll { $0.name == name }
            asked.headers.append((name, value))
        }
        if asked.headers.count == request.headers.count { return nil }
        let answer = try HTTPSend.exchange(asked, context)
        switch answer.code {
        case 200:
            store(answer)
            return answer
        case 304:
            var renewed = kept
            let names = Set(answer.headers.map(\.name))
            renewed.headers = kept.headers.filter { !names.contains($0.name) } + answer.headers
            let expiry = try expiry(answer)
            client.keep(key, StoredResponse(response: renewed, expiresAt: expiry))
            return renewed
        default: return nil
        }
    }

    /// An answer that does not say clearly how long it is good is not kept.
    private func store(_ response: HTTPResponse) {
        let mayStore =
            forcedSeconds > 0
            ? Freshness.storableCodes.contains(response.code) : Freshness.mayStore(response)
        guard mayStore, let expiry = try? expiry(response) else { return }
        client.keep(key, StoredResponse(response: response, expiresAt: expiry))
    }

    private func expiry(_ response: HTTPResponse) throws(SendFailure) -> Int64 {
        if forcedSeconds <= 0 { return try Freshness.expiry(response) }
        let (sum, overflow) = now.addingReportingOverflow(Int64(forcedSeconds) * 1_000_000_000)
        return overflow ? .max : sum
    }

    private static func cachedSeconds(_ options: RequestOptions) throws(SendFailure) -> Int32? {
        let isCached = try options.boolean("cache")
        let isForced = try options.boolean("force_cache")
        try requireMode(options)
        guard isForced else { return isCached ? 0 : nil }
        let value = options.value("force_cache_duration_seconds")
        if value.isUndefined {
            throw .refused(
                "'force_cache' set but 'force_cache_duration_seconds' parameter is missing")
        }
        let term = try options.term(value)
        guard let seconds = Int64(term) else {
            throw .refused("strconv.ParseInt: parsing \(Quoted.text(term)): invalid syntax")
        }
        guard let seconds = Int32(exactly: seconds) else {
            throw .refused("strconv.ParseInt: parsing \(Quoted.text(term)): value out of range")
        }
        return seconds
    }

    private static func requireMode(_ options: RequestOptions) throws(SendFailure) {
        let mode = options.value("caching_mode")
        if mode.isUndefined { return }
        guard let name = mode.string else {
            throw .refused("invalid value for \"caching_mode\" field")
        }
        guard name == "serialized" || name == "deserialized" else {
            throw .refused("invalid value specified for \"caching_mode\" field: \(name)")
        }
    }
}
