import CPQ

/// One connection to PostgreSQL in pipeline mode: many units under way, answered in order.
///
/// Invariant: its link's queue alone calls it.
@safe final class PostgreSQLWire: Wire, @unchecked Sendable {
    /// What the server's next results belong to.
    private enum Owed {
        case preparation(PostgreSQLPlans.Key, PostgreSQLUnit)
        case answer(PostgreSQLPlans.Key, PostgreSQLUnit)
        /// A name given back.
        case nothing
        /// The end of a unit, or of what has none.
        case end(PostgreSQLUnit?)
    }

    private let connection: OpaquePointer
    private var plans: PostgreSQLPlans
    private var owed: [Owed?] = []
    private var firstOwed = 0
    private(set) var underWay = 0
    /// Something could not be put into the buffer.
    private var isBroken = false

    /// Waits for the server.
    /// - Parameter options: Settings of the session, in the order of the parameters.
    static func open(
        _ conninfo: String, _ settings: [(String, String)], _ limits: StorageLimits,
        report: (String) -> Void
    ) -> Result<PostgreSQLWire, StorageFailure> {
        if let failure = unsafe cpq_load_failure() {
            return .failure(.invalid(unsafe String(cString: failure)))
        }
        let options = settings.map { "-c \($0)=\($1.replacing(" ", with: "\\ "))" }
        let parameters = [
            ("dbname", conninfo), ("client_encoding", "UTF8"), ("application_name", "ostiary"),
            // The library takes less than two seconds for two.
            ("connect_timeout", "\(max(2, limits.waitSeconds))"),
            ("options", options.joined(separator: " ")),
        ]
        let opened = unsafe CStrings.with(parameters.map(\.0)) { names in
            unsafe CStrings.with(parameters.map(\.1)) { values in
                unsafe cpq_connect(names, values)
            }
        }
        guard let connection = unsafe opened, unsafe cpq_is_connected(connection) else {
            report(unsafe String(cString: cpq_message(opened)))
            unsafe cpq_finish(opened)
            return .failure(.unavailable(retryAfterSeconds: 1))
        }
        return unsafe .success(
            PostgreSQLWire(unsafe connection, plansMax: limits.preparedStatements))
    }

    private init(_ connection: OpaquePointer, plansMax: Int) {
        unsafe self.connection = unsafe connection
        plans = PostgreSQLPlans(countMax: plansMax)
    }

    var descriptor: Int32 { unsafe cpq_socket(connection) }

    func send(_ unit: PostgreSQLUnit) {
        underWay += 1
        for statement in unit.statements { send(statement, of: unit) }
        end(unit)
        // A transaction that has failed would refuse to.
        guard unit.place != .inTransaction else { return }
        for name in plans.takeDiscarded() { giveBack(name) }
    }

    private func send(_ statement: Statement, of unit: PostgreSQLUnit) {
        let parameters = PostgreSQLParameters(statement.values)
        let key = PostgreSQLPlans.Key(sql: statement.sql, types: parameters.types)
        var name: String?
        switch plans.use(key) {
        case .prepared(let known): name = known
        case .new(let new):
            name = new
            expect(
                .preparation(key, unit),
                unsafe cpq_send_prepare(
                    connection, new, statement.sql, parameters.count, parameters.types))
        case .text: break
        }
        let isSent = unsafe parameters.withPointers { values in
            // A null pointer says that there is no name.
            if let name {
                unsafe cpq_send_query(
                    connection, name, nil, parameters.count, nil, values, parameters.lengths)
            } else {
                unsafe cpq_send_query(
                    connection, nil, statement.sql, parameters.count, parameters.types, values,
                    parameters.lengths)
            }
        }
        expect(.answer(key, unit), isSent)
    }

    private func giveBack(_ name: String) {
        let sql = "DEALLOCATE \(name)"
        expect(.nothing, unsafe cpq_send_query(connection, nil, sql, 0, nil, nil, nil))
        end(nil)
    }

    private func end(_ unit: PostgreSQLUnit?) {
        expect(.end(unit), unsafe cpq_send_sync(connection))
    }

