import Identity
import Loopback
import Outbound
import RegoMachine
import Servers
import Storage
import Testing

/// Programs that speak for other organizations than their own, and what ends that.
@Suite struct TrustedProgramTests {
    /// What takes a program's standing away, and what gives it back.
    struct Loss: Sendable, CustomTestStringConvertible {
        let testDescription: String
        let sql: String
        let back: String
        var status = 404
    }

    private static let losses = [
        Loss(
            testDescription: "its organization is suspended",
            sql: "UPDATE organizations SET status = 'suspended' WHERE slug = 'operations'",
            back: "UPDATE organizations SET status = 'active' WHERE slug = 'operations'"),
        // A key of an organization that is no more is no key.
        Loss(
            testDescription: "its organization is deleted",
            sql: "UPDATE organizations SET status = 'deleted' WHERE slug = 'operations'",
            back: "UPDATE organizations SET status = 'active' WHERE slug = 'operations'",
            status: 401),
        Loss(
            testDescription: "it is suspended",
            sql: "UPDATE service_accounts SET status = 'suspended' WHERE id = 'PROGRAM'",
            back: "UPDATE service_accounts SET status = 'active' WHERE id = 'PROGRAM'"),
        Loss(
            testDescription: "its membership is suspended",
            sql: "UPDATE memberships SET status = 'suspended' WHERE principal_id = 'PROGRAM'",
            back: "UPDATE memberships SET status = 'active' WHERE principal_id = 'PROGRAM'"),
        Loss(
            testDescription: "its membership is another's",
            sql: "UPDATE memberships SET principal_id = 'OTHER' WHERE principal_id = 'PROGRAM'",
            back: "UPDATE memberships SET principal_id = 'PROGRAM' WHERE principal_id = 'OTHER'"),
    ]

    @Test(arguments: IdentityDatabase.all)
    func whoDoesNotStandAtHomeSpeaksForNobody(_ backend: IdentityDatabase) async throws {
        try await PublicServer.with(backend) { server in
            let program = try await server.makeProgram(
                of: server.world.home, ["tenant:assert", "me:read"])
            let other = try await server.makeAccount()
            func edit(_ sql: String) async throws {
                try await server.edit(
                    sql.replacing("PROGRAM", with: program.account)
                        .replacing("OTHER", with: other))
            }
            let naming = ["X-Tenant-ID: \(server.world.acme.id)"]
            for loss in Self.losses {
                try await edit(loss.sql)
                let refused = try await server.ask(
                    "GET", "/api/v1/me", as: program, fields: naming)
                #expect(refused.status == loss.status, "\(loss): \(refused.body)")
                try await edit(loss.back)
                let reply = try await server.ask(
                    "GET", "/api/v1/me", as: program, fields: naming)
                #expect(reply.status == 200, "\(loss): \(reply.body)")
            }
        }
    }

    /// As an administrator of the installation does it.
    @Test func aSuspensionOfItsOrganizationEndsIt() async throws {
        try await PublicServer.with(.sqlite) { server in
            let program = try await server.makeProgram(
                of: server.world.home, ["tenant:assert", "me:read"])
            let naming = ["X-Tenant-ID: \(server.world.acme.id)"]
            let home = "\(PublicServer.organizations)/\(server.world.home)"
            for (verb, status) in [("suspend", 404), ("reactivate", 200)] {
                let changed = try await server.administer("\(home)/\(verb)")
                #expect(changed.status == 200, "\(changed.body)")
                let reply = try await server.ask(
                    "GET", "/api/v1/me", as: program, fields: naming)
                #expect(reply.status == status, "\(verb): \(reply.body)")
            }
        }
    }
}

extension PublicServer {
    /// A service account with a place in its organization and a key, made behind the server's back.
    func makeProgram(of organization: String, _ scopes: [String]) async throws -> Person {
        let host = RegoMachine.Host.system
        let id = Identifier(.service, host).text
        try await change(
            Statement(
                "INSERT INTO principals VALUES ($1, 'default', 'service', $2, 0)",
                [.text(id), .text(organization)]))
        try await change(
            Statement(
                "INSERT INTO service_accounts VALUES ($1, $2, $1, '', 'active', 1, 0, 0)",
                [.text(id), .text(organization)]))
        try await join(id, organization, role: "viewer")
        let key = APIKey(host)
        try await change(
            key.insertion(
                principal: id, organization: organization, name: "test", scopes: scopes, now: 0))
        return Person(account: id, membership: "", key: key.text)
    }

    /// Somebody who is a member of nothing.
    /// - Returns: Its id.
    fileprivate func makeAccount() async throws -> String {
        let id = Identifier(.account, RegoMachine.Host.system).text
        try await change(
            Statement(
                "INSERT INTO principals VALUES ($1, 'default', 'account', NULL, 0)", [.text(id)]))
        return id
    }
}
