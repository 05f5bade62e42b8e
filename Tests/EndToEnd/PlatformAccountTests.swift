import Foundation
import Identity
import Loopback
import Outbound
import Servers
import Storage
import Testing

/// Accounts of others, in the hands of administrators of the installation.
@Suite struct PlatformAccountTests {
    private static let ada = "ada@example.com"

    private static func status(_ server: PublicServer, _ fields: [String]) async throws -> Int {
        try await server.ask("GET", "/api/v1/me", fields: fields).status
    }

    private static func listed(_ server: PublicServer, _ query: String) async throws -> [String] {
        let reply = try await server.ask(
            "GET", "\(PublicServer.accounts)\(query)", as: server.world.administrator)
        let rows = try reply.json["data"] as? [[String: Any]] ?? []
        return rows.compactMap { $0["email"] as? String }.sorted()
    }

    @Test(arguments: IdentityDatabase.all)
    func whoIsSuspendedIsOutOnEveryNodeWithinASecond(_ backend: IdentityDatabase) async throws {
        try await PublicServer.with(backend) { server in
            let ada = try await server.signUp(Self.ada)
            let cookie = try await server.cookie(of: ada.account)
            let path = "\(PublicServer.accounts)/\(ada.account)"
            try await server.beside { other in
                #expect(try await Self.status(other, ada.bearer) == 200)
                let suspended = try await server.administer("\(path)/suspend")
                #expect(suspended.status == 200, "\(suspended.body)")
                #expect(try suspended.json["status"] as? String == "suspended")
                try await Task.sleep(for: .seconds(1))
                for node in [server, other] {
                    #expect(try await Self.status(node, ada.bearer) == 401)
                    #expect(try await Self.status(node, cookie.fields) == 401)
                }
                #expect(try await other.refresh(ada.refresh).status == 400)
                let right = try await other.signIn(Self.ada)
                let wrong = try await other.signIn(Self.ada, password: "not the one at all")
                #expect(right.status == 401 && wrong.status == 401)
                for name in ["code", "title", "detail"] {
                    let (one, two) = (
                        try right.json[name] as? String, try wrong.json[name] as? String
                    )
                    #expect(one == two)
                }
            }
            #expect(try await server.administer("\(path)/reactivate").status == 200)
            // What has ended stays so; whoever knows the password comes in again.
            #expect(try await Self.status(server, ada.bearer) == 401)
            #expect(try await server.signIn(Self.ada).status == 200)
        }
    }

    @Test func theKeysOfWhoIsSuspendedWaitForThem() async throws {
        try await PublicServer.with(.sqlite) { server in
            let viewer = server.world.acme["viewer"]
            let path = "\(PublicServer.accounts)/\(viewer.account)"
            let organization = "/api/v1/organizations/\(server.world.acme.id)"
            _ = try await server.administer("\(path)/suspend")
            #expect(try await server.ask("GET", organization, as: viewer).status == 404)
            _ = try await server.administer("\(path)/reactivate")
            #expect(try await server.ask("GET", organization, as: viewer).status == 200)
        }
    }

    @Test(arguments: IdentityDatabase.all)
    func theLastAdministratorStays(_ backend: IdentityDatabase) async throws {
        try await PublicServer.with(backend) { server in
            let path = "\(PublicServer.accounts)/\(server.world.administrator.account)"
            let refused = try await server.administer("\(path)/suspend")
            #expect(refused.status == 409, "\(refused.body)")
            #expect(try refused.json["code"] as? String == "last_owner")
            let root = try await server.signUp("root@example.com")
            try await server.change(
                Statement(
                    "INSERT INTO platform_roles VALUES ($1, 'administrator', 0)",
                    [.text(root.account)]))
            let other = "\(PublicServer.accounts)/\(root.account)"
            #expect(try await server.administer("\(other)/suspend").status == 200)
            // Who is suspended administers nothing, and is not counted.
            #expect(try await server.administer("\(path)/suspend").status == 409)
            #expect(try await server.administer("\(other)/reactivate").status == 200)
            #expect(try await server.administer("\(path)/suspend").status == 200)
        }
    }

