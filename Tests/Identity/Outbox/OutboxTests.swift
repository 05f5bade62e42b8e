import Cryptography
import RegoMachine
import Servers
import Storage
import Synchronization
import Testing

@testable import Identity

/// A clock that a test moves, and what mails meet.
final class OutboxBench: Sendable {
    private let microseconds = Atomic<Int64>(1_700_000_000_000_000)
    private let outcomes = Mutex<[String: MailOutcome]>([:])
    private let sent = Mutex<[Mail]>([])
    private let still = StillHost()
    let keys: SealingKeys

    init() throws {
        keys = try SealingKeys(activeID: "k", keys: ["k": [UInt8](repeating: 1, count: 32)])
    }

    var host: RegoMachine.Host {
        var host = still.host()
        host.now = { self.microseconds.load(ordering: .relaxed) * 1_000 }
        return host
    }

    var now: Int64 { microseconds.load(ordering: .relaxed) }
    func wait(seconds: Int64) { microseconds.add(seconds * 1_000_000, ordering: .relaxed) }

    var outbox: Outbox { Outbox(keys: keys, host: host, product: "Ostiary") }

    /// Recipients of what was sent, in order.
    var recipients: [String] { sent.withLock { $0.map(\.recipient.text) } }
    var mails: [Mail] { sent.withLock { $0 } }

    /// What mails to a recipient meet from now on; they are taken otherwise.
    func answer(_ recipient: String, _ outcome: MailOutcome) {
        outcomes.withLock { $0[recipient] = outcome }
    }

    /// A sender that answers as it was told.
    struct Sender: MailSender {
        let bench: OutboxBench

        func send(_ mail: Mail) async -> MailOutcome {
            bench.sent.withLock { $0.append(mail) }
            return bench.outcomes.withLock { $0[mail.recipient.text] } ?? .accepted
        }
    }

    func delivery(
        owner: String = "node", sender: (any MailSender)? = nil
    ) -> OutboxDelivery {
        OutboxDelivery(
            outbox, sender: sender ?? Sender(bench: self), owner: owner,
            sleep: { _ in try await Task.sleep(for: .seconds(3_600)) })
    }

    @discardableResult
    func append(
        _ recipient: String, of organization: String? = "org_a", in database: any Database,
        scope: Scope? = nil
    ) async throws -> String {
        let outbox = outbox
        let address = try #require(MailAddress(recipient))
        let own = organization.map { Scope.organization($0) } ?? .none
        return try await database.transaction(in: scope ?? own) { transaction in
            try await outbox.append(
                VerifyEmailMail(link: "https://door.test/#secret", code: "", validMinutes: 60),
                to: address, organization: organization, in: transaction)
        }
    }
}

/// Messages from the transaction that causes them to their end.
@Suite struct OutboxTests {
    private func bench(
        _ backend: IdentityDatabase, _ body: (any Database, OutboxBench) async throws -> Void
    ) async throws {
        let bench = try OutboxBench()
        try await backend.with { try await body($0, bench) }
    }

    private func rows(_ database: any Database, _ columns: String) async throws -> [Row] {
        try await database.read(
            in: .system, [Statement("SELECT \(columns) FROM messages ORDER BY id")])[0]
    }

    private func statuses(_ database: any Database) async throws -> [String] {
        try await rows(database, "status").map { try $0.text("status") }
    }

    @Test(arguments: IdentityDatabase.all)
    func aMessageIsSentOnceUnderItsId(_ backend: IdentityDatabase) async throws {
        try await bench(backend) { database, bench in
            let id = try await bench.append("ann@a.test", in: database)
            for _ in 0..<2 { try await bench.delivery().deliverDue(database) }
            #expect(bench.mails.map(\.id) == [id] && id.hasPrefix("msg_"))
            #expect(bench.mails[0].subject == "Confirm your address for Ostiary")
            #expect(bench.mails[0].text.contains("https://door.test/#secret"))
            #expect(try await self.statuses(database) == ["delivered"])
        }
    }

