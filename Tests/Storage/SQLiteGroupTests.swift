import Synchronization
import Testing

@testable import Storage

/// Transactions that reach the disk together.
@Suite struct SQLiteGroupTests {
    /// What members were told, in order; `nil`: it is kept.
    private final class Told: Sendable {
        private let all = Mutex<[StorageFailure?]>([])

        var outcomes: [StorageFailure?] { all.withLock { $0 } }

        func member(_ failure: StorageFailure?) { all.withLock { $0.append(failure) } }
    }

    private static func insert(_ number: Int64) -> Statement {
        Statement("INSERT INTO t VALUES ($1)", [.integer(number)])
    }

    /// A transaction of the group that writes a row.
    /// - Returns: The group that is to be ended later.
    @discardableResult
    private static func add(
        _ number: Int64, _ told: Told, to group: SQLiteGroup, on writer: SQLiteConnection,
        hasFollowers: Bool
    ) throws -> Int? {
        try group.begin(on: writer)
        _ = try writer.run(insert(number))
        return group.leave(told.member, isUndone: false, on: writer, hasFollowers: hasFollowers)
    }

    /// A writer with a table, and what another connection sees of it.
    private static func with(
        _ body: (SQLiteConnection, SQLiteGroup, () throws -> [Int64]) throws -> Void
    ) async throws {
        try await TemporaryFolder.with { folder in
            _ = try DataFolder(folder)
            let path = "\(folder)/group.sqlite"
            let writer = try SQLiteConnection(path: path, .writer, limits: .patient)
            _ = try writer.run(Statement("CREATE TABLE t (n BIGINT UNIQUE)"))
            let reader = try SQLiteConnection(path: path, .reader, limits: .patient)
            try body(writer, SQLiteGroup()) {
                try reader.run(Statement("SELECT n FROM t ORDER BY n")).rows.map { row in
                    try row.integer("n")
                }
            }
        }
    }

    /// What `flush` says where nobody else is there.
    private static func isLater(
        _ number: Int, _ group: SQLiteGroup, on writer: SQLiteConnection
    ) -> Bool {
        group.flush(number, on: writer, hasFollowers: false)
    }

