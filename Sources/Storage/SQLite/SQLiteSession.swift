/// The writer's transaction under way.
struct SQLiteSession: Session {
    let writer: SQLiteWriter
    let turn: Slots
    let slot: Int

    func run(_ statements: [Statement]) async throws(StorageFailure) -> [Outcome] {
        try await writer.run { connection throws(StorageFailure) in
            try connection.runInTransaction(statements)
        }
    }

    func commit(after statements: [Statement]) async throws(StorageFailure) {
        var failure: StorageFailure?
        do throws(StorageFailure) {
            try await writer.run { connection throws(StorageFailure) in
                _ = try connection.runInTransaction(statements)
                // In a group, COMMIT would tell of it too late, and tell the others, too.
                if connection.hasDanglingReferences { throw .constraint(.foreignKey, name: nil) }
            }
        } catch {
            failure = error
        }
        try await leave(isUndone: failure != nil)
        if let failure { throw failure }
    }

    func rollBack() async throws(StorageFailure) { try await leave(isUndone: true) }

    /// Waits until the group has ended.
    private func leave(isUndone: Bool) async throws(StorageFailure) {
        let failure = await withCheckedContinuation { continuation in
            let isTaken = writer.call { [writer, turn, slot] connection in
                let waiting = writer.group.leave(
                    { continuation.resume(returning: $0) }, isUndone: isUndone, on: connection,
                    hasFollowers: writer.hasWork || turn.hasWaiters)
                turn.give(slot)
                // Behind those who are there.
                if let waiting { writer.endGroupLater(waiting) }
            }
            guard !isTaken else { return }
            // Refused only when the database is being closed, which undoes as well.
            turn.give(slot)
            continuation.resume(returning: isUndone ? nil : .unavailable(retryAfterSeconds: 1))
        }
        if let failure { throw failure }
    }
}

extension SQLiteConnection {
    fileprivate func runInTransaction(
        _ statements: [Statement]
    ) throws(StorageFailure) -> [Outcome] {
        // Some failures undo the transaction by themselves: what follows would stand alone.
        guard isInTransaction else { throw .unavailable(retryAfterSeconds: 1) }
        var outcomes: [Outcome] = []
        outcomes.reserveCapacity(statements.count)
        for statement in statements { outcomes.append(try run(statement)) }
        return outcomes
    }
}
