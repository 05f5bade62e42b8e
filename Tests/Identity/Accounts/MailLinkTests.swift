import Cryptography
import Outbound
import RegoMachine
import Servers
import Storage
import Testing

@testable import Identity

/// What a mail holds, as it is given back.
@Suite struct MailLinkTests {
    private static let now: Int64 = 1_767_225_600_000_000

    private func keep(_ database: any Database) async throws -> NewMailLink {
        let host = Host.system
        let sealing = try SealingKeys(activeID: "a", keys: ["a": host.randomBytes(32)])
        let codes = ShortCodes(keys: MessageKeys(keys: sealing), host: host)
        let secret = OpaqueToken(.attempt, host)
        let link = NewMailLink(
            purpose: .signIn, secret: OpaqueToken(.mail, host), code: codes.make(),
            address: try #require(MailAddress("ada@example.com")),
            attempt: Attempt(
                id: secret.id, digest: secret.digest, organization: "org_1",
                returnTo: "/account?a=\"b\"",
                evidence: [Evidence(.password, of: "usr_1", at: Self.now)], expiresAt: Self.now))
        let statement = link.insertion(codes, now: Self.now)
        _ = try await database.transaction(in: .none) { try await $0.execute(statement) }
        return link
    }

    private func use(
        _ link: NewMailLink, typed: Bool, _ database: any Database
    ) async throws -> Bool {
        try await database.transaction(in: .none) { transaction in
            try await MailLinks.use(
                link.secret.id, typed: typed, in: transaction, now: Self.now)
        }
    }

    /// However many looked at the code before the fifth wrong one was counted.
    @Test(arguments: IdentityDatabase.all)
    func afterFiveWrongCodesTheRightOneIsOfNoUse(_ backend: IdentityDatabase) async throws {
        try await backend.with { database in
            let link = try await keep(database)
            for _ in 0..<ShortCodes.wrongMax {
                _ = try await database.transaction(in: .none) { transaction in
                    try await transaction.execute(MailLinks.countWrongCode(link.secret.id))
                }
            }
            #expect(try await use(link, typed: true, database) == false)
            #expect(try await use(link, typed: false, database))
            #expect(try await use(link, typed: false, database) == false)
        }
    }

    @Test(arguments: IdentityDatabase.all)
    func itCarriesItsAttempt(_ backend: IdentityDatabase) async throws {
        try await backend.with { database in
            let link = try await keep(database)
            let rows = try await database.read(
                in: .none, [MailLinks.finding(link.secret, .signIn, now: Self.now)])[0]
            #expect(try MailLinks.Found(rows)?.attempt == link.attempt)
        }
    }

    /// That of a row which another version has left is none.
    @Test func anOldRowHasNone() async throws {
        try await IdentityDatabase.sqlite.with { database in
            let link = try await keep(database)
            for text in ["NULL", "''", "'{}'", "'{\"digest\":\"zz\"}'"] {
                _ = try await database.transaction(in: .none) { transaction in
                    try await transaction.execute(
                        Statement("UPDATE mail_links SET attempt = \(text)"))
                }
                let rows = try await database.read(
                    in: .none, [MailLinks.finding(link.secret, .signIn, now: Self.now)])[0]
                let found = try #require(try MailLinks.Found(rows))
                #expect(found.attempt == nil)
            }
        }
    }
}