    @Test func whoIsLetInWithOthersWaitsForThem() async throws {
        try await Self.with { writer, group, seen in
            let told = Told()
            let number = try #require(
                try Self.add(1, told, to: group, on: writer, hasFollowers: true))
            #expect(told.outcomes.isEmpty)
            #expect(try seen() == [])
            try group.begin(on: writer)
            _ = try writer.run(Self.insert(2))
            #expect(!Self.isLater(number, group, on: writer))
            #expect(told.outcomes.isEmpty, "a transaction is under way")
            _ = group.leave(told.member, isUndone: false, on: writer, hasFollowers: false)
            #expect(told.outcomes == [nil, nil])
            #expect(try seen() == [1, 2])
        }
    }

    /// Who has come since the end was asked for is of the group, too.
    @Test func theEndOfAGroupWaitsForThoseWhoHaveCome() async throws {
        try await Self.with { writer, group, seen in
            let told = Told()
            let number = try #require(
                try Self.add(1, told, to: group, on: writer, hasFollowers: true))
            #expect(group.flush(number, on: writer, hasFollowers: true))
            #expect(try Self.add(2, told, to: group, on: writer, hasFollowers: true) == nil)
            #expect(told.outcomes.isEmpty)
            try group.begin(on: writer)
            // Nobody would ask again for one that is under way: its own end does.
            #expect(!group.flush(number, on: writer, hasFollowers: true))
            _ = try writer.run(Self.insert(3))
            let again = group.leave(
                told.member, isUndone: false, on: writer, hasFollowers: true)
            #expect(again == number)
            #expect(told.outcomes.isEmpty)
            #expect(!Self.isLater(number, group, on: writer))
            #expect(told.outcomes == [nil, nil, nil])
            #expect(try seen() == [1, 2, 3])
        }
    }

    /// Those who were there are in the group; who comes later is in the next one.
    @Test func theEndOfAGroupIsAskedForOnceAndEndsNoOther() async throws {
        try await Self.with { writer, group, seen in
            let told = Told()
            let number = try #require(
                try Self.add(1, told, to: group, on: writer, hasFollowers: true))
            #expect(try Self.add(2, told, to: group, on: writer, hasFollowers: true) == nil)
            #expect(try Self.add(3, told, to: group, on: writer, hasFollowers: false) == nil)
            #expect(told.outcomes == [nil, nil, nil])
            let next = try #require(
                try Self.add(4, told, to: group, on: writer, hasFollowers: true))
            #expect(!Self.isLater(number, group, on: writer))
            #expect(try seen() == [1, 2, 3])
            #expect(!Self.isLater(next, group, on: writer))
            #expect(try seen() == [1, 2, 3, 4])
        }
    }

    @Test func whoComesAloneIsToldAtOnce() async throws {
        try await Self.with { writer, group, seen in
            let told = Told()
            try Self.add(1, told, to: group, on: writer, hasFollowers: false)
            #expect(told.outcomes == [nil])
            #expect(try seen() == [1])
        }
    }

    @Test func whoNobodyFollowsAfterAllIsToldByTheFlush() async throws {
        try await Self.with { writer, group, seen in
            let told = Told()
            let number = try #require(
                try Self.add(1, told, to: group, on: writer, hasFollowers: true))
            #expect(!Self.isLater(number, group, on: writer))
            #expect(told.outcomes == [nil])
            #expect(try seen() == [1])
        }
    }

    @Test func whoFailsIsUndoneAlone() async throws {
        try await Self.with { writer, group, seen in
            let told = Told()
            for number in 1...3 as ClosedRange<Int64> {
                try group.begin(on: writer)
                _ = try writer.run(Self.insert(number))
                _ = group.leave(
                    told.member, isUndone: number == 2, on: writer, hasFollowers: number < 3)
            }
            #expect(told.outcomes == [nil, nil, nil])
            #expect(try seen() == [1, 3])
        }
    }

    /// It has seen rows that others wrote: whether those stay is not known before.
    @Test func whoFailsOnRowsOfOthersIsToldWithThem() async throws {
        try await Self.with { writer, group, seen in
            let told = Told()
            let number = try #require(
                try Self.add(1, told, to: group, on: writer, hasFollowers: true))
            try group.begin(on: writer)
            #expect(throws: StorageFailure.constraint(.unique, name: "t_n_key")) {
                try writer.run(Self.insert(1))
            }
            _ = group.leave(told.member, isUndone: true, on: writer, hasFollowers: true)
            #expect(told.outcomes.isEmpty)
            #expect(!Self.isLater(number, group, on: writer))
            #expect(told.outcomes == [nil, nil])
            #expect(try seen() == [1])
        }
    }

    /// As a full disk has it.
    @Test func whereTheLibraryUndoesEverythingAllHaveFailed() async throws {
        try await Self.with { writer, group, seen in
            let told = Told()
            try Self.add(1, told, to: group, on: writer, hasFollowers: true)
            try group.begin(on: writer)
            _ = try writer.run(Statement("ROLLBACK"))
            _ = group.leave(told.member, isUndone: false, on: writer, hasFollowers: false)
            let lost = StorageFailure.unavailable(retryAfterSeconds: 1)
            #expect(told.outcomes == [lost, lost])
            #expect(try seen() == [])
            try Self.add(3, told, to: group, on: writer, hasFollowers: false)
            #expect(try seen() == [3])
        }
    }

    @Test func whatHasNotEndedAtTheEndIsUndone() async throws {
        try await Self.with { writer, group, seen in
            let told = Told()
            try Self.add(1, told, to: group, on: writer, hasFollowers: true)
            group.abandon(on: writer)
            #expect(told.outcomes == [.unavailable(retryAfterSeconds: 1)])
            #expect(try seen() == [])
        }
    }

    @Test func aGroupIsNoLargerThanItMayBe() async throws {
        try await Self.with { writer, group, seen in
            let told = Told()
            var last: Int?
            for number in 1...80 as ClosedRange<Int64> {
                last = try Self.add(number, told, to: group, on: writer, hasFollowers: true) ?? last
                #expect(Int(number) - told.outcomes.count < 64)
            }
            #expect(!Self.isLater(try #require(last), group, on: writer))
            #expect(try seen().count == 80)
            #expect(told.outcomes.count == 80)
        }
    }

    @Test func thoseInLineBehindOneAreAllKeptButWhoFailed() async throws {
        try await DatabaseBackend.sqlite.with(["CREATE TABLE t (n BIGINT UNIQUE)"]) { database in
            let kept = await withTaskGroup(of: Bool.self) { tasks in
                for number in 0..<200 as Range<Int64> {
                    tasks.addTask {
                        do {
                            // Every fourth one wants the number of the one before it.
                            let wanted = number % 4 == 3 ? number - 1 : number
                            try await database.transaction(in: .none) { transaction in
                                try await transaction.execute(
                                    Statement("INSERT INTO t VALUES ($1)", [.integer(-wanted)]))
                                try await transaction.execute(Self.insert(wanted))
                            }
                            return true
                        } catch {
                            #expect(
                                error as? StorageFailure
                                    == .constraint(.unique, name: "t_n_key"))
                            return false
                        }
                    }
                }
                return await tasks.reduce(into: 0) { $0 += $1 ? 1 : 0 }
            }
            let rows = try await database.read(in: .none, [Statement("SELECT n FROM t")])[0]
            // The number 0 and its negative are one.
            #expect(kept == 149)
            #expect(rows.count == 2 * kept)
        }
    }
}
