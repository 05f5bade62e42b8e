import Foundation
import Identity
import Loopback
import Outbound
import RegoMachine
import Storage
import Testing

/// A key that a test has made.
struct MadeKey: Sendable {
    let id: String
    /// As its owner asks with it.
    let person: Person

    var text: String { person.key }
    /// What only its owner knows.
    var secret: Substring { person.key.split(separator: "_").last ?? "" }
}

extension PublicServer {
    /// Of acme.
    var keys: String { "/api/v1/organizations/\(world.acme.id)/keys" }

    /// Of acme, made by its owner.
    /// - Returns: Its id.
    func makeServiceAccount(role: String) async throws -> String {
        let machines = "/api/v1/organizations/\(world.acme.id)/service-accounts"
        let name = UUID().uuidString
        let reply = try await ask(
            "POST", machines, as: world.acme.owner, #"{"name":"\#(name)","role":"\#(role)"}"#)
        try #require(reply.status == 201, "\(reply.body)")
        return try #require(try reply.json["id"] as? String)
    }

    /// A key of acme.
    /// - Parameter account: The service account whose it is to be; `nil`: the person's own.
    func makeKey(
        as person: Person, scopes: [String] = ["*"], for account: String? = nil,
        expiresAt: String? = nil
    ) async throws -> MadeKey {
        let reply = try await askForKey(
            as: person, scopes: scopes, for: account, expiresAt: expiresAt)
        try #require(reply.status == 201, "\(reply.body)")
        return try made(reply, account ?? person.account)
    }

    func askForKey(
        as person: Person, scopes: [String], for account: String? = nil, expiresAt: String? = nil
    ) async throws -> HTTPReply {
        let listed = scopes.map { "\"\($0)\"" }.joined(separator: ",")
        let owner = account.map { #","service_account":"\#($0)""# } ?? ""
        let expiry = expiresAt.map { #","expires_at":"\#($0)""# } ?? ""
        return try await ask(
            "POST", keys, as: person, #"{"name":"made","scopes":[\#(listed)]\#(owner)\#(expiry)}"#)
    }

    /// The same key with another secret.
    func rotate(
        _ key: MadeKey, as person: Person, overlap: Int64? = nil
    ) async throws -> MadeKey {
        let body = overlap.map { #"{"overlap_seconds":\#($0)}"# } ?? "{}"
        let reply = try await ask("POST", "\(keys)/\(key.id)/rotate", as: person, body)
        try #require(reply.status == 200, "\(reply.body)")
        return try made(reply, key.person.account)
    }

    private func made(_ reply: HTTPReply, _ account: String) throws -> MadeKey {
        let text = try #require(try reply.json["api_key"] as? String)
        let id = try #require(try reply.json["id"] as? String)
        return MadeKey(id: id, person: Person(account: account, membership: "", key: text))
    }

    /// The same person with a key that was made behind the server's back, and does all they may.
    func withKey(_ person: Person, in organization: String) async throws -> Person {
        let key = APIKey(RegoMachine.Host.system)
        _ = try await database.transaction(in: .organization(organization)) { transaction in
            try await transaction.execute(
                key.insertion(
                    principal: person.account, organization: organization, name: "test",
                    scopes: APIKey.allScopes, now: 0))
        }
        return Person(account: person.account, membership: person.membership, key: key.text)
    }

    /// Changes the row of a key.
    func set(_ assignment: String, of key: MadeKey) async throws {
        _ = try await database.transaction(in: .system) { transaction in
            try await transaction.execute(
                Statement("UPDATE api_keys SET \(assignment) WHERE id = $1", [.text(key.id)]))
        }
    }

    /// The status of a read of acme, which everybody there may do.
    func status(of key: MadeKey) async throws -> Int {
        try await ask("GET", "/api/v1/organizations/\(world.acme.id)", as: key.person).status
    }
}
