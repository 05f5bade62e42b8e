/// Transactions that reach the disk together. Each ran after the one before it, on what that one
/// had written; one COMMIT makes all of them last.
///
/// Nobody learns how it ended before the COMMIT: neither who wrote, nor who was refused on what
/// others had written. Who fails is undone alone, back to a savepoint; where the COMMIT fails, or
/// the library undoes everything of its own (a full disk), all of them have failed.
///
/// Invariant: touched on the writer's thread alone.
final class SQLiteGroup: @unchecked Sendable {
    /// Is told how it ended.
    typealias Member = @Sendable (StorageFailure?) -> Void

    /// How many may share one COMMIT, and for how long others may join the first one. Under load,
    /// who has to wait for a COMMIT anyhow is done sooner with the others than after them.
    private static let membersMax = 64
    private static let nanosecondsMax: Int64 = 30_000_000

    private static let lost = StorageFailure.unavailable(retryAfterSeconds: 1)

    private var waiting: [Member] = []
    private var begun = 0
    /// Whether a transaction is under way, which began last.
    private var isOpen = false
    private var begunAt: Int64 = 0
    /// Of groups; a `flush` that was asked for an earlier one has nothing to end.
    private var number = 0
    private var isFlushAsked = false

    /// Begins one more transaction of the group. The first one needs no savepoint: where it fails,
    /// there is nothing else to keep.
    func begin(on connection: SQLiteConnection) throws(StorageFailure) {
        if begun == 0 {
            _ = try connection.run(Statement("BEGIN IMMEDIATE"))
            begunAt = SQLiteConnection.nanoseconds()
        } else {
            do throws(StorageFailure) {
                _ = try connection.run(Statement("SAVEPOINT member"))
            } catch {
                end(commit(on: connection))
                throw error
            }
        }
        begun += 1
        isOpen = true
    }

    /// Ends the transaction that began last. The member is told once the group has ended.
    /// - Parameter hasFollowers: Whether others are there that could belong to the group.
    /// - Returns: The number of a group that waits for them: `flush` is to be called when those who
    ///   are there now have had their turn.
    func leave(
        _ member: @escaping Member, isUndone: Bool, on connection: SQLiteConnection,
        hasFollowers: Bool
    ) -> Int? {
        isOpen = false
        waiting.append(member)
        if isUndone && begun == 1 {
            Self.undo(on: connection)
            end(nil)
            return nil
        }
        if let failure = close(isUndone: isUndone, on: connection) {
            Self.undo(on: connection)
            end(failure)
            return nil
        }
        guard mayGrow(hasFollowers) else {
            end(commit(on: connection))
            return nil
        }
        defer { isFlushAsked = true }
        return isFlushAsked ? nil : number
    }

    private func mayGrow(_ hasFollowers: Bool) -> Bool {
        hasFollowers && begun < Self.membersMax
            && SQLiteConnection.nanoseconds() - begunAt < Self.nanosecondsMax
    }

    /// Ends a group after those who were there, unless others have come meanwhile. Where a
    /// transaction is under way, that one's end decides.
    /// - Returns: Whether it is to be called again, when those who are there now have had their
    ///   turn.
    func flush(_ number: Int, on connection: SQLiteConnection, hasFollowers: Bool) -> Bool {
        guard number == self.number else { return false }
        isFlushAsked = !isOpen && mayGrow(hasFollowers)
        if !isFlushAsked { finish(on: connection) }
        return isFlushAsked
    }

    /// Ends the group where no transaction is under way.
    func finish(on connection: SQLiteConnection) {
        if begun > 0 && !isOpen { end(commit(on: connection)) }
    }

    /// Undoes what has not ended, as the thread does.
    func abandon(on connection: SQLiteConnection) {
        Self.undo(on: connection)
        end(Self.lost)
    }

    /// - Returns: Why nothing of the group is left.
    private func close(isUndone: Bool, on connection: SQLiteConnection) -> StorageFailure? {
        // Some failures undo the whole of it by themselves: what follows would stand alone.
        guard connection.isInTransaction else { return Self.lost }
        guard begun > 1 else { return nil }
        do throws(StorageFailure) {
            if isUndone { _ = try connection.run(Statement("ROLLBACK TO member")) }
            _ = try connection.run(Statement("RELEASE member"))
            return nil
        } catch {
            return error
        }
    }

    private func commit(on connection: SQLiteConnection) -> StorageFailure? {
        do throws(StorageFailure) {
            _ = try connection.run(Statement("COMMIT"))
            return nil
        } catch {
            // What failed leaves the transaction open.
            Self.undo(on: connection)
            return error
        }
    }

    private func end(_ failure: StorageFailure?) {
        let members = waiting
        (waiting, begun, isOpen, isFlushAsked) = ([], 0, false, false)
        number += 1
        for member in members { member(failure) }
    }

    private static func undo(on connection: SQLiteConnection) {
        guard connection.isInTransaction else { return }
        _ = try? connection.run(Statement("ROLLBACK"))
    }
}
