import Storage
import Testing

/// The contract of databases: what goes in comes out, and what cannot is refused.
@Suite struct DatabaseValueTests {
    private static func all(_ backend: DatabaseBackend) -> [String] {
        [
            """
            CREATE TABLE v (
                id BIGINT PRIMARY KEY, t TEXT, i BIGINT, r DOUBLE PRECISION, b BOOLEAN,
                x \(backend.bytesType)
            )
            """
        ]
    }

    private static let insert = "INSERT INTO v (id, t, i, r, b, x) VALUES (1, $1, $2, $3, $4, $5)"

    private func roundTrip(_ backend: DatabaseBackend, _ values: [SQLValue]) async throws -> Row {
        var found: Row?
        try await backend.with(Self.all(backend)) { database in
            try await database.transaction(in: .none) { transaction in
                try await transaction.execute(Statement(Self.insert, values))
            }
            found = try await database.read(in: .none, [Statement("SELECT * FROM v")])[0].first
        }
        return try #require(found)
    }

    @Test(arguments: DatabaseBackend.all)
    func aNullCharacterIsRefusedInATextAndInAStatement(_ backend: DatabaseBackend) async throws {
        try await backend.with(Self.all(backend)) { database in
            let failure = StorageFailure.invalid("$1: text holds a null character")
            await #expect(throws: failure) {
                try await database.read(in: .none, [Statement("SELECT $1 AS t", ["a\u{0}b"])])
            }
            await #expect(throws: failure) {
                try await database.transaction(in: .none) { transaction in
                    try await transaction.query(Statement("SELECT $1 AS t", ["a\u{0}b"]))
                }
            }
            await #expect(throws: StorageFailure.self) {
                try await database.read(in: .none, [Statement("SELECT 1\u{0}")])
            }
        }
    }

    @Test(arguments: DatabaseBackend.all)
    func aNumberThatIsNoneIsRefused(_ backend: DatabaseBackend) async throws {
        await #expect(throws: StorageFailure.invalid("$3: a number is not a number")) {
            try await roundTrip(backend, [.null, .null, .real(.nan), .null, .null])
        }
    }

    @Test(arguments: DatabaseBackend.all, [0, 1, 3])
    func valuesAndParametersAreOfOneNumber(_ backend: DatabaseBackend, _ count: Int) async throws {
        try await backend.with(Self.all(backend)) { database in
            let values = [SQLValue](repeating: .integer(1), count: count)
            await #expect {
                try await database.read(
                    in: .none, [Statement("SELECT id FROM v WHERE i = $1 OR i = $2", values)])
            } throws: { error in
                if case .invalid = error as? StorageFailure { true } else { false }
            }
        }
    }

    @Test(arguments: DatabaseBackend.all)
    func twoStatementsInOneAreRefused(_ backend: DatabaseBackend) async throws {
        try await backend.with(Self.all(backend)) { database in
            await #expect(throws: StorageFailure.self) {
                try await database.transaction(in: .none) { transaction in
                    try await transaction.execute(
                        Statement("INSERT INTO v (id) VALUES (1); DELETE FROM v"))
                }
            }
        }
    }

    @Test(arguments: DatabaseBackend.all)
    func nullIsNoEmptyText(_ backend: DatabaseBackend) async throws {
        let row = try await roundTrip(backend, [.null, .null, .null, .null, .null])
        #expect(row.columns == ["id", "t", "i", "r", "b", "x"])
        #expect(try row.text(orNull: "t") == nil)
        #expect(try row.integer(orNull: "i") == nil)
        #expect(try row.real(orNull: "r") == nil)
        #expect(try row.boolean(orNull: "b") == nil)
        #expect(try row.bytes(orNull: "x") == nil)
        #expect(throws: StorageFailure.column("t", expected: "text", found: "NULL")) {
            try row.text("t")
        }
    }

    @Test(arguments: DatabaseBackend.all)
    func emptyIsNotNull(_ backend: DatabaseBackend) async throws {
        let row = try await roundTrip(backend, ["", 0, 0.0, false, .bytes([])])
        #expect(try row.text("t") == "")
        #expect(try row.bytes("x") == [])
        #expect(try row.boolean("b") == false)
    }

    @Test(arguments: DatabaseBackend.all, [Int64.min, -1, 0, 1, Int64.max])
    func integersKeepAllTheirBits(_ backend: DatabaseBackend, _ number: Int64) async throws {
        let row = try await roundTrip(backend, [.null, .integer(number), .null, .null, .null])
        #expect(try row.integer("i") == number)
    }

    @Test(
        arguments: DatabaseBackend.all,
        [-0.0, 1.0, 0.1, .greatestFiniteMagnitude, .leastNonzeroMagnitude, .infinity])
    func numbersKeepAllTheirBits(_ backend: DatabaseBackend, _ number: Double) async throws {
        let row = try await roundTrip(backend, [.null, .null, .real(number), .null, .null])
        #expect(try row.real("r") == number)
    }

    @Test(
        arguments: DatabaseBackend.all,
        ["ß", "\u{1F512}\u{10FFFF}", "e\u{301}", "'\"$1 -- ;", "\u{FEFF}a", "\r\n\t"])
    func textsKeepTheirCharacters(_ backend: DatabaseBackend, _ text: String) async throws {
        let row = try await roundTrip(backend, [.text(text), .null, .null, true, .null])
        #expect(Array(try row.text("t").utf8) == Array(text.utf8))
        #expect(try row.boolean("b"))
    }

    @Test(arguments: DatabaseBackend.all)
    func longTextsAndBytesComeBackWhole(_ backend: DatabaseBackend) async throws {
        let text = String(repeating: "ä🔒", count: 350_000)
        let bytes = (0..<2_000_000).map { UInt8(truncatingIfNeeded: $0 &* 31) }
        let row = try await roundTrip(backend, [.text(text), .null, .null, .null, .bytes(bytes)])
        #expect(try row.text("t") == text)
        #expect(try row.bytes("x") == bytes)
    }

    @Test(arguments: DatabaseBackend.all)
    func parametersAreBoundByTheirNumbers(_ backend: DatabaseBackend) async throws {
        try await backend.with(Self.all(backend)) { database in
            try await database.transaction(in: .none) { transaction in
                try await transaction.execute(Statement("INSERT INTO v (id, t) VALUES (1, 'old')"))
                let update = "UPDATE v SET t = $2 WHERE id = $1 AND $2 <> t"
                #expect(try await transaction.execute(Statement(update, [1, "new"])) == 1)
                #expect(try await transaction.execute(Statement(update, [1, "new"])) == 0)
            }
            let rows = try await database.read(
                in: .none,
                [
                    Statement(
                        "SELECT t FROM v WHERE t = $3 OR (id = $1 AND t = $2)",
                        [1, "new", "none"])
                ])[0]
            #expect(try rows.map { row in try row.text("t") } == ["new"])
        }
    }

    @Test(arguments: DatabaseBackend.all)
    func aColumnIsAskedForByNameAndType(_ backend: DatabaseBackend) async throws {
        let row = try await roundTrip(backend, ["7", 7, 7.0, true, .bytes([7])])
        #expect(throws: StorageFailure.column("t", expected: "integer", found: "text")) {
            try row.integer("t")
        }
        #expect(throws: StorageFailure.column("i", expected: "text", found: "integer")) {
            try row.text("i")
        }
        #expect(throws: StorageFailure.column("i", expected: "boolean", found: "integer")) {
            try row.boolean("i")
        }
        #expect(throws: StorageFailure.column("r", expected: "integer", found: "real")) {
            try row.integer("r")
        }
        #expect(throws: StorageFailure.column("x", expected: "text", found: "bytes")) {
            try row.text("x")
        }
        #expect(throws: StorageFailure.self) { try row.text("missing") }
    }

    @Test(arguments: DatabaseBackend.all)
    func caseCountsInPatterns(_ backend: DatabaseBackend) async throws {
        try await backend.with([]) { database in
            let row = try await database.read(
                in: .none, [Statement("SELECT 'Ab' LIKE 'ab' AS same, 'Ab' LIKE 'A%' AS prefix")]
            )[0][0]
            #expect(try row.boolean("same") == false)
            #expect(try row.boolean("prefix"))
        }
    }
}
