import Foundation
import Servers
import Storage
import Synchronization
import Testing

@testable import Identity

/// What is done again and again, and by one node at a time.
@Suite struct WorkersTests {
    private static let now: Int64 = 1_700_000_000_000_000
    private struct Refusal: Error {}

    @Test func aFailureIsReportedAndEndsNothing() async {
        let lines = Lines()
        let workers = Workers(
            sleep: { _ in if lines.all.count >= 3 { throw CancellationError() } },
            report: { job, failure in lines.add("\(job): \(failure)") })
        await workers.run([Job("broken", everySeconds: 1) { throw Refusal() }])
        #expect(lines.all == Array(repeating: "broken: Refusal()", count: 3))
    }

    @Test func jobsWaitForTheirOwnTimeOnly() async {
        let hold = Hold()
        let lines = Lines()
        let workers = Workers(
            sleep: { seconds in
                lines.add("\(seconds)")
                throw CancellationError()
            }, report: { _, _ in })
        let run = Task {
            await workers.run([
                Job("slow", everySeconds: 60) { await hold.wait() },
                Job("quick", everySeconds: 1) { hold.open() },
            ])
        }
        await run.value
        #expect(lines.all.sorted() == ["1.0", "60.0"])
    }

    @Test func aStopEndsTheWaitAndDoesWhatIsDoneAtTheEnd() async {
        let (hold, lines) = (Hold(), Lines())
        let workers = Workers(
            sleep: { _ in
                hold.open()
                try await Task.sleep(for: .seconds(3_600))
            }, report: { _, _ in })
        let run = Task {
            await workers.run([
                Job("job", everySeconds: 1, atEnd: { lines.add("end") }) { lines.add("work") }
            ])
        }
        await hold.wait()
        run.cancel()
        await run.value
        #expect(lines.all == ["work", "end"])
    }

    @Test(arguments: IdentityDatabase.all)
    func aLeaseHasOneOwner(_ backend: IdentityDatabase) async throws {
        try await backend.with { database in
            let (one, two) = (
                Lease("job", owner: "one", seconds: 10), Lease("job", owner: "two", seconds: 10)
            )
            #expect(try await one.claim(database, now: Self.now))
            #expect(try await one.claim(database, now: Self.now + 1))
            #expect(try await !two.claim(database, now: Self.now + 10_000_001))
            #expect(try await two.claim(database, now: Self.now + 10_000_002))
            // It is no longer the first one's to give back.
            try await one.release(database)
            #expect(try await !one.claim(database, now: Self.now + 10_000_002))
            try await two.release(database)
            #expect(try await one.claim(database, now: Self.now))
            let other = Lease("other job", owner: "two", seconds: 10)
            #expect(try await other.claim(database, now: Self.now))
        }
    }

