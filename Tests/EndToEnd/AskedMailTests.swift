import Identity
import Loopback
import Outbound
import RegoMachine
import Servers
import Storage
import Testing

/// Mails that anybody can ask for who knows an address: how many, and what they say.
@Suite struct AskedMailTests {
    private static let ada = "ada@example.com"
    private static let signIn = "/api/v1/auth/magic-link"
    private static let reset = "/api/v1/auth/password/forgotten"

    private func ask(
        _ server: PublicServer, _ path: String, device: String? = nil, fields: [String] = []
    ) async throws -> HTTPReply {
        let device = device.map { #","device_token":"\#($0)""# } ?? ""
        let reply = try await server.ask(
            "POST", path, #"{"email":"\#(Self.ada)"\#(device)}"#, fields: fields)
        #expect(reply.status == 202, "\(reply.body)")
        return reply
    }

    /// Strangers have got all the mails of this hour.
    private func useUp(_ server: PublicServer) async throws {
        let now = RegoMachine.Host.system.now() / 1_000
        for number in 0..<30 {
            try await server.edit(
                """
                INSERT INTO asked_mails (id, address_key, network, asked_at)
                VALUES ('arq_\(number)', '\(Self.ada)', '192.0.2.\(number % 3)', \(now))
                """)
        }
    }

    private func networks(_ server: PublicServer) async throws -> [String?] {
        let rows = try await server.database.read(
            in: .system, [Statement("SELECT network FROM asked_mails ORDER BY id")])[0]
        return try rows.map { try $0.text(orNull: "network") }
    }

    @Test(arguments: IdentityDatabase.all)
    func strangersUseUpNoMailsOfKnownDevices(_ backend: IdentityDatabase) async throws {
        try await PublicServer.with(backend) { server in
            let (ada, eve) = (
                try await server.signUp(Self.ada), try await server.signUp("eve@example.com")
            )
            let (device, others) = (try #require(ada.device), try #require(eve.device))
            try await useUp(server)
            for path in [Self.signIn, Self.reset] {
                _ = try await ask(server, path)
                // A device of somebody else's is as none.
                _ = try await ask(server, path, device: others)
            }
            _ = try await ask(server, Self.reset, device: device)
            _ = try await server.mailbox.mail(to: Self.ada, "Choose a new password")
            let begun = try await ask(server, Self.signIn, device: device)
            let attempt = try #require(try begun.json["attempt_token"] as? String)
            let code = try await server.mailbox.mail(to: Self.ada, "Sign in").code
            let mails = server.mailbox.all.filter { $0.recipient.text == Self.ada }
            for words in ["Sign in", "Choose a new"] {
                let found = mails.filter { $0.subject.contains(words) }
                #expect(found.count == 1, "\(mails.map(\.subject))")
            }
            let entered = try await server.ask(
                "POST", "\(Self.signIn)/redeem",
                #"{"code":"\#(code)","attempt_token":"\#(attempt)"}"#)
            #expect(entered.status == 200, "\(entered.body)")
        }
    }

    /// How many mails are left for an address says nothing of whose it is.
    @Test func whatIsLeftTellsNothing() async throws {
        try await PublicServer.with(.sqlite) { server in
            let eve = try await server.signUp("eve@example.com")
            _ = try await server.signUp(Self.ada)
            try await server.edit("DELETE FROM asked_mails")
            var kept: [Int] = []
            for address in [Self.ada, "nobody@example.com"] {
                for _ in 0..<10 {
                    let reply = try await server.ask(
                        "POST", Self.reset, #"{"email":"\#(address)"}"#)
                    #expect(reply.status == 202)
                }
                try await wait(server, for: address, 10)
                _ = try await server.addAddress(address, eve.bearer)
                let rows = try await server.database.read(
                    in: .system,
                    [
                        Statement(
                            "SELECT id FROM mail_links WHERE account_id = $1 AND address_key = $2",
                            [.text(eve.account), .text(address)])
                    ])[0]
                kept.append(rows.count)
            }
            #expect(kept == [0, 0])
        }
    }

    /// Until a worker has counted so many.
    private func wait(_ server: PublicServer, for address: String, _ count: Int) async throws {
        for _ in 0..<500 {
            let rows = try await server.database.read(
                in: .system,
                [
                    Statement(
                        "SELECT id FROM asked_mails WHERE address_key = $1", [.text(address)])
                ])[0]
            if rows.count >= count { return }
            try await Task.sleep(for: .milliseconds(20))
        }
        throw ServerFault(message: "the mails to \(address) were not counted")
    }

    /// A browser shows its cookie by itself.
    @Test func aKnownBrowserHasMailsOfItsOwn() async throws {
        try await PublicServer.with(.sqlite) { server in
            let ada = try await server.signUp(Self.ada)
            let device = try #require(ada.device)
            try await useUp(server)
            let browser = Browser(server)
            browser["ostiary_device"] = device
            _ = try await browser.submit("/sign-in/mail", "email=ada%40example.com")
            _ = try await server.mailbox.mail(to: Self.ada, "Sign in")
        }
    }

    @Test func strangersAreCountedByTheirNetwork() async throws {
        try await PublicServer.with(.sqlite) { server in
            let ada = try await server.signUp(Self.ada)
            let device = try #require(ada.device)
            let before = try await networks(server)
            #expect(before == ["127.0.0.1"])
            _ = try await ask(server, Self.signIn, device: device)
            _ = try await server.mailbox.mail(to: Self.ada, "Sign in")
            let after = try await networks(server)
            #expect(after == ["127.0.0.1", nil])
        }
    }

    /// Mail programs make a link of what looks like one.
    @Test(arguments: [signIn, reset])
    func whoAsksLeadsNobodyElsewhere(_ path: String) async throws {
        try await PublicServer.with(.sqlite) { server in
            _ = try await server.signUp(Self.ada)
            _ = try await ask(
                server, path, fields: ["User-Agent: https://evil.example/confirm-now"])
            let mail = try await server.mailbox.mail(
                to: Self.ada, path == Self.signIn ? "Sign in" : "Choose a new password")
            #expect(!mail.text.contains("evil") && !mail.html.contains("evil"))
            #expect(mail.text.contains("An unknown program"))
        }
    }
}
