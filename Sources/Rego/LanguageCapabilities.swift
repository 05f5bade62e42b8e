public import RegoMachine
public import RegoSyntax

/// What policies may use: builtins, keywords, features of the language, hosts of the network.
///
/// Where something is missing, a policy that uses it does not compile; a host that is missing is
/// refused when it is asked for.
/// - Source: OPA documentation, "Capabilities"; `ast.Capabilities` of OPA 1.20.
public struct LanguageCapabilities: Sendable {
    /// By name; `nil`: every one.
    public var builtins: Set<String>?
    public var futureKeywords: FutureKeywords = [.not, .and, .or]
    public var features: LanguageFeatures = .all
    /// The hosts that `http.send` and `net.lookup_ip_addr` may reach; `nil`: every one.
    public var hosts: Set<String>?

    /// All that this build has.
    public init() {}

    /// Why a file is none of capabilities; one clause.
    public struct Mistake: Error, Sendable {
        public let clause: String
    }

    /// - Parameter text: A capabilities file. Builtins, features and keywords that this build does
    ///   not have are passed by: policies cannot use them here.
    public init(json text: [UInt8]) throws(Mistake) {
        let document: Document
        do throws(JSONError) {
            document = try Document.parse(json: text)
        } catch {
            throw Mistake(clause: "\(error.message) at byte \(error.offset)")
        }
        self = try document.withRoot { (root) throws(Mistake) in
            try LanguageCapabilities(root)
        }
    }

    private init(_ root: Value) throws(Mistake) {
        guard root.kind == .object else { throw Mistake(clause: "capabilities are an object") }
        var names: Set<String> = []
        for builtin in try LanguageCapabilities.list("builtins", of: root) {
            guard let name = builtin.member("name")?.string else {
                throw Mistake(clause: "builtins: each is an object with a name")
            }
            names.insert(name)
        }
        builtins = names
        futureKeywords = []
        for name in try LanguageCapabilities.names("future_keywords", of: root) {
            if let keyword = FutureKeywords(name: name) { futureKeywords.formUnion(keyword) }
        }
        features = []
        for name in try LanguageCapabilities.names("features", of: root) {
            if let feature = LanguageFeatures(name: name) { features.formUnion(feature) }
        }
        if root.member("allow_net") != nil {
            hosts = Set(try LanguageCapabilities.names("allow_net", of: root))
        }
    }

    private static func list(_ name: String, of root: Value) throws(Mistake) -> [Value] {
        guard let value = root.member(name), value.kind != .null else { return [] }
        guard value.kind == .array else { throw Mistake(clause: "\(name) is an array") }
        return Array(value.elements)
    }

    private static func names(_ name: String, of root: Value) throws(Mistake) -> [String] {
        try list(name, of: root).map { (value) throws(Mistake) in
            guard let text = value.string else {
                throw Mistake(clause: "\(name) is an array of strings")
            }
            return text
        }
    }

    /// How sources are read under them.
    public func parserOptions(_ version: LanguageVersion) -> ParserOptions {
        ParserOptions(version: version, allowedKeywords: futureKeywords, features: features)
    }

    /// Of a table of builtins, those that policies may call, and those that the compiler does.
    func table(_ all: [Builtin]) -> [Builtin] {
        guard let builtins else { return all }
        return all.filter { builtins.contains($0.name) || $0.name.hasPrefix("internal.") }
    }

    /// A host that reaches no others than `hosts`.
    public func limiting(_ host: Host) -> Host {
        guard let hosts else { return host }
        var limited = host
        limited.lookUp = { name in
            hosts.contains(name) ? host.lookUp(name) : .failure("unallowed host: \(name)")
        }
        limited.http.exchange = { request in
            var request = request
            request.hosts = hosts
            return host.http.exchange(request)
        }
        return limited
    }
}

extension Value {
    fileprivate func member(_ name: String) -> Value? {
        guard kind == .object else { return nil }
        return entries.first { $0.key.string == name }?.value
    }
}