    @Test(arguments: IdentityDatabase.all)
    func workThatFailsGivesItsLeaseBack(_ backend: IdentityDatabase) async throws {
        try await backend.with { database in
            let one = Lease("job", owner: "one", seconds: 10)
            await #expect(throws: Refusal.self) {
                try await one.whileHeld(database, now: Self.now) { throw Refusal() }
            }
            let done = try await Lease("job", owner: "two", seconds: 10).whileHeld(
                database, now: Self.now
            ) {
                try await one.whileHeld(database, now: Self.now) { "both" } ?? "one"
            }
            #expect(done == "one")
        }
    }

    @Test(arguments: IdentityDatabase.all)
    func rowsGoWhenTheirTimeIsOver(_ backend: IdentityDatabase) async throws {
        try await backend.with { database in
            let bench = try OutboxBench()
            for name in ["sent", "dead", "late"] {
                try await bench.append("\(name)@a.test", in: database)
            }
            bench.answer("dead@a.test", .refused("no"))
            bench.answer("late@a.test", .failed("later"))
            try await bench.delivery().deliverDue(database)
            let janitor = Janitor(owner: "one", decisionsKeptDays: 90)
            #expect(try await janitor.sweep(database, now: bench.now + 7 * 86_400_000_000) == 0)
            bench.wait(seconds: 7 * 86_400 + 1)
            #expect(try await janitor.sweep(database, now: bench.now) == 1)
            bench.wait(seconds: 23 * 86_400)
            #expect(try await janitor.sweep(database, now: bench.now) == 1)
            let left = try await database.read(
                in: .system, [Statement("SELECT recipient FROM messages")])[0]
            #expect(try left.map { try $0.text("recipient") } == ["late@a.test"])
        }
    }

    @Test(arguments: IdentityDatabase.all)
    func manyRowsGoInSeveralTransactions(_ backend: IdentityDatabase) async throws {
        try await backend.with { database in
            try await database.transaction(in: .system) { transaction in
                for number in 0..<1_201 {
                    try await transaction.execute(
                        Statement(
                            """
                            INSERT INTO messages (id, kind, recipient, lane, template, status,
                                attempts, lease_until, next_attempt_at, created_at, delivered_at)
                            VALUES ($1, 'mail', 'a@b', 'a@b', 't', 'delivered', 1, 0, 0, 0, 0)
                            """, [.text("msg_\(number)")]))
                }
            }
            #expect(
                try await Janitor(owner: "one", decisionsKeptDays: 90).sweep(
                    database, now: Self.now) == 1_201)
        }
    }

    @Test(arguments: IdentityDatabase.all)
    func decisionsGoUnlessTheyAreHeld(_ backend: IdentityDatabase) async throws {
        try await backend.with { database in
            let made = [91, 89].map { Self.now - $0 * 86_400_000_000 }
            let ids = made.map { Self.id(.decision, madeAt: $0) }
            try await database.transaction(in: .system) { transaction in
                for (id, time) in zip(ids, made) {
                    try await transaction.execute(
                        Statement(
                            """
                            INSERT INTO decisions VALUES (
                                $1, NULL, $2, 'me:read', 'account', 'usr_1', TRUE, 'r', '[]',
                                '{}', 'v', 'q')
                            """, [.text(id), .integer(time)]))
                }
                try await LegalHold(
                    id: "hld_1", organization: nil, reason: "case 1", placedAt: Self.now
                ).place(in: transaction)
            }
            let janitor = Janitor(owner: "one", decisionsKeptDays: 90)
            #expect(try await janitor.sweep(database, now: Self.now) == 0)
            _ = try await database.transaction(in: .system) {
                try await LegalHold.release("hld_1", in: $0, now: Self.now)
            }
            #expect(try await janitor.sweep(database, now: Self.now) == 1)
            let left = try await database.read(in: .system, [Statement("SELECT id FROM decisions")])
            #expect(try left[0].map { try $0.text("id") } == [ids[1]])
        }
    }

    /// An id tells when it was made, to the millisecond.
    @Test(arguments: IdentityDatabase.all)
    func grantsGoOnceTheyHaveNoTokensLeft(_ backend: IdentityDatabase) async throws {
        try await backend.with { database in
            let kept: Int64 = 90 * 86_400_000_000
            let made = [Self.now - kept - 1_000, Self.now - kept - 1_000, Self.now - kept]
            let ids = made.map { Self.id(.grant, madeAt: $0) }
            try await database.transaction(in: .system) { transaction in
                try await transaction.execute(
                    Statement(
                        "INSERT INTO principals VALUES ('usr_1', 'default', 'account', NULL, 0)"))
                for (id, time) in zip(ids, made) {
                    try await transaction.execute(
                        Statement(
                            "INSERT INTO grants VALUES ($1, 'usr_1', 'c', NULL, '*', $2)",
                            [.text(id), .integer(time)]))
                }
                try await transaction.execute(
                    Statement(
                        """
                        INSERT INTO refresh_families (id, grant_id, created_at, expires_at)
                        VALUES ('fam_1', $1, 0, $2)
                        """, [.text(ids[1]), .integer(Self.now)]))
            }
            let janitor = Janitor(owner: "one", decisionsKeptDays: 90)
            #expect(try await janitor.sweep(database, now: Self.now) == 1)
            let left = try await database.read(
                in: .system, [Statement("SELECT id FROM grants ORDER BY created_at")])
            #expect(try left[0].map { try $0.text("id") } == Array(ids[1...]))
        }
    }

    /// - Parameter time: Microseconds since 1970.
    private static func id(_ kind: Identifier.Kind, madeAt time: Int64) -> String {
        Identifier(kind, randomness.host(now: time * 1_000)).text
    }

    private static let randomness = StillHost()

    @Test(arguments: IdentityDatabase.all)
    func anAnswerIsKeptUntilItExpires(_ backend: IdentityDatabase) async throws {
        try await backend.with { database in
            try await database.transaction(in: .system) { transaction in
                try await transaction.execute(
                    Statement(
                        "INSERT INTO principals VALUES ('usr_1', 'default', 'account', NULL, 0)"))
                for (digest, expiry) in [(UInt8(1), Self.now - 1), (2, Self.now)] {
                    try await transaction.execute(
                        Statement(
                            """
                            INSERT INTO idempotent_answers (
                                principal_id, key_digest, request_digest, status, expires_at
                            ) VALUES ('usr_1', $1, $1, 200, $2)
                            """, [.bytes([digest]), .integer(expiry)]))
                }
            }
            #expect(
                try await Janitor(owner: "one", decisionsKeptDays: 90).sweep(
                    database, now: Self.now) == 1)
            let left = try await database.read(
                in: .system, [Statement("SELECT key_digest FROM idempotent_answers")])[0]
            #expect(try left.map { try $0.bytes("key_digest") } == [[2]])
        }
    }

    /// An instant that no index finds is looked for in every row, each minute.
    @Test func whatTheJanitorRemovesIsFoundByAnIndex() async throws {
        try await IdentityDatabase.sqlite.with { database in
            for expiry in Janitor(owner: "one", decisionsKeptDays: 90).expiries {
                let deletion = Janitor.deletion(of: expiry, now: Self.now)
                let plan = try await database.read(
                    in: .system,
                    [Statement("EXPLAIN QUERY PLAN \(deletion.sql)", deletion.values)])[0]
                let steps = try plan.map { try $0.text("detail") }
                let isFound = steps.contains { $0.hasSuffix("<?)") }
                let readsAll = steps.contains { $0.hasPrefix("SCAN \(expiry.table)") }
                #expect(isFound && !readsAll, "\(expiry.table), \(expiry.age): \(steps)")
            }
        }
    }

    @Test(arguments: IdentityDatabase.all)
    func headsOfWhatWasSealedReachTheDisk(_ backend: IdentityDatabase) async throws {
        let folder = FileManager.default.temporaryDirectory.path + "/" + UUID().uuidString
        try FileManager.default.createDirectory(
            atPath: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(atPath: folder) }
        let host = StillHost().host()
        let files = AuditFiles(folder: folder)
        let key = try files.key(making: host)
        let keeping = AuditKeeping(key: key, files: files, owner: "node", host: host)
        try await backend.with { database in
            for number in 1...3 {
                try await database.transaction(in: .system) { transaction in
                    try AuditLog(key: key).append(
                        AuditEntry(
                            id: "aud_\(number)", organization: "org_a", occurredAt: 0,
                            actorKind: .system, actor: nil, action: "a:b", outcome: .allowed),
                        in: transaction)
                }
                try await keeping.seal(database)
            }
            #expect(try files.heads().isEmpty)
            // Each job once, and what the end asks for.
            let workers = Workers(
                sleep: { _ in throw CancellationError() },
                report: { job, failure in Issue.record("\(job): \(failure)") })
            await workers.run([keeping.job(database)])
            let heads = try files.heads().map { AuditHead(line: $0, signedWith: key) }
            #expect(heads.map { $0?.chain } == ["org_a"] && heads.map { $0?.seq } == [3])
            await workers.run([keeping.job(database)])
            #expect(try files.heads().count == 1)
        }
    }
}
