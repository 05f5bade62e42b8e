import Synchronization

/// The connections of one role: a few for reads, shared by any number of them, and some for
/// transactions, each belonging to one at a time. None is made before it is needed.
final class PostgreSQLPool: Sendable {
    typealias Line = Link<PostgreSQLWire>

    /// How much longer than a statement may take the server may be silent.
    private static let graceSeconds = 5

    private let readers: [Line]
    private let writers: [Line]
    /// For a transaction that waits for other nodes and may take its time.
    private let exclusive: Line
    private let turns: Slots
    private let exclusiveTurn: Slots

    init(
        _ conninfo: String, limits: StorageLimits, report: @escaping @Sendable (String) -> Void
    ) {
        func link(_ settings: [(String, String)], silenceSeconds: Int?) -> Line {
            let bounds = Line.Bounds(requests: limits.waiters, silenceSeconds: silenceSeconds)
            return Line("ostiary.postgresql", bounds: bounds) {
                PostgreSQLWire.open(conninfo, settings, limits, report: report)
            }
        }
        let timed = [("statement_timeout", "\(limits.statementSeconds)s")]
        let silenceSeconds = limits.statementSeconds + Self.graceSeconds
        let reading = [
            // One snapshot for all statements of a unit.
            ("default_transaction_isolation", "repeatable read"),
            ("default_transaction_read_only", "on"),
        ]
        let writing = [
            // A scan of a whole table conflicts with every write to it, and of a small table the
            // planner makes nothing else.
            ("enable_seqscan", "off"),
            // What makes it scan all the same is taken to be so costly that it is compiled first,
            // which takes longer than anything that is done here.
            ("jit", "off"),
            ("idle_in_transaction_session_timeout", "\(limits.pauseSeconds)s"),
        ]
        readers = (0..<limits.readers).map { _ in
            link(timed + reading, silenceSeconds: silenceSeconds)
        }
        writers = (0..<limits.writers).map { _ in
            link(timed + writing, silenceSeconds: silenceSeconds)
        }
        exclusive = link([("statement_timeout", "0")], silenceSeconds: nil)
        turns = Slots(count: limits.writers, limits: limits)
        exclusiveTurn = Slots(count: 1, limits: limits)
    }

    func read(_ statements: [Statement]) async throws(StorageFailure) -> [Outcome] {
        do throws(StorageFailure) {
            return try await leastLoadedReader.run(statements, .alone)
        } catch .conflict {
            // A migration has outdated a plan, which is forgotten by now.
        }
        do throws(StorageFailure) {
            return try await leastLoadedReader.run(statements, .alone)
        } catch .conflict {
            throw .unavailable(retryAfterSeconds: 1)
        }
    }

    /// The first of several that are equal: a quiet server keeps one connection busy, not four.
    private var leastLoadedReader: Line {
        readers.dropFirst().reduce(readers[0]) { $1.load < $0.load ? $1 : $0 }
    }

    func begin(_ opening: [Statement]) async throws(StorageFailure) -> PostgreSQLSession {
        let begin = Statement("BEGIN ISOLATION LEVEL SERIALIZABLE")
        let turn = try await turns.take()
        return try await session(writers[turn], [begin] + opening) { [turns] in turns.give(turn) }
    }

    /// A transaction that has waited for every other one begun here, on any node.
    func beginExclusive() async throws(StorageFailure) -> PostgreSQLSession {
        // Each statement sees what was committed before it, and so what the others did whom the
        // lock let go first; SERIALIZABLE would see the moment before the wait.
        let begin = Statement("BEGIN ISOLATION LEVEL READ COMMITTED")
        let lock = Statement("SELECT pg_advisory_xact_lock($1)", [.integer(Self.lockNumber)])
        let turn = try await exclusiveTurn.take()
        return try await session(exclusive, [begin, lock]) { [exclusiveTurn] in
            exclusiveTurn.give(turn)
        }
    }

    /// "ostiary" as a number: other programs in one database take others.
    private static let lockNumber: Int64 = 0x6F73_7469_6172_79

    private func session(
        _ link: Line, _ opening: [Statement], ended: @escaping @Sendable () -> Void
    ) async throws(StorageFailure) -> PostgreSQLSession {
        let epoch: UInt64
        do throws(StorageFailure) {
            epoch = try await link.lease()
        } catch {
            ended()
            throw error
        }
        return PostgreSQLSession(link: link, epoch: epoch, opening: opening, ended: ended)
    }

    func close() async {
        for link in readers + writers + [exclusive] { await link.close() }
    }
}

/// A transaction under way on a connection that belongs to it.
final class PostgreSQLSession: Session {
    private let link: PostgreSQLPool.Line
    private let epoch: UInt64
    private let ended: @Sendable () -> Void
    /// Begins it, together with the first question.
    private let opening: Mutex<[Statement]>

    init(
        link: PostgreSQLPool.Line, epoch: UInt64, opening: [Statement],
        ended: @escaping @Sendable () -> Void
    ) {
        self.link = link
        self.epoch = epoch
        self.opening = Mutex(opening)
        self.ended = ended
    }

    func run(_ statements: [Statement]) async throws(StorageFailure) -> [Outcome] {
        let opening = takeOpening()
        let outcomes = try await link.run(opening + statements, .inTransaction, epoch: epoch)
        return Array(outcomes.dropFirst(opening.count))
    }

    func commit(after statements: [Statement]) async throws(StorageFailure) {
        let statements = takeOpening() + statements
        do throws(StorageFailure) {
            _ = try await link.run(
                statements + [Statement("COMMIT")], .commit, epoch: epoch)
        } catch {
            // A commit that the server refuses has undone everything; what stands before it has
            // kept it from being tried.
            if error != .commitUnknown, !statements.isEmpty { return try await undo(error) }
            ended()
            throw error
        }
        ended()
    }

    private func undo(_ failure: StorageFailure) async throws(StorageFailure) {
        await rollBack()
        throw failure
    }

    private func takeOpening() -> [Statement] {
        opening.withLock { opening in
            defer { opening = [] }
            return opening
        }
    }

    func rollBack() async {
        do throws(StorageFailure) {
            _ = try await link.run([Statement("ROLLBACK")], .rollback, epoch: epoch)
        } catch {
            // With its connection the server ends the transaction.
            link.drop(epoch: epoch)
        }
        ended()
    }
}
