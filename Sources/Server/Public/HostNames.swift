import Identity

/// The host names that are served here, and what each says of the tenant.
struct HostNames: Sendable {
    /// Of the issuer.
    let issuer: String
    /// `nil`: one organization alone is served.
    let baseDomain: String?
    /// In development, the loopback's names stand for the issuer's.
    let takesLoopback: Bool

    enum Tenant: Sendable, Hashable {
        /// The host belongs to no organization.
        case none
        /// The organization of this slug.
        case slug(String)
        /// The organization that has shown that the name is its own, if there is one.
        case domain(String)
        /// Nobody serves this host here: a name that was made to point at us.
        case unknown
    }

    /// - Parameter host: Without port, in lower case.
    func tenant(of host: String) -> Tenant {
        if host == issuer || host == baseDomain { return .none }
        if takesLoopback, HostNames.loopback.contains(host) { return .none }
        guard let baseDomain, host.hasSuffix(".\(baseDomain)") else {
            return DomainName(host)?.text == host && !isOwn(host) ? .domain(host) : .unknown
        }
        let label = host.dropLast(baseDomain.count + 1)
        return label.isEmpty || label.contains(".") ? .unknown : .slug(String(label))
    }

    /// Below the issuer's name nobody is served, whatever somebody may have shown before it was so.
    private func isOwn(_ host: String) -> Bool { host.hasSuffix(".\(issuer)") }

    /// Of the installation itself.
    var own: [String] { [issuer] + [baseDomain].compactMap(\.self) }

    private static let loopback: Set<String> = ["localhost", "127.0.0.1", "[::1]"]

    /// The name in a `Host` field: without port and without the root's dot, in lower case.
    static func name(_ authority: String) -> String {
        var host = authority[...]
        if host.first == "[" {
            if let end = host.firstIndex(of: "]") { host = host[...end] }
        } else if let colon = host.lastIndex(of: ":") {
            host = host[..<colon]
        }
        if host.last == "." { host = host.dropLast() }
        return host.lowercased()
    }
}
