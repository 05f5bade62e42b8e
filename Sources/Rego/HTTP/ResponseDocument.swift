import RegoMachine

/// What a policy sees of a response: `status`, `status_code`, `headers`, `raw_body`, and `body`,
/// which is the decoded body, or null where it is neither JSON nor YAML.
struct ResponseDocument {
    let context: BuiltinContext
    let decodesJSON: Bool
    let decodesYAML: Bool
    private var arena: Arena { context.arena }

    init(_ options: RequestOptions) throws(SendFailure) {
        context = options.context
        decodesJSON = try options.boolean("force_json_decode")
        decodesYAML = try options.boolean("force_yaml_decode")
    }

    /// Bytes of a body that are no UTF-8 are shown as U+FFFD.
    func value(of response: HTTPResponse) throws(BuiltinError) -> Value {
        try context.charge(response.body.count / 16 + response.headers.count)
        let raw = try rawBody(response.body)
        let document = try GoObject(context)
        try document.set("status", response.status)
        try document.set("status_code", response.code)
        try document.set("headers", headers(response))
        try document.set("raw_body", raw)
        try document.set("body", body(raw, type: response.header("content-type") ?? ""))
        return document.value
    }

    static func failure(
        _ code: SendFailure.Code, _ message: String, _ context: BuiltinContext
    ) throws(BuiltinError) -> Value {
        let error = try GoObject(context)
        try error.set("code", code.rawValue)
        try error.set("message", message)
        let document = try GoObject(context)
        try document.set("status_code", 0)
        try document.set("error", error.value)
        return document.value
    }

    private func rawBody(_ bytes: [UInt8]) throws(BuiltinError) -> Value {
        try .string(String(decoding: bytes, as: UTF8.self), in: arena)
    }

    private func headers(_ response: HTTPResponse) throws(BuiltinError) -> Value {
        let headers = try GoObject(context)
        for (name, values) in response.headers { try headers.set(name, texts: values) }
        return headers.value
    }

    private func body(_ raw: Value, type: String) throws(BuiltinError) -> Value {
        let limits = context.limits
        if decodesJSON || Self.isJSON(type) {
            return unsafe (try? JSONReader.value(raw.bytes, in: arena, limits: limits)) ?? .null
        }
        let yaml = ["application/yaml", "application/x-yaml"]
        if decodesYAML || yaml.contains(where: type.contains) {
            return (try? YAML.value(raw.bytes, in: arena, limits: limits)) ?? .null
        }
        return .null
    }

    /// `application/json`, or a type such as `application/problem+json`.
    private static func isJSON(_ type: String) -> Bool {
        let name = type.prefix { $0 != ";" }.lowercased().filter { $0 != " " && $0 != "\t" }
        guard name.hasPrefix("application/") else { return false }
        let subtype = name.dropFirst("application/".count)
        return subtype == "json" || subtype.hasSuffix("+json") && !subtype.contains("/")
    }
}