    @Test(arguments: IdentityDatabase.all)
    func accountsAreFoundByAddressIdAndStatus(_ backend: IdentityDatabase) async throws {
        try await PublicServer.with(backend) { server in
            let owner = server.world.acme.owner.account
            #expect(try await Self.listed(server, "?email=Owner%40ac") == ["owner@acme.test"])
            #expect(
                try await Self.listed(server, "?email=owner%40")
                    == ["owner@acme.test", "owner@bolt.test", "owner@operations.test"])
            for prefix in ["%25", "owner_", "wner"] {
                #expect(try await Self.listed(server, "?email=\(prefix)") == [])
            }
            #expect(try await Self.listed(server, "?id=\(owner)") == ["owner@acme.test"])
            #expect(try await Self.listed(server, "?status=suspended") == [])
            _ = try await server.administer("\(PublicServer.accounts)/\(owner)/suspend")
            #expect(try await Self.listed(server, "?status=suspended") == ["owner@acme.test"])
            let page = try await server.ask(
                "GET", "\(PublicServer.accounts)?limit=2", as: server.world.administrator)
            let cursor = try #require(
                (try page.json["page"] as? [String: Any])?["next_cursor"] as? String)
            #expect(try await Self.listed(server, "?limit=200&cursor=\(cursor)").count == 10)
            let one = try await server.ask(
                "GET", "\(PublicServer.accounts)/\(owner)", as: server.world.administrator)
            #expect(try one.json["organizations"] as? Int == 1)
            let none = "\(PublicServer.accounts)/\(Identifier(.account, .system).text)"
            #expect(
                try await server.ask("GET", none, as: server.world.administrator).status == 404)
        }
    }

    @Test(arguments: IdentityDatabase.all)
    func wrongPasswordsAreForgotten(_ backend: IdentityDatabase) async throws {
        try await PublicServer.with(backend) { server in
            let ada = try await server.signUp(Self.ada)
            let device = try #require(ada.device)
            let path = "\(PublicServer.accounts)/\(ada.account)"
            for known in [device, nil] {
                let wrong = try await server.signIn(
                    Self.ada, password: "not the one at all", device: known)
                #expect(wrong.status == 401)
            }
            let before = try await server.ask("GET", path, as: server.world.administrator)
            #expect(try before.json["sign_in_failures"] as? Int == 1)
            try await server.edit("UPDATE sign_in_lanes SET failures = 100")
            for known in [device, nil] {
                #expect(try await server.signIn(Self.ada, device: known).status == 401)
            }
            let unlocked = try await server.administer("\(path)/unlock")
            #expect(unlocked.status == 200, "\(unlocked.body)")
            #expect(try unlocked.json["sign_in_failures"] as? Int == 0)
            for known in [device, nil] {
                #expect(try await server.signIn(Self.ada, device: known).status == 200)
            }
        }
    }

    @Test(arguments: IdentityDatabase.all)
    func theNumberOfSessionsThatEndIsExact(_ backend: IdentityDatabase) async throws {
        try await PublicServer.with(backend) { server in
            let ada = try await server.signUp(Self.ada)
            let second = try SignedIn(try await server.signIn(Self.ada))
            let path = "\(PublicServer.accounts)/\(ada.account)/sessions"
            let sessions = try await server.ask("GET", path, as: server.world.administrator)
            #expect((try sessions.json["data"] as? [Any])?.count == 2)
            let ended = try await server.administer("\(path)/revoke")
            #expect(ended.body == #"{"revoked":2}"#)
            #expect(try await Self.status(server, second.bearer) == 401)
            #expect(try await server.refresh(second.refresh).status == 400)
            #expect(try await server.administer("\(path)/revoke").body == #"{"revoked":0}"#)

            // Those of the one who asks, but the one by which they ask.
            let account = server.world.administrator.account
            let own = try await server.cookie(of: account)
            let others = [
                try await server.cookie(of: account).fields,
                try await server.comeByMail("owner@operations.test").bearer,
            ]
            // Each look by `administer` has left one.
            let rows = try await server.database.read(
                in: .system,
                [
                    Statement(
                        """
                        SELECT COUNT(*) AS live FROM sessions
                        WHERE revoked_at IS NULL AND account_id = $1
                        """, [.text(account)])
                ])[0]
            let live = try rows[0].integer("live")
            let all = try await server.ask(
                "POST", "\(PublicServer.accounts)/\(account)/sessions/revoke",
                #"{"reason":"lost laptop"}"#, fields: own.fields)
            #expect(all.body == #"{"revoked":\#(live - 1)}"#)
            #expect(try await Self.status(server, own.fields) == 200)
            for fields in others { #expect(try await Self.status(server, fields) == 401) }
        }
    }

    @Test(arguments: IdentityDatabase.all)
    func everybodysSessionsEndAtOnce(_ backend: IdentityDatabase) async throws {
        try await PublicServer.with(backend) { server in
            var bearers: [[String]] = []
            for name in ["ada", "bob", "eve"] {
                bearers.append(try await server.signUp("\(name)@example.com").bearer)
            }
            try await server.beside { [bearers] other in
                let own = try await server.cookie(of: server.world.administrator.account)
                let ended = try await server.ask(
                    "POST", "/api/v1/platform/sessions/revoke", #"{"reason":"a leak"}"#,
                    fields: own.fields)
                #expect(ended.body == #"{"revoked":3}"#)
                try await Task.sleep(for: .seconds(1))
                for bearer in bearers { #expect(try await Self.status(other, bearer) == 401) }
                #expect(try await Self.status(other, own.fields) == 200)
            }
        }
    }

    @Test func othersAndStaleSignInsAndMissingReasonsGetNowhere() async throws {
        try await PublicServer.with(.sqlite) { server in
            let world = server.world
            let path = "\(PublicServer.accounts)/\(world.bolt.owner.account)"
            let reason = #"{"reason":"case 4711"}"#
            let stale = try await server.cookie(of: world.administrator.account, age: 301)
            let owner = try await server.cookie(of: world.acme.owner.account)
            for verb in ["suspend", "reactivate", "unlock", "sessions/revoke"] {
                let target = "\(path)/\(verb)"
                let old = try await server.ask("POST", target, reason, fields: stale.fields)
                #expect(try old.json["code"] as? String == "step_up_required", "\(verb)")
                let key = try await server.ask("POST", target, as: world.administrator, reason)
                #expect(try key.json["code"] as? String == "step_up_required", "\(verb)")
                let other = try await server.ask("POST", target, reason, fields: owner.fields)
                #expect(other.status == 404, "\(verb)")
                for body in ["{}", #"{"reason":""}"#] {
                    #expect(try await server.administer("POST", target, body).status == 422)
                }
            }
            #expect(try await server.ask("GET", path, as: world.acme.owner).status == 404)
            let list = try await server.ask("GET", PublicServer.accounts, as: world.acme.owner)
            #expect(list.status == 403)
        }
    }

    @Test func theRecordHasTheReason() async throws {
        try await PublicServer.leaving(.sqlite) { server in
            let account = server.world.bolt["viewer"].account
            _ = try await server.administer("\(PublicServer.accounts)/\(account)/suspend")
        } look: { database in
            let rows = try await database.read(
                in: .system,
                [
                    Statement(
                        """
                        SELECT resource_id, details FROM audit_entries
                        WHERE action = 'platform:suspend_account' AND outcome = 'allowed'
                        """)
                ])[0]
            #expect(rows.count == 1)
            #expect(try rows.first?.text("details") == #"{"reason":"case 4711","sessions":0}"#)
        }
    }
}
