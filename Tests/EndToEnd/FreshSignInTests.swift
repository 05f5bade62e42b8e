import Identity
import Loopback
import Servers
import Storage
import Testing

/// What is done to the account itself wants a sign-in of the last five minutes.
@Suite struct FreshSignInTests {
    private struct Ask: Sendable {
        let method: String
        let target: String
        var body: String?
        let status: Int
    }

    private func asks(further: String, spare: String) -> [Ask] {
        let addresses = "/api/v1/me/addresses"
        return [
            Ask(
                method: "POST", target: addresses, body: #"{"email":"new@example.com"}"#,
                status: 202),
            Ask(method: "POST", target: "\(addresses)/\(further)/primary", status: 200),
            Ask(method: "DELETE", target: "\(addresses)/\(spare)", status: 204),
            Ask(method: "GET", target: "/api/v1/me/export", status: 200),
            Ask(method: "DELETE", target: "/api/v1/me", status: 204),
        ]
    }

    private func ask(
        _ ask: Ask, _ fields: [String], _ server: PublicServer
    ) async throws -> HTTPReply {
        try await server.ask(ask.method, ask.target, ask.body, fields: fields)
    }

    @Test(arguments: IdentityDatabase.all)
    func anOlderOneIsAskedForAgain(_ backend: IdentityDatabase) async throws {
        try await PublicServer.with(backend) { server in
            let ada = try await server.signUp("ada@example.com")
            let further = try await server.addVerified("further@example.com", ada.bearer)
            let spare = try await server.addAddress("spare@example.com", ada.bearer)
            let old = try await server.cookie(of: ada.account, age: 301)
            let fresh = try await server.cookie(of: ada.account, age: 200)
            for one in asks(further: further, spare: spare) {
                let refused = try await ask(one, old.fields, server)
                #expect(refused.status == 401, "\(one.target): \(refused.body)")
                #expect(try refused.json["code"] as? String == "step_up_required")
                let challenge =
                    #"Bearer error="insufficient_user_authentication", "#
                    + #"acr_values="aal1", max_age="300""#
                #expect(refused.field("www-authenticate") == challenge)
                try await expectRecord(of: refused, server)
            }
            for one in asks(further: further, spare: spare) {
                let allowed = try await ask(one, fresh.fields, server)
                #expect(allowed.status == one.status, "\(one.target): \(allowed.body)")
            }
        }
    }

    private func expectRecord(of reply: HTTPReply, _ server: PublicServer) async throws {
        let decision = try #require(reply.field("x-decision-id"))
        let rows = try await server.database.read(
            in: .system,
            [
                Statement(
                    "SELECT outcome, details FROM audit_entries WHERE decision_id = $1",
                    [.text(decision)])
            ])[0]
        #expect(try rows.first?.text("outcome") == "denied")
        #expect(try rows.first?.text("details").contains("step_up_required") == true)
    }

    /// A sign-in by the API stands in the token that it gives.
    @Test func keysShowNoneAndTokensTheirs() async throws {
        try await PublicServer.with(.sqlite) { server in
            let viewer = server.world.acme["viewer"]
            for target in ["/api/v1/me/export", "/api/v1/me/addresses"] {
                let isExport = target.hasSuffix("export")
                let reply = try await server.ask(
                    isExport ? "GET" : "POST", target, as: viewer,
                    isExport ? nil : #"{"email":"new@example.com"}"#)
                #expect(reply.status == 401)
                #expect(try reply.json["code"] as? String == "step_up_required")
            }
            let gone = try await server.ask("DELETE", "/api/v1/me", as: viewer)
            #expect(gone.status == 401)
            let ada = try await server.signUp("ada@example.com")
            let export = try await server.ask("GET", "/api/v1/me/export", fields: ada.bearer)
            #expect(export.status == 200, "\(export.body)")
        }
    }
}
