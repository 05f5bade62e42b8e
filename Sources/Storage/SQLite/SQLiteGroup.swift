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

    /// How many may share one COMMIT, and for how long the first one waits for others that are
    /// there: more of them would save nothing that it would not have to wait for.
    private static let membersMax = 16
    private static let nanosecondsMax: Int64 = 10_000_000

    private static let lost = StorageFailure.unavailable(retryAfterSeconds: 1)

    private var waiting: [Member] = []
    private var begun = 0
    /// Whether a transaction is under way, which began last.
    private var isOpen = false
    private var begunAt: Int64 = 0

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
    /// - Parameter hasFollowers: Whether others are there that could belong to the group; `flush`
    ///   is called when they have had their turn.
    /// - Returns: Whether the group waits for that.
    func leave(
        _ member: @escaping Member, isUndone: Bool, on connection: SQLiteConnection,
        hasFollowers: Bool
    ) -> Bool {
        isOpen = false
        waiting.append(member)
        if isUndone && begun == 1 {
            Self.undo(on: connection)
            end(nil)
            return false
        }
        if let failure = close(isUndone: isUndone, on: connection) {
            Self.undo(on: connection)
            end(failure)
            return false
        }
        let mayGrow =
            begun < Self.membersMax
            && SQLiteConnection.nanoseconds() - begunAt < Self.nanosecondsMax
        if hasFollowers && mayGrow { return true }
        end(commit(on: connection))
        return false
    }

    /// Ends the group where no transaction is under way; the one that is ends it otherwise.
    func flush(on connection: SQLiteConnection) {
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
        (waiting, begun, isOpen) = ([], 0, false)
        for member in members { member(failure) }
    }

    private static func undo(on connection: SQLiteConnection) {
        guard connection.isInTransaction else { return }
        _ = try? connection.run(Statement("ROLLBACK"))
    }
}
