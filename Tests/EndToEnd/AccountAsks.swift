import Testing

/// What accounts do with themselves, for `LostRuleTests`.
struct AccountAsks {
    typealias Ask = LostRuleTests.Ask

    let asks: [Ask]

    /// What wants a sign-in or what a mail holds: `FreshSignInTests`, `AddressTests`,
    /// `PrimaryAddressTests` and `AccountEndTests` ask for it.
    static let operations: Set = [
        "GET /api/v1/me/export", "DELETE /api/v1/me", "POST /api/v1/me/addresses",
        "POST /api/v1/me/addresses/verify", "POST /api/v1/me/addresses/{address}/primary",
        "DELETE /api/v1/me/addresses/{address}", "POST /api/v1/auth/undo-address",
        "POST /verify-address", "POST /undo-address",
    ]

    /// What an account's key does.
    static let sweep: [String: OperationSweepTests.Ask] = [
        "PATCH /api/v1/me": .init(
            target: "/api/v1/me", body: #"{"display_name":"Owner"}"#, isTenants: false),
        "GET /api/v1/me/addresses": .init(target: "/api/v1/me/addresses", isTenants: false),
        "GET /verify-address": .init(target: "/verify-address", isOpen: true, isTenants: false),
        "GET /undo-address": .init(target: "/undo-address", isOpen: true, isTenants: false),
    ]

    init(_ server: PublicServer) async throws {
        let account = try await server.signUp("own@example.com").account
        // However long the others take, it has signed in just now.
        let fields = try await server.cookie(of: account, age: -86_400).fields
        let next = try await server.addVerified("next@example.com", fields)
        let path = "/api/v1/me/addresses"
        _ = try await server.ask("POST", "\(path)/\(next)/primary", fields: fields)
        let undo = try await server.mailbox.mail(to: "own@example.com", "was changed").secret
        let third = try await server.addVerified("third@example.com", fields)
        let spare = try await server.addAddress("spare@example.com", fields)
        _ = try await server.addAddress("last@example.com", fields)
        let verify = try await server.mailbox.mail(to: "last@example.com", "Add this").secret
        func ask(
            _ rule: String, _ method: String, _ target: String, _ body: String? = nil
        ) -> Ask {
            Ask(rule: rule, method: method, target: target, body: body, fields: fields)
        }
        asks = [
            ask("account_changes_profile", "PATCH", "/api/v1/me", #"{"display_name":"Own"}"#),
            ask("account_lists_addresses", "GET", path),
            ask("account_adds_address", "POST", path, #"{"email":"more@example.com"}"#),
            ask(
                "account_verifies_address", "POST", "\(path)/verify", #"{"token":"\#(verify)"}"#),
            ask("account_removes_address", "DELETE", "\(path)/\(spare)"),
            ask("account_chooses_primary", "POST", "\(path)/\(third)/primary"),
            ask(
                "former_address_undoes", "POST", "/api/v1/auth/undo-address",
                #"{"token":"\#(undo)"}"#),
            ask("account_exports_itself", "GET", "/api/v1/me/export"),
            ask("account_deletes_itself", "DELETE", "/api/v1/me"),
        ]
    }
}