    @Test(arguments: IdentityDatabase.all)
    func whatIsUndoneIsNotSent(_ backend: IdentityDatabase) async throws {
        struct Refusal: Error {}
        try await bench(backend) { database, bench in
            let outbox = bench.outbox
            await #expect(throws: Refusal.self) {
                try await database.transaction(in: .none) { transaction in
                    try await outbox.append(
                        FirstAdministratorMail(link: "https://door.test", validMinutes: 1),
                        to: MailAddress("ann@a.test")!, organization: nil, in: transaction)
                    throw Refusal()
                }
            }
            try await bench.delivery().deliverDue(database)
            #expect(bench.mails.isEmpty)
        }
    }

    @Test(arguments: IdentityDatabase.all)
    func noRowHoldsTheLinkInClearNorAnyOnceDelivered(_ backend: IdentityDatabase) async throws {
        try await bench(backend) { database, bench in
            try await bench.append("ann@a.test", in: database)
            let sealed = try await self.rows(database, "*")[0]
            for value in sealed.values {
                if case .bytes(let bytes) = value {
                    #expect(!String(decoding: bytes, as: UTF8.self).contains("secret"))
                }
                if case .text(let text) = value { #expect(!text.contains("secret")) }
            }
            try await bench.delivery().deliverDue(database)
            let after = try await self.rows(database, "content")[0]
            #expect(try after.bytes(orNull: "content") == nil)
        }
    }

    @Test(arguments: IdentityDatabase.all)
    func contentOfAnotherMessageIsNotSent(_ backend: IdentityDatabase) async throws {
        try await bench(backend) { database, bench in
            let first = try await bench.append("ann@a.test", in: database)
            let second = try await bench.append("eve@a.test", in: database)
            try await database.transaction(in: .system) { transaction in
                try await transaction.execute(
                    Statement(
                        """
                        UPDATE messages SET content = (
                            SELECT m.content FROM messages AS m WHERE m.id = $1) WHERE id = $2
                        """, [.text(first), .text(second)]))
            }
            try await bench.delivery().deliverDue(database)
            #expect(bench.recipients == ["ann@a.test"])
            #expect(try await self.statuses(database) == ["delivered", "dead"])
        }
    }

    @Test func aKeyThatIsNotThereYetIsWaitedFor() async throws {
        try await bench(.sqlite) { database, bench in
            let keys = try SealingKeys(activeID: "n", keys: ["n": [UInt8](repeating: 2, count: 32)])
            let stranger = Outbox(keys: keys, host: bench.host, product: "Ostiary")
            try await bench.append("ann@a.test", in: database)
            let delivery = OutboxDelivery(
                stranger, sender: OutboxBench.Sender(bench: bench), owner: "new",
                sleep: Workers.systemSleep)
            try await delivery.deliverDue(database)
            #expect(try await self.statuses(database) == ["pending"])
            bench.wait(seconds: 10)
            try await bench.delivery().deliverDue(database)
            #expect(try await self.statuses(database) == ["delivered"])
        }
    }

    @Test(arguments: IdentityDatabase.all)
    func everyNodeLeavesMailsOfItsTenantAndOfNone(_ backend: IdentityDatabase) async throws {
        try await bench(backend) { database, bench in
            for scope in [Scope.none, .organization("org_a")] {
                try await bench.append("ann@a.test", of: nil, in: database, scope: scope)
            }
            try await bench.append("ann@a.test", of: "org_a", in: database)
            #expect(try await self.statuses(database).count == 3)
            guard backend == .postgresql else { return }
            for scope in [Scope.none, .organization("org_b")] {
                await #expect(throws: StorageFailure.self) {
                    try await bench.append("ann@a.test", of: "org_a", in: database, scope: scope)
                }
                let seen = try await database.read(
                    in: scope, [Statement("SELECT id FROM messages")])
                #expect(seen[0].isEmpty)
            }
        }
    }

    @Test(arguments: IdentityDatabase.all)
    func whatFailsIsSentAgainLaterAndLaterUntilItIsDead(_ backend: IdentityDatabase) async throws {
        try await bench(backend) { database, bench in
            let id = try await bench.append("ann@a.test", in: database)
            bench.answer("ann@a.test", .failed("451 busy\u{0}\r\n"))
            let delivery = bench.delivery()
            try await delivery.deliverDue(database)
            for (attempt, seconds) in [5, 300, 1_800, 7_200, 18_000, 36_000, 50_400].enumerated() {
                let pause = Int64(seconds)
                bench.wait(seconds: pause - 1)
                try await delivery.deliverDue(database)
                #expect(bench.mails.count == attempt + 1)
                bench.wait(seconds: 1 + pause / 5 + 1)
                try await delivery.deliverDue(database)
                #expect(bench.mails.count == attempt + 2)
            }
            #expect(Set(bench.mails.map(\.id)) == [id])
            bench.wait(seconds: 1_000_000)
            try await delivery.deliverDue(database)
            #expect(bench.mails.count == 8)
            let dead = try await bench.outbox.dead(database, limit: 10)
            #expect(dead.map(\.id) == [id] && dead.map(\.lastError) == ["451 busy"])
        }
    }

    @Test(arguments: IdentityDatabase.all)
    func whatIsRefusedIsDeadAtOnceAndMayBeQueuedAgain(_ backend: IdentityDatabase) async throws {
        try await bench(backend) { database, bench in
            let (outbox, id) = (bench.outbox, try await bench.append("ann@a.test", in: database))
            bench.answer("ann@a.test", .refused("550 unknown"))
            try await bench.delivery().deliverDue(database)
            bench.wait(seconds: 1_000_000)
            try await bench.delivery().deliverDue(database)
            #expect(bench.mails.count == 1)
            bench.answer("ann@a.test", .accepted)
            let requeued = try await database.transaction(in: .system) { transaction in
                [
                    try await outbox.requeue(id, in: transaction),
                    try await outbox.requeue(id, in: transaction),
                    try await outbox.requeue("msg_none", in: transaction),
                ]
            }
            #expect(requeued == [true, false, false])
            try await bench.delivery().deliverDue(database)
            #expect(bench.mails.map(\.id) == [id, id])
            #expect(try await outbox.dead(database, limit: 10).isEmpty)
        }
    }
}
