import Loopback
import Servers
import Testing

/// Passwords that are made of what people know of whoever chooses them.
@Suite struct PasswordContextTests {
    private static let ada = "ada@example.com"
    /// Of the organization's name, its short name, and the person's own.
    private static let guesses = ["quixotrellis2026", "acmeacmeacmeacme", "adaadaadaadaada"]

    /// Two people, of whom the first belongs to an organization with a name of its own.
    private func people(_ server: PublicServer) async throws -> (ada: SignedIn, eve: SignedIn) {
        let ada = try await server.signUp(Self.ada)
        let eve = try await server.signUp("eve@example.com")
        try await server.join(ada.account, server.world.acme.id)
        try await server.edit(
            "UPDATE organizations SET name = 'Quixotrellis Works' WHERE slug = 'acme'")
        return (ada, eve)
    }

    private func change(
        _ server: PublicServer, _ person: SignedIn, _ password: String
    ) async throws -> HTTPReply {
        try await server.ask(
            "PUT", "/api/v1/me/password",
            #"{"current_password":"\#(PublicServer.password)","new_password":"\#(password)"}"#,
            fields: person.bearer)
    }

    @Test(arguments: IdentityDatabase.all)
    func aChangeTakesNoneOfOnesOrganizations(_ backend: IdentityDatabase) async throws {
        try await PublicServer.with(backend) { server in
            let (ada, eve) = try await people(server)
            for guess in Self.guesses {
                let reply = try await change(server, ada, guess)
                #expect(reply.status == 422, "\(guess)")
                #expect(reply.body.contains("/new_password"))
                #expect(reply.body.contains("is easily guessed"), "\(reply.body)")
            }
            // It is none of a stranger's, who learns nothing of it.
            #expect(try await change(server, eve, Self.guesses[0]).status == 204)
        }
    }

    @Test(arguments: IdentityDatabase.all)
    func aResetTakesNoneOfOnesOrganizations(_ backend: IdentityDatabase) async throws {
        try await PublicServer.with(backend) { server in
            _ = try await people(server)
            let (path, guesses) = ("/api/v1/auth/password", Self.guesses)
            for (address, guesses, status) in [
                (Self.ada, guesses, 422), ("eve@example.com", Array(guesses.prefix(1)), 200),
            ] {
                _ = try await server.ask("POST", "\(path)/forgotten", #"{"email":"\#(address)"}"#)
                let secret = try await server.mailbox.mail(to: address, "Choose a new").secret
                for guess in guesses {
                    let reply = try await server.ask(
                        "POST", "\(path)/reset", #"{"token":"\#(secret)","password":"\#(guess)"}"#)
                    #expect(reply.status == status, "\(guess): \(reply.body)")
                    #expect(reply.body.contains("is easily guessed") == (status == 422))
                }
            }
        }
    }

    @Test func theProductsNameIsNoPassword() async throws {
        try await EmptyInstallation.with(.sqlite) { installation in
            let node = try await ServedNode.start(
                installation, ["--product-name", "Quixotrellis Door"])
            let reply = try await node.client.ask(
                "POST", "/api/v1/auth/sign-up",
                """
                {"email":"\(Self.ada)","display_name":"Ada","password":"\(Self.guesses[0])"}
                """, fields: ["Content-Type: application/json"])
            #expect(reply.status == 422)
            #expect(reply.body.contains("is easily guessed"), "\(reply.body)")
            try await node.end()
        }
    }
}
