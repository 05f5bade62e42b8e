import Identity
import RegoMachine
import Servers
import Storage
import Testing

/// The link that makes the first administrator.
@Suite struct SetupLinkTests {
    private static let noon: Int64 = 1_700_000_000_000_000_000
    private static let second: Int64 = 1_000_000_000

    private static func microseconds(_ secondsPast: Int64) -> Int64 {
        (noon + secondsPast * second) / 1_000
    }

    /// Links as they are at a time: randomness goes on, whatever the time is.
    private let random = StillHost()

    private func links(secondsPast: Int64 = 0) -> SetupLinks {
        SetupLinks(random.host(now: Self.noon + secondsPast * Self.second))
    }

    private func started(
        _ database: any Database, secondsPast: Int64 = 0
    ) async throws -> SetupLink? {
        let links = links(secondsPast: secondsPast)
        return try await database.transaction(in: .system) { transaction in
            guard case .link(let link) = try await links.offerAtStart(in: transaction) else {
                return nil
            }
            return link
        }
    }

    private func asked(
        _ database: any Database, secondsPast: Int64 = 0
    ) async throws -> SetupLink? {
        let links = links(secondsPast: secondsPast)
        return try await database.transaction(in: .system) { transaction in
            try await links.link(for: "ada@example.com", in: transaction)
        }
    }

    private func isValid(
        _ secret: String, _ database: any Database, secondsPast: Int64 = 0
    ) async throws -> Bool {
        let statement = SetupLinks.finding(secret, now: Self.microseconds(secondsPast))
        return try await database.read(in: .none, [statement])[0].count == 1
    }

    private func redeemed(
        _ secret: String, _ database: any Database, secondsPast: Int64 = 0
    ) async throws -> SetupLinks.Redeemed? {
        let now = Self.microseconds(secondsPast)
        return try await database.transaction(in: .none) { transaction in
            try await SetupLinks.redeem(secret, in: transaction, now: now)
        }
    }

    private func makeAdministrator(_ database: any Database) async throws {
        try await database.transaction(in: .system) { transaction in
            for sql in [
                "INSERT INTO principals VALUES ('usr_1', 'default', 'account', NULL, 0)",
                "INSERT INTO platform_roles VALUES ('usr_1', 'administrator', 0)",
            ] { try await transaction.execute(Statement(sql)) }
        }
    }

    @Test(arguments: IdentityDatabase.all)
    func itIsGoodForOneUse(_ backend: IdentityDatabase) async throws {
        try await backend.with { database in
            let link = try #require(try await self.started(database))
            #expect(try await self.isValid(link.secret, database))
            let found = try await self.redeemed(link.secret, database)
            #expect(found != nil && found?.address == nil)
            #expect(try await self.isValid(link.secret, database) == false)
            #expect(try await self.redeemed(link.secret, database) == nil)
        }
    }

    @Test(arguments: IdentityDatabase.all)
    func otherSecretsAreNoLinks(_ backend: IdentityDatabase) async throws {
        try await backend.with { database in
            let link = try #require(try await self.started(database))
            let others = ["", String(link.secret.dropLast()), link.secret + "0", "'", "%"]
            for secret in others {
                #expect(try await self.isValid(secret, database) == false)
                #expect(try await self.redeemed(secret, database) == nil)
            }
            #expect(try await self.isValid(link.secret, database))
        }
    }

    @Test(arguments: IdentityDatabase.all)
    func itIsGoodForADay(_ backend: IdentityDatabase) async throws {
        try await backend.with { database in
            let link = try #require(try await self.started(database))
            let day: Int64 = 24 * 3_600
            #expect(try await self.isValid(link.secret, database, secondsPast: day - 1))
            #expect(try await self.isValid(link.secret, database, secondsPast: day) == false)
            #expect(try await self.redeemed(link.secret, database, secondsPast: day) == nil)
        }
    }

