import Identity
import Loopback
import Servers
import Testing

/// What an organization learns of access tokens: of its members', as long as they are that.
@Suite struct IntrospectionTests {
    private static let ada = "ada@example.com"

    private static func introspect(
        _ token: String, as person: Person, _ server: PublicServer
    ) async throws -> HTTPReply {
        try await server.ask(
            "POST", "/oauth2/introspect", as: person, "token=\(token)",
            fields: ["Content-Type: application/x-www-form-urlencoded"])
    }

    private static func isActive(
        _ token: String, as person: Person, _ server: PublicServer
    ) async throws -> Bool {
        try await introspect(token, as: person, server).json["active"] as? Bool ?? false
    }

    @Test(arguments: IdentityDatabase.all)
    func aTokenOfNoOrganizationConcernsThoseOfItsSubject(
        _ backend: IdentityDatabase
    ) async throws {
        try await PublicServer.with(backend) { server in
            let (acme, bolt) = (server.world.acme, server.world.bolt)
            let ada = try await server.signUp(Self.ada)
            let stranger = try await Self.introspect(ada.access, as: acme["admin"], server)
            #expect(stranger.body == #"{"active":false}"#)
            try await server.join(ada.account, acme.id)
            let member = try await Self.introspect(ada.access, as: acme["admin"], server)
            let answer = try member.json
            #expect(answer["active"] as? Bool == true, "\(member.body)")
            #expect(answer["sub"] as? String == ada.account)
            let methods = answer["amr"] as? [String] ?? []
            #expect(methods.contains("otp"), "\(member.body)")
            #expect(answer["org"] == nil)
            let foreign = try await Self.introspect(ada.access, as: bolt["admin"], server)
            #expect(foreign.body == #"{"active":false}"#)
            try await server.edit(
                """
                UPDATE memberships SET status = 'suspended'
                WHERE principal_id = '\(ada.account)'
                """)
            let isActive = try await Self.isActive(ada.access, as: acme["admin"], server)
            #expect(!isActive)
        }
    }

    @Test(arguments: IdentityDatabase.all)
    func aTokenIsActiveWhileItsSubjectIsAMember(_ backend: IdentityDatabase) async throws {
        try await PublicServer.with(backend) { server in
            let admin = server.world.acme["admin"]
            let ada = try await server.signUp(Self.ada)
            try await server.join(ada.account, server.world.acme.id)
            let bound = try SignedIn(
                try await server.ask(
                    "POST", "/api/v1/auth/sign-in",
                    """
                    {"email":"\(Self.ada)","password":"\(PublicServer.password)",
                    "organization":"\(server.world.acme.id)"}
                    """))
            let answer = try await Self.introspect(bound.access, as: admin, server).json
            #expect(answer["active"] as? Bool == true)
            #expect(answer["amr"] as? [String] == ["pwd"])
            for status in ["suspended", "active"] {
                try await server.edit(
                    """
                    UPDATE memberships SET status = '\(status)'
                    WHERE principal_id = '\(ada.account)'
                    """)
                let isActive = try await Self.isActive(bound.access, as: admin, server)
                #expect(isActive == (status == "active"), "\(status)")
            }
            // Behind the server's back: no session has ended by it.
            try await server.edit(
                """
                DELETE FROM membership_roles WHERE membership_id IN (
                    SELECT id FROM memberships WHERE principal_id = '\(ada.account)')
                """)
            try await server.edit("DELETE FROM memberships WHERE principal_id = '\(ada.account)'")
            let isActive = try await Self.isActive(bound.access, as: admin, server)
            #expect(!isActive)
        }
    }
}
