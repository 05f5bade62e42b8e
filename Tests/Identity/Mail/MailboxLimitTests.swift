import Outbound
import RegoMachine
import Servers
import Storage
import Testing

@testable import Identity

/// How many mails an address gets, by who asks for them.
@Suite struct MailboxLimitTests {
    private static let now: Int64 = 1_767_225_600_000_000

    /// Asks for a number of mails.
    /// - Returns: How many there may be.
    private func ask(
        _ count: Int, _ lane: MailboxLimit.Lane, to address: String = "ada@example.com",
        at time: Int64 = now, _ database: any Database
    ) async throws -> Int {
        let address = try #require(MailAddress(address))
        return try await database.transaction(in: .system) { transaction in
            var granted = 0
            for _ in 0..<count {
                let mayMail = try await MailboxLimit.count(
                    Identifier(.addressRequest, .system).text, to: address, in: lane, transaction,
                    now: time)
                if mayMail { granted += 1 }
            }
            return granted
        }
    }

    @Test(arguments: IdentityDatabase.all)
    func aNetworkGetsItsPartAlone(_ backend: IdentityDatabase) async throws {
        try await backend.with { (database) async throws -> Void in
            #expect(try await ask(12, .network("192.0.2.1"), database) == 10)
            #expect(try await ask(1, .network("192.0.2.2"), database) == 1)
            #expect(try await ask(1, .network("192.0.2.1"), to: "bob@example.com", database) == 1)
        }
    }

    @Test(arguments: IdentityDatabase.all)
    func strangersFromManyNetworksFillNoMailbox(_ backend: IdentityDatabase) async throws {
        try await backend.with { (database) async throws -> Void in
            var granted = 0
            for number in 0..<40 {
                granted += try await ask(1, .network("192.0.2.\(number)"), database)
            }
            #expect(granted == 30)
            #expect(try await ask(12, .knownDevice, database) == 10)
            #expect(try await ask(1, .network("198.51.100.1"), database) == 0)
        }
    }

    @Test(arguments: IdentityDatabase.all)
    func knownDevicesTakeNothingFromStrangers(_ backend: IdentityDatabase) async throws {
        try await backend.with { (database) async throws -> Void in
            #expect(try await ask(12, .knownDevice, database) == 10)
            #expect(try await ask(12, .network("192.0.2.1"), database) == 10)
        }
    }

    @Test(arguments: IdentityDatabase.all)
    func oneMailboxIsCountedInWhateverLettersItIsWritten(
        _ backend: IdentityDatabase
    ) async throws {
        try await backend.with { (database) async throws -> Void in
            let lane = MailboxLimit.Lane.network("192.0.2.1")
            #expect(try await ask(10, lane, database) == 10)
            #expect(try await ask(1, lane, to: "Ada@EXAMPLE.com", database) == 0)
        }
    }

    @Test(arguments: IdentityDatabase.all)
    func anHourLaterThereIsRoomAgain(_ backend: IdentityDatabase) async throws {
        try await backend.with { (database) async throws -> Void in
            let lane = MailboxLimit.Lane.network("192.0.2.1")
            let hour = MailboxLimit.seconds * 1_000_000
            #expect(try await ask(10, lane, database) == 10)
            #expect(try await ask(1, lane, at: Self.now + hour - 1, database) == 0)
            #expect(try await ask(12, lane, at: Self.now + hour, database) == 10)
        }
    }
}
