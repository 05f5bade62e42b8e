import Servers
import Storage
import Synchronization
import Testing

@testable import Identity

/// Who delivers which message, with several workers and tenants.
@Suite struct OutboxClaimTests {
    private func bench(
        _ backend: IdentityDatabase, _ body: (any Database, OutboxBench) async throws -> Void
    ) async throws {
        let bench = try OutboxBench()
        try await backend.with { try await body($0, bench) }
    }

    private func claimed(
        _ owner: String, _ database: any Database, _ bench: OutboxBench, limit: Int = 8
    ) async throws -> [ClaimedMessage] {
        try await OutboxClaim(owner: owner).messages(database, limit: limit, now: bench.now)
    }

    @Test(arguments: IdentityDatabase.all)
    func aMessageIsWithOneOwnerUntilTheLeaseEnds(_ backend: IdentityDatabase) async throws {
        try await bench(backend) { database, bench in
            try await bench.append("ann@a.test", in: database)
            let first = try await self.claimed("one", database, bench)
            #expect(first.count == 1)
            #expect(try await self.claimed("two", database, bench).isEmpty)
            bench.wait(seconds: OutboxClaim.leaseSeconds + 1)
            let second = try await self.claimed("two", database, bench)
            #expect(second.map(\.attempts) == [2])
            // Whoever came too late says nothing any more.
            try await OutboxClaim(owner: "one").giveUp(
                first[0], database, now: bench.now, reason: "late")
            #expect(try await bench.outbox.dead(database, limit: 1).isEmpty)
            try await OutboxClaim(owner: "two").complete(second[0], database, now: bench.now)
            bench.wait(seconds: OutboxClaim.leaseSeconds + 1)
            #expect(try await self.claimed("three", database, bench).isEmpty)
        }
    }

    @Test(arguments: IdentityDatabase.all)
    func manyWorkersSendEachMessageOnce(_ backend: IdentityDatabase) async throws {
        try await bench(backend) { database, bench in
            for number in 0..<120 {
                try await bench.append("a\(number)@a.test", of: "org_\(number % 5)", in: database)
            }
            try await withThrowingTaskGroup(of: Void.self) { group in
                for node in 0..<12 {
                    let delivery = bench.delivery(owner: "node \(node)")
                    group.addTask { try await delivery.deliverDue(database) }
                }
                try await group.waitForAll()
            }
            #expect(bench.mails.count == 120 && Set(bench.mails.map(\.id)).count == 120)
        }
    }

    @Test(arguments: IdentityDatabase.all)
    func aTenantWithManyMessagesIsNotServedBeforeTheOthers(
        _ backend: IdentityDatabase
    ) async throws {
        try await bench(backend) { database, bench in
            for number in 0..<20 {
                try await bench.append("a\(number)@a.test", of: "org_loud", in: database)
            }
            bench.wait(seconds: 1)
            try await bench.append("b@b.test", of: "org_b", in: database)
            try await bench.append("c@c.test", of: nil, in: database)
            let first = try await self.claimed("one", database, bench, limit: 3)
            let lanes = Set(first.map { $0.organization ?? "none" })
            #expect(lanes == ["org_loud", "org_b", "none"])
            // The loud one has no more under way at once than its lane takes, on any node.
            let more = try await self.claimed("two", database, bench, limit: 8)
            #expect(more.count == OutboxClaim.laneMax - 1)
            #expect(try await self.claimed("three", database, bench).isEmpty)
        }
    }

    @Test(arguments: IdentityDatabase.all)
    func lanesTakeTurnsAndNoneIsLeftOut(_ backend: IdentityDatabase) async throws {
        try await bench(backend) { database, bench in
            for number in 0..<70 {
                try await bench.append("a\(number)@a.test", of: nil, in: database)
            }
            let claim = OutboxClaim(owner: "one")
            var (lane, seen) = ("", [String]())
            for _ in 0..<7 {
                let next = try await claim.messages(
                    database, limit: 10, now: bench.now, after: lane)
                #expect(next.allSatisfy { $0.lane > lane })
                lane = next.map(\.lane).max() ?? ""
                seen += next.map(\.lane)
            }
            #expect(seen.count == 70 && Set(seen).count == 70)
            for message in try await claim.messages(database, limit: 10, now: bench.now) {
                Issue.record("\(message.lane) was taken twice")
            }
            // Behind the last lane comes the first again.
            bench.wait(seconds: OutboxClaim.leaseSeconds + 1)
            try await bench.delivery().deliverDue(database)
            #expect(bench.mails.count == 70)
        }
    }