    @Test(arguments: IdentityDatabase.all)
    func theDatabaseDoesNotHoldItsSecret(_ backend: IdentityDatabase) async throws {
        try await backend.with { database in
            let link = try #require(try await self.started(database))
            let row = try await database.read(
                in: .none, [Statement("SELECT digest, address FROM setup_links")])[0][0]
            let digest = try row.bytes("digest")
            #expect(digest.count == 32 && digest != Array(link.secret.utf8))
            #expect(link.secret.count == 40)
        }
    }

    @Test(arguments: IdentityDatabase.all)
    func aLaterStartRotatesIt(_ backend: IdentityDatabase) async throws {
        try await backend.with { database in
            let first = try #require(try await self.started(database))
            #expect(try await self.started(database, secondsPast: 4) == nil)
            let second = try #require(try await self.started(database, secondsPast: 5))
            #expect(try await self.isValid(first.secret, database, secondsPast: 5) == false)
            #expect(try await self.isValid(second.secret, database, secondsPast: 5))
        }
    }

    @Test(arguments: IdentityDatabase.all)
    func aClockThatWasWrongIsNoHindrance(_ backend: IdentityDatabase) async throws {
        try await backend.with { database in
            _ = try #require(try await self.started(database, secondsPast: 1_000_000))
            let link = try #require(try await self.started(database))
            #expect(try await self.isValid(link.secret, database))
        }
    }

    @Test(arguments: IdentityDatabase.all)
    func anOperatorsLinkReplacesItAtOnce(_ backend: IdentityDatabase) async throws {
        try await backend.with { database in
            let printed = try #require(try await self.started(database))
            let asked = try #require(try await self.asked(database))
            #expect(try await self.isValid(printed.secret, database) == false)
            let again = try #require(try await self.asked(database))
            #expect(try await self.isValid(asked.secret, database) == false)
            let found = try await self.redeemed(again.secret, database)
            #expect(found?.address == "ada@example.com")
        }
    }

    @Test(arguments: IdentityDatabase.all)
    func anAdministratorEndsIt(_ backend: IdentityDatabase) async throws {
        try await backend.with { database in
            let link = try #require(try await self.started(database))
            try await self.makeAdministrator(database)
            #expect(try await self.isValid(link.secret, database) == false)
            #expect(try await self.redeemed(link.secret, database) == nil)
            #expect(try await self.started(database, secondsPast: 100) == nil)
            #expect(try await self.asked(database, secondsPast: 100) == nil)
        }
    }

    @Test(arguments: IdentityDatabase.all)
    func twoNodesAtOnceMakeOne(_ backend: IdentityDatabase) async throws {
        try await backend.with { database in
            for _ in 0..<20 {
                try await database.transaction(in: .system) { transaction in
                    try await transaction.execute(Statement("DELETE FROM setup_links"))
                }
                let made = try await Self.atOnce { try await self.started(database) }
                let link = try #require(made.first)
                #expect(made.count == 1)
                #expect(try await self.isValid(link.secret, database))
            }
        }
    }

    @Test(arguments: IdentityDatabase.all)
    func twoUsesAtOnceAreOne(_ backend: IdentityDatabase) async throws {
        try await backend.with { database in
            for round in 0..<20 {
                let link = try #require(
                    try await self.asked(database, secondsPast: Int64(round)))
                let used = try await Self.atOnce {
                    try await self.redeemed(
                        link.secret, database, secondsPast: Int64(round))
                }
                #expect(used.count == 1)
            }
        }
    }

    @Test func itsSecretIsWhereNoServerSeesIt() async throws {
        try await IdentityDatabase.sqlite.with { database in
            let link = try #require(try await self.started(database))
            let text = link.text(issuer: "https://id.example.com")
            #expect(text == "https://id.example.com/setup#\(link.secret)")
        }
    }

    /// What two that do the same at once are given, where they are given something.
    private static func atOnce<Result: Sendable>(
        _ body: @escaping @Sendable () async throws -> Result?
    ) async throws -> [Result] {
        try await withThrowingTaskGroup(of: Result?.self) { group in
            for _ in 0..<2 { group.addTask { try await patiently(body) } }
            return try await group.reduce(into: []) { found, result in
                if let result { found.append(result) }
            }
        }
    }
}
