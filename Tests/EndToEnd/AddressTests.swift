import Identity
import Loopback
import Servers
import Storage
import Testing

/// Further addresses of an account.
@Suite struct AddressTests {
    private static let ada = "ada@example.com"
    private static let path = "/api/v1/me/addresses"
    private static let new = "new@example.com"

    private func verify(
        _ token: String, _ fields: [String], _ server: PublicServer
    ) async throws -> HTTPReply {
        try await server.ask(
            "POST", "\(Self.path)/verify", #"{"token":"\#(token)"}"#, fields: fields)
    }

    @Test(arguments: IdentityDatabase.all)
    func anAddressIsTheirsOnceTheMailWasAnswered(_ backend: IdentityDatabase) async throws {
        try await PublicServer.with(backend) { server in
            let ada = try await server.signUp(Self.ada)
            let added = try await server.ask(
                "POST", Self.path, #"{"email":"\#(Self.new)"}"#, fields: ada.bearer)
            #expect(added.status == 202, "\(added.body)")
            #expect(try added.json["verified"] as? Bool == false)
            #expect(try await server.signIn(Self.new).status == 401)
            let secret = try await server.mailbox.mail(to: Self.new, "Add this address").secret
            let verified = try await verify(secret, ada.bearer, server)
            #expect(verified.status == 200, "\(verified.body)")
            #expect(try verified.json["verified"] as? Bool == true)
            #expect(try verified.json["primary"] as? Bool == false)
            #expect(try await server.signIn(Self.new).status == 200)
            let notice = try await server.mailbox.mail(to: Self.ada, "Security alert")
            #expect(notice.text.contains(Self.new))
            #expect(try await verify(secret, ada.bearer, server).status == 404)
            let again = try await server.ask(
                "POST", Self.path, #"{"email":"NEW@example.com"}"#, fields: ada.bearer)
            #expect(again.status == 409)
            let list = try await server.ask("GET", Self.path, fields: ada.bearer)
            #expect(try (list.json["data"] as? [Any])?.count == 2)
        }
    }

    @Test func aMailIsGoodForItsReaderInItsTimeAlone() async throws {
        try await PublicServer.with(.sqlite) { server in
            let ada = try await server.signUp(Self.ada)
            let bob = try await server.signUp("bob@example.com")
            _ = try await server.addAddress(Self.new, ada.bearer)
            let secret = try await server.mailbox.mail(to: Self.new, "Add this address").secret
            #expect(try await verify(secret, bob.bearer, server).status == 404)
            #expect(try await verify(secret, [], server).status == 401)
            #expect(try await verify("osm_x", ada.bearer, server).status == 404)
            try await server.change(Statement("UPDATE mail_links SET expires_at = 1"))
            #expect(try await verify(secret, ada.bearer, server).status == 404)
        }
    }

    /// Of two mails the last one is good.
    @Test func whoAsksAgainGetsAnotherMail() async throws {
        try await PublicServer.with(.sqlite) { server in
            let ada = try await server.signUp(Self.ada)
            let id = try await server.addAddress(Self.new, ada.bearer)
            let first = try await server.mailbox.mail(to: Self.new, "Add this address").secret
            #expect(try await server.addAddress(Self.new, ada.bearer) == id)
            #expect(try await verify(first, ada.bearer, server).status == 404)
        }
    }

    @Test func nobodyFillsAnothersMailbox() async throws {
        try await PublicServer.with(.sqlite) { server in
            let ada = try await server.signUp(Self.ada)
            for _ in 1...12 {
                let id = try await server.addAddress(Self.new, ada.bearer)
                let gone = try await server.ask(
                    "DELETE", "\(Self.path)/\(id)", fields: ada.bearer)
                #expect(gone.status == 204, "\(id)")
            }
            let links = try await server.database.read(
                in: .system,
                [
                    Statement(
                        "SELECT id FROM mail_links WHERE address_key = $1", [.text(Self.new)])
                ])[0]
            #expect(links.count == 10)
        }
    }

    @Test(arguments: IdentityDatabase.all)
    func nobodyLearnsWhoseAnAddressIs(_ backend: IdentityDatabase) async throws {
        try await PublicServer.with(backend) { server in
            _ = try await server.signUp("bob@example.com")
            let ada = try await server.signUp(Self.ada)
            var replies: [HTTPReply] = []
            for address in ["bob@example.com", Self.new] {
                replies.append(
                    try await server.ask(
                        "POST", Self.path, #"{"email":"\#(address)"}"#, fields: ada.bearer))
            }
            #expect(replies.map(\.status) == [202, 202])
            #expect(try Set(replies[0].json.keys) == Set(replies[1].json.keys))
            let notice = try await server.mailbox.mail(to: "bob@example.com", "named your address")
            for word in [Self.ada, "Ada", "127.0.0.1", "osm_"] {
                #expect(!notice.text.contains(word), "\(notice.text)")
            }
            let list = try await server.ask("GET", Self.path, fields: ada.bearer)
            #expect(list.body.contains(#""verified":false"#))
        }
    }

    @Test(arguments: IdentityDatabase.all)
    func anAddressThatWasTakenMeanwhileIsAnothers(_ backend: IdentityDatabase) async throws {
        try await PublicServer.with(backend) { server in
            let ada = try await server.signUp(Self.ada)
            _ = try await server.addAddress(Self.new, ada.bearer)
            let secret = try await server.mailbox.mail(to: Self.new, "Add this address").secret
            _ = try await server.signUp(Self.new)
            let late = try await verify(secret, ada.bearer, server)
            #expect(late.status == 409, "\(late.body)")
            let list = try await server.ask("GET", Self.path, fields: ada.bearer)
            #expect(list.body.contains(#""verified":false"#))
        }
    }

    @Test func addressesOfOthersAreNotThere() async throws {
        try await PublicServer.with(.sqlite) { server in
            let ada = try await server.signUp(Self.ada)
            let bob = try await server.signUp("bob@example.com")
            let id = try await server.addVerified(Self.new, bob.bearer)
            for (method, target) in [("DELETE", id), ("POST", "\(id)/primary")] {
                let reply = try await server.ask(
                    method, "\(Self.path)/\(target)", fields: ada.bearer)
                #expect(reply.status == 404, "\(method): \(reply.body)")
            }
        }
    }

    @Test(arguments: IdentityDatabase.all)
    func whatLetsTheOwnerInStays(_ backend: IdentityDatabase) async throws {
        try await PublicServer.with(backend) { server in
            let ada = try await server.signUp(Self.ada)
            let waiting = try await server.addAddress(Self.new, ada.bearer)
            let list = try await server.ask("GET", Self.path, fields: ada.bearer)
            let first = try #require((try list.json["data"] as? [[String: Any]])?.first?["id"])
            let primary = try await server.ask(
                "DELETE", "\(Self.path)/\(first)", fields: ada.bearer)
            #expect(primary.status == 403)
            #expect(try (primary.json["detail"] as? String)?.contains("primary") == true)
            let unverified = try await server.ask(
                "POST", "\(Self.path)/\(waiting)/primary", fields: ada.bearer)
            #expect(unverified.status == 403)
            let secret = try await server.mailbox.mail(to: Self.new, "Add this address").secret
            let gone = try await server.ask(
                "DELETE", "\(Self.path)/\(waiting)", fields: ada.bearer)
            #expect(gone.status == 204)
            #expect(try await verify(secret, ada.bearer, server).status == 404)
        }
    }

    @Test func theEleventhAddressIsRefused() async throws {
        try await PublicServer.with(.sqlite) { server in
            let ada = try await server.signUp(Self.ada)
            for number in 1...9 {
                let id = try await server.addAddress("n\(number)@example.com", ada.bearer)
                #expect(id.hasPrefix("adr_"), "\(id)")
            }
            let reply = try await server.ask(
                "POST", Self.path, #"{"email":"\#(Self.new)"}"#, fields: ada.bearer)
            #expect(reply.status == 403)
            #expect(try (reply.json["detail"] as? String)?.contains("at most 10") == true)
        }
    }

    @Test func aMailLeadsToAPageForWhoeverIsSignedIn() async throws {
        try await PublicServer.with(.sqlite) { server in
            let ada = try await server.signUp(Self.ada)
            _ = try await server.addAddress(Self.new, ada.bearer)
            let mail = try await server.mailbox.mail(to: Self.new, "Add this address")
            #expect(mail.text.contains("/verify-address#osm_"))
            let browser = Browser(server)
            let early = try await browser.submit("/verify-address", "token=\(try mail.secret)")
            #expect(early.status == 401)
            #expect(early.body.contains("Sign in first"))
            let session = try await server.cookie(of: ada.account, age: 4_000)
            let pair = try #require(session.fields.last?.split(separator: "=").last)
            browser["ostiary_session"] = String(pair)
            let done = try await browser.submit("/verify-address", "token=\(try mail.secret)")
            #expect(done.status == 200, "\(done.body)")
            #expect(done.body.contains(Self.new))
        }
    }
}