    @Test(arguments: IdentityDatabase.all)
    func aRecipientThatFailsDelaysNobody(_ backend: IdentityDatabase) async throws {
        try await bench(backend) { database, bench in
            for number in 0..<12 {
                try await bench.append("bad\(number)@a.test", in: database)
                bench.answer("bad\(number)@a.test", .failed("451 busy"))
            }
            for number in 0..<3 { try await bench.append("good\(number)@a.test", in: database) }
            try await bench.delivery().deliverDue(database)
            #expect(bench.recipients.count { $0.hasPrefix("good") } == 3)
            #expect(bench.recipients.count == 15)
        }
    }

    @Test(arguments: IdentityDatabase.all)
    func aSlowMessageKeepsNobodyWaiting(_ backend: IdentityDatabase) async throws {
        try await bench(backend) { database, bench in
            let slow = Hold()
            let second = Hold()
            let delivery = OutboxDelivery(
                bench.outbox, sender: SlowSender(bench: bench, hold: slow), owner: "node",
                sleep: { _ in await second.wait() })
            try await bench.append("slow@a.test", in: database)
            let ended = Hold()
            let run = Task {
                // A failure must not leave the test waiting.
                defer { for hold in [slow, ended] { hold.open() } }
                try await delivery.deliverDue(database)
            }
            await slow.arrival()
            // Comes while the slow one is under way; a second later somebody looks.
            try await bench.append("ann@a.test", in: database)
            second.open()
            while !bench.recipients.contains("ann@a.test") && !ended.isOpen { await Task.yield() }
            slow.open()
            try await run.value
            #expect(bench.recipients.sorted() == ["ann@a.test", "slow@a.test"])
        }
    }

    @Test(arguments: IdentityDatabase.all)
    func aStopGivesMessagesBackWithoutAnAttempt(_ backend: IdentityDatabase) async throws {
        try await bench(backend) { database, bench in
            let slow = Hold()
            let delivery = bench.delivery(
                sender: SlowSender(bench: bench, hold: slow, outcome: .failed("canceled")))
            try await bench.append("slow@a.test", in: database)
            let run = Task {
                defer { slow.open() }
                try await delivery.deliverDue(database)
            }
            await slow.arrival()
            run.cancel()
            slow.open()
            try await run.value
            let again = try await self.claimed("other", database, bench)
            #expect(again.map(\.attempts) == [1])
        }
    }

    @Test(arguments: IdentityDatabase.all)
    func whatEndsItsWorkersIsGivenUp(_ backend: IdentityDatabase) async throws {
        try await bench(backend) { database, bench in
            try await bench.append("ann@a.test", in: database)
            for _ in 0..<OutboxBackoff.attemptsMax {
                #expect(try await self.claimed("gone", database, bench).count == 1)
                bench.wait(seconds: OutboxClaim.leaseSeconds + 1)
            }
            try await bench.delivery().deliverDue(database)
            #expect(bench.mails.isEmpty)
            let dead = try await bench.outbox.dead(database, limit: 1)
            #expect(dead.map(\.lastError) == ["every attempt broke off"])
        }
    }
}

/// Holds tasks up until it is opened.
final class Hold: Sendable {
    private struct State {
        var isOpen = false
        var hasArrival = false
        var waiting: [CheckedContinuation<Void, Never>] = []
        var watching: [CheckedContinuation<Void, Never>] = []
    }

    private let state = Mutex(State())

    var isOpen: Bool { state.withLock { $0.isOpen } }

    func wait() async {
        await withCheckedContinuation { continuation in
            let (goesOn, watching) = state.withLock { state in
                state.hasArrival = true
                defer { state.watching = [] }
                if !state.isOpen { state.waiting.append(continuation) }
                return (state.isOpen, state.watching)
            }
            for watcher in watching { watcher.resume() }
            if goesOn { continuation.resume() }
        }
    }

    /// Returns once somebody waits, or has, or need not any more.
    func arrival() async {
        await withCheckedContinuation { continuation in
            let isThere = state.withLock { state in
                let isThere = state.hasArrival || state.isOpen
                if !isThere { state.watching.append(continuation) }
                return isThere
            }
            if isThere { continuation.resume() }
        }
    }

    func open() {
        let waiting = state.withLock { state in
            state.isOpen = true
            defer { (state.waiting, state.watching) = ([], []) }
            return state.waiting + state.watching
        }
        for waiter in waiting { waiter.resume() }
    }
}

/// Takes its time over mails to `slow@…`.
private struct SlowSender: MailSender {
    let bench: OutboxBench
    let hold: Hold
    var outcome = MailOutcome.accepted

    func send(_ mail: Mail) async -> MailOutcome {
        guard mail.recipient.text.hasPrefix("slow") else {
            return await OutboxBench.Sender(bench: bench).send(mail)
        }
        await hold.wait()
        _ = await OutboxBench.Sender(bench: bench).send(mail)
        return outcome
    }
}