    private func expect(_ answer: Owed, _ isSent: Bool) {
        owed.append(answer)
        if !isSent { isBroken = true }
    }

    func flush() -> Flushed {
        guard !isBroken else { return .lost }
        switch unsafe cpq_flush(connection) {
        case 0: return .whole
        case 1: return .partly
        default: return .lost
        }
    }

    func receive() -> Bool {
        guard unsafe cpq_consume(connection) else { return false }
        var pauses = 0
        while firstOwed < owed.count, unsafe !cpq_is_busy(connection) {
            guard let result = unsafe cpq_next_result(connection) else {
                // One pause ends a command's results. A second one in a row says nothing new.
                pauses += 1
                if pauses > 1 { break }
                if let next = owed[firstOwed], case .end = next { continue }
                takeOwed()
                continue
            }
            pauses = 0
            unsafe take(result)
            unsafe cpq_clear(result)
        }
        return unsafe cpq_is_connected(connection)
    }

    @unsafe private func take(_ result: OpaquePointer) {
        let kind = unsafe cpq_kind_of(result)
        switch owed[firstOwed] {
        case .end(let unit):
            guard kind == CPQ_SYNCED else { return }
            takeOwed()
            guard let unit else { return }
            underWay -= 1
            unit.complete()
        case .preparation(let key, let unit):
            if kind == CPQ_DONE { return plans.confirm(key) }
            plans.forget(key)
            if kind == CPQ_FAILED { unsafe unit.fail(PostgreSQLFailure.of(result)) }
        case .answer(let key, let unit):
            if kind == CPQ_DONE {
                unsafe add(result, to: unit)
            } else if kind == CPQ_FAILED {
                let failure = unsafe PostgreSQLFailure.of(result)
                // Its plan may be what is outdated.
                if failure == .conflict { plans.discard(key) }
                unit.fail(failure)
            }
        case .nothing, nil: break
        }
    }

    @unsafe private func add(_ result: OpaquePointer, to unit: PostgreSQLUnit) {
        do throws(StorageFailure) {
            var outcome = Outcome()
            outcome.rows = try unsafe PostgreSQLRows.rows(of: result)
            let tag = unsafe String(cString: cpq_tag(result)).split(separator: " ")
            // `INSERT 0 3`, `UPDATE 3`; what is selected was not changed.
            if let verb = tag.first, ["INSERT", "UPDATE", "DELETE"].contains(verb) {
                outcome.changedRows = tag.last.flatMap { Int($0) } ?? 0
            }
            unit.add(outcome)
        } catch {
            unit.fail(error)
        }
    }

    private func takeOwed() {
        owed[firstOwed] = nil
        firstOwed += 1
        if firstOwed == owed.count {
            owed.removeAll(keepingCapacity: true)
            firstOwed = 0
        }
    }

    func abandon() {
        for answer in owed[firstOwed...] {
            if case .end(let unit?) = answer { unit.abandon() }
        }
        owed = []
        firstOwed = 0
        underWay = 0
    }

    func close() { unsafe cpq_finish(connection) }
}

/// Texts as C takes a list of them.
private enum CStrings {
    /// Lends the addresses of the texts, and null at the end.
    @unsafe static func with<Result>(
        _ texts: [String], _ body: (UnsafePointer<UnsafePointer<CChar>?>) -> Result
    ) -> Result {
        let bytes = texts.flatMap { $0.utf8CString }
        return unsafe bytes.withUnsafeBufferPointer { bytes in
            var offset = 0
            var pointers: [UnsafePointer<CChar>?] = unsafe []
            for text in texts {
                unsafe pointers.append(bytes.baseAddress.map { unsafe $0 + offset })
                offset += text.utf8.count + 1
            }
            unsafe pointers.append(nil)
            return unsafe pointers.withUnsafeBufferPointer { pointers in
                guard let start = pointers.baseAddress else {
                    preconditionFailure("a list with an end has an address")
                }
                return unsafe body(start)
            }
        }
    }
}
