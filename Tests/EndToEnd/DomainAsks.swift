import Loopback
import Testing

/// What is asked about domains, for `LostRuleTests` and `OperationSweepTests`.
struct DomainAsks {
    typealias Ask = LostRuleTests.Ask

    let asks: [Ask]

    init(_ server: PublicServer) async throws {
        let (acme, all) = (server.world.acme, server.domains(of: server.world.acme))
        let domain = try await server.nameDomain("login.acme.test", at: acme)
        server.names.publish([domain.value], at: domain.place)
        let verify = "\(all)/\(domain.id)/verify"
        asks = [
            Ask(rule: "role_reads_domains", method: "GET", target: all, person: acme["admin"]),
            Ask(rule: "role_keeps_domains", method: "POST", target: verify, person: acme.owner),
            Ask(
                rule: "record_proves_domain", method: "POST", target: verify, person: acme.owner,
                refusals: [409]),
        ]
    }

    static func sweep(_ world: World, domain: String) -> [String: OperationSweepTests.Ask] {
        let own = "/api/v1/organizations/\(world.acme.id)/domains"
        let path = "/api/v1/organizations/{organization}/domains"
        return [
            "GET \(path)": .init(target: own),
            "POST \(path)": .init(target: own, body: #"{"name":"www.acme.test"}"#),
            "GET \(path)/{domain}": .init(target: "\(own)/\(domain)"),
            "POST \(path)/{domain}/verify": .init(target: "\(own)/\(domain)/verify"),
            "DELETE \(path)/{domain}": .init(target: "\(own)/\(domain)"),
        ]
    }
}

/// A domain that an organization has named.
struct NamedDomain: Sendable {
    let id: String
    let name: String
    /// Where its record is to be, and what that is to hold.
    let place: String
    let value: String
}

extension PublicServer {
    func domains(of tenant: World.Tenant) -> String {
        "/api/v1/organizations/\(tenant.id)/domains"
    }

    /// Names a domain, in an organization that is entitled to it.
    func nameDomain(_ name: String, at tenant: World.Tenant) async throws -> NamedDomain {
        try await edit("UPDATE organizations SET tier = 'enterprise' WHERE id = '\(tenant.id)'")
        let reply = try await ask(
            "POST", domains(of: tenant), as: tenant.owner, #"{"name":"\#(name)"}"#)
        try #require(reply.status == 201, "\(reply.body)")
        let json = try reply.json
        let challenge = try #require(json["challenge"] as? [String: String])
        return NamedDomain(
            id: try #require(json["id"] as? String), name: name,
            place: try #require(challenge["name"]), value: try #require(challenge["value"]))
    }

    /// Looks whether the record is there.
    func verify(_ domain: NamedDomain, at tenant: World.Tenant) async throws -> HTTPReply {
        try await ask("POST", "\(domains(of: tenant))/\(domain.id)/verify", as: tenant.owner)
    }

    /// Names a domain, publishes its record and verifies it.
    func serveDomain(_ name: String, at tenant: World.Tenant) async throws -> NamedDomain {
        let domain = try await nameDomain(name, at: tenant)
        names.publish([domain.value], at: domain.place)
        let reply = try await verify(domain, at: tenant)
        try #require(reply.status == 200, "\(reply.body)")
        return domain
    }
}
