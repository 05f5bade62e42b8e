import Identity
import Loopback
import Outbound
import RegoMachine
import Storage
import Testing

/// Somebody who has signed in by the API.
struct SignedIn: Sendable {
    let account: String
    let session: String
    let access: String
    let refresh: String
    let device: String?

    init(_ reply: HTTPReply) throws {
        let json = try reply.json
        account = try #require(json["account"] as? String, "\(reply.body)")
        session = try #require(json["session"] as? String)
        access = try #require(json["access_token"] as? String)
        refresh = try #require(json["refresh_token"] as? String)
        device = json["device_token"] as? String
    }

    var bearer: [String] { ["Authorization: Bearer \(access)"] }
}

/// What a refresh token has given.
struct Refreshed: Sendable, Hashable {
    let access: String
    let refresh: String

    init(_ reply: HTTPReply) throws {
        let json = try reply.json
        access = try #require(json["access_token"] as? String, "\(reply.body)")
        refresh = try #require(json["refresh_token"] as? String)
    }

    var bearer: [String] { ["Authorization: Bearer \(access)"] }

    /// The `jti` of the access token.
    var tokenID: String { get throws { try #require(try claims["jti"]?.text) } }

    /// The `kid` of the key that has signed it.
    var keyID: String { get throws { try #require(try part(0)["kid"]?.text) } }

    var claims: JSON { get throws { try part(1) } }

    private func part(_ index: Int) throws -> JSON {
        let part = try #require(access.split(separator: ".").dropFirst(index).first)
        return try JSON(reading: try Base64.url.decode(Array(part.utf8), padded: false))
    }
}

extension PublicServer {
    static let password = "an unlikely sentence of ours"

    /// Somebody new, by their mail.
    func signUp(
        _ address: String, password: String? = PublicServer.password
    ) async throws -> SignedIn {
        let begun = try await beginSignUp(address, password: password)
        let attempt = try #require(try begun.json["attempt_token"] as? String, "\(begun.body)")
        let secret = try await mailbox.mail(to: address, "Confirm").secret
        return try SignedIn(
            try await ask(
                "POST", "/api/v1/auth/verify",
                #"{"token":"\#(secret)","attempt_token":"\#(attempt)"}"#))
    }

    /// Somebody who has an account, by mail.
    func comeByMail(_ address: String, fields: [String] = []) async throws -> SignedIn {
        let (path, count) = ("/api/v1/auth/magic-link", mailbox.all.count)
        let begun = try await ask("POST", path, #"{"email":"\#(address)"}"#, fields: fields)
        let attempt = try #require(try begun.json["attempt_token"] as? String)
        let code = try await mailbox.mail(to: address, "Sign in", after: count).code
        return try SignedIn(
            try await ask(
                "POST", "\(path)/redeem", #"{"code":"\#(code)","attempt_token":"\#(attempt)"}"#,
                fields: fields))
    }

    func beginSignUp(
        _ address: String, password: String? = PublicServer.password
    ) async throws -> HTTPReply {
        let typed = password.map { #","password":"\#($0)""# } ?? ""
        return try await ask(
            "POST", "/api/v1/auth/sign-up",
            #"{"email":"\#(address)","display_name":"Ada"\#(typed)}"#)
    }

    func signIn(
        _ address: String, password: String = PublicServer.password, device: String? = nil,
        fields: [String] = []
    ) async throws -> HTTPReply {
        let device = device.map { #","device_token":"\#($0)""# } ?? ""
        return try await ask(
            "POST", "/api/v1/auth/sign-in",
            #"{"email":"\#(address)","password":"\#(password)"\#(device)}"#, fields: fields)
    }

    func refresh(_ token: String) async throws -> HTTPReply {
        try await ask(
            "POST", "/oauth2/token", "grant_type=refresh_token&refresh_token=\(token)",
            fields: ["Content-Type: application/x-www-form-urlencoded"])
    }
}

extension PublicServer {
    /// Changes rows, for what takes too long to wait for.
    func edit(_ sql: String) async throws {
        _ = try await database.transaction(in: .system) { transaction in
            try await transaction.execute(Statement(sql))
        }
    }

    /// Makes an account a member of an organization.
    func join(_ account: String, _ organization: String, role: String = "member") async throws {
        let host = RegoMachine.Host.system
        _ = try await database.transaction(in: .organization(organization)) { transaction in
            try await NewMembership(
                organization: organization, principal: account, roleName: role, host: host
            ).insert(in: transaction, now: host.now() / 1_000)
        }
    }
}
