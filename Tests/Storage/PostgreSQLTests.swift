import Servers
import Storage
import Testing

private let isInstalled = PostgreSQLServer.programs != nil

/// What PostgreSQL alone has: roles, the wall between tenants, and plans on the server.
@Suite(.enabled(if: isInstalled, "PostgreSQL 15 is not installed"))
struct PostgreSQLTests {
    private static let roles = TestPostgreSQL.roles
    private static let notes = Migration(
        1, "notes",
        [
            .both(
                """
                CREATE TABLE notes (
                    id TEXT PRIMARY KEY, organization_id TEXT NOT NULL, body TEXT NOT NULL
                )
                """)
        ] + roles.wall(around: "notes"))
    private static let all = Statement("SELECT id FROM notes ORDER BY id")

    /// Two tenants with a note each.
    private func withNotes(
        limits: StorageLimits = .patient, _ body: (TestPostgreSQL) async throws -> Void
    ) async throws {
        try await TestPostgreSQL.with(limits: limits) { test in
            try await Migrator.run(test.owner, [Self.notes], now: 0)
            try await Self.roles.grant(in: test.owner)
            for organization in ["org_a", "org_b"] {
                try await Self.add("note_\(organization)", to: organization, in: test.application)
            }
            try await body(test)
        }
    }

    private static func add(
        _ id: String, to organization: String, in database: PostgreSQLDatabase,
        scope: Scope? = nil
    ) async throws {
        try await database.transaction(in: scope ?? .organization(organization)) { transaction in
            try await transaction.execute(
                Statement(
                    "INSERT INTO notes VALUES ($1, $2, 'text')", [.text(id), .text(organization)]))
        }
    }

    @Test func aConnectionStringThatIsNoneIsRefusedWithoutRepeatingIt() {
        #expect(
            throws: StorageFailure.invalid("the connection string of PostgreSQL cannot be read")
        ) {
            try PostgreSQLDatabase("host=x password=secret nonsense", report: { _ in })
        }
    }

    @Test func theWorkersScopeNeedsTheirConnection() async throws {
        let database = try PostgreSQLDatabase("host=/nowhere", report: { _ in })
        await #expect(throws: StorageFailure.invalid("no connection of the system role was given"))
        {
            try await database.read(in: .system, [Self.all])
        }
    }

    @Test func anOrganizationWithoutAnIdIsRefused() async throws {
        let database = try PostgreSQLDatabase("host=/nowhere", report: { _ in })
        await #expect(
            throws: StorageFailure.invalid("the organization of a scope has no id")
        ) {
            try await database.read(in: .organization(""), [Self.all])
        }
    }

    @Test(
        arguments: [
            (Scope.none, []), (.organization("org_c"), []),
            (.organization("org_a' OR 'a'='a"), []), (.organization("org_a"), ["note_org_a"]),
            (.system, ["note_org_a", "note_org_b"]),
        ] as [(Scope, [String])])
    func aScopeShowsItsOwnRows(_ row: (scope: Scope, ids: [String])) async throws {
        try await withNotes { test in
            let read = try await test.application.read(in: row.scope, [Self.all])[0]
            #expect(try read.map { note in try note.text("id") } == row.ids)
            let inside = try await test.application.transaction(in: row.scope) { transaction in
                try await transaction.query(Self.all)
            }
            #expect(inside == read)
        }
    }

    @Test func noTenantIsLeftBehindOnAConnection() async throws {
        var limits = StorageLimits.patient
        limits.readers = 1
        limits.writers = 1
        try await withNotes(limits: limits) { test in
            let database = test.application
            for _ in 0..<3 {
                let own = try await database.read(in: .organization("org_a"), [Self.all])[0]
                let none = try await database.read(in: .none, [Self.all])[0]
                #expect(own.count == 1 && none.isEmpty)
                try await Self.writeNothing(in: .organization("org_b"), database, sees: 1)
                try await Self.writeNothing(in: .none, database, sees: 0)
            }
        }
    }

    private static func writeNothing(
        in scope: Scope, _ database: PostgreSQLDatabase, sees count: Int
    ) async throws {
        try await database.transaction(in: scope) { transaction in
            let seen = try await transaction.query(all).count
            #expect(seen == count)
        }
    }

    @Test func rowsOfOthersAreNeitherMadeNorMovedNorRemoved() async throws {
        try await withNotes { test in
            for scope in [Scope.organization("org_a"), .none] {
                await #expect(throws: StorageFailure.self) {
                    try await Self.add("new", to: "org_b", in: test.application, scope: scope)
                }
            }
            let statements = [
                "UPDATE notes SET body = 'taken' WHERE organization_id = 'org_b'",
                "DELETE FROM notes WHERE id = 'note_org_b'",
            ]
            for sql in statements {
                try await test.application.transaction(in: .organization("org_a")) { transaction in
                    let changed = try await transaction.execute(Statement(sql))
                    #expect(changed == 0)
                }
            }
            await #expect(throws: StorageFailure.self) {
                try await test.application.transaction(in: .organization("org_a")) { transaction in
                    try await transaction.execute(
                        Statement("UPDATE notes SET organization_id = 'org_b'"))
                }
            }
        }
    }

    /// The same by the server's own client, which knows nothing of scopes.
    @Test func theServerItselfKeepsTheWall() async throws {
        try await withNotes { test in
            func ask(_ sql: String, role: String = "ostiary_application") throws -> String {
                try test.server.run(sql, database: test.name, role: role)
            }
            let naming = "SELECT set_config('ostiary.organization', 'org_a', false);"
            let seen = try [
                ask("SELECT id FROM notes"), ask("\(naming) SELECT id FROM notes"),
                ask("SELECT id FROM notes ORDER BY id", role: "ostiary_system"),
                // The wall stands before the owner too.
                ask("SELECT id FROM notes", role: "ostiary_owner"),
            ]
            #expect(seen == ["", "org_a\nnote_org_a\n", "note_org_a\nnote_org_b\n", ""])
            for sql in [
                "SET row_security = off; SELECT id FROM notes", "SET ROLE ostiary_owner",
                "ALTER TABLE notes DISABLE ROW LEVEL SECURITY", "DROP TABLE notes",
                "TRUNCATE notes", "DELETE FROM schema_migrations", "CREATE TABLE mine (n BIGINT)",
            ] {
                #expect(throws: ServerFault.self, "\(sql)") { _ = try ask(sql) }
            }
        }
    }

    @Test func rolesThatBypassTheWallAreNamed() async throws {
        try await withNotes { test in
            #expect(try await test.application.roleFaults() == [])
            let owner = try await test.owner.roleFaults()
            let tables = ["notes", "schema_migrations"]
            #expect(owner == [.ownsTables(role: "ostiary_owner", tables: tables)])
            let superuser = try test.connect("postgres")
            try await closing([superuser]) {
                let faults = try await superuser.roleFaults()
                #expect(faults == [.superuser(role: "postgres")])
            }
        }
    }

    @Test func aRoleThatMayBecomeTheOwnerIsNamedToo() async throws {
        try await withNotes { test in
            let name = "member_\(test.name)"
            try test.server.run(
                "CREATE ROLE \(name) LOGIN NOINHERIT BYPASSRLS; GRANT ostiary_owner TO \(name)")
            let member = try test.connect(name)
            try await closing([member]) {
                let faults = try await member.roleFaults()
                #expect(
                    faults == [
                        .bypassesRowSecurity(role: name),
                        .ownsTables(role: name, tables: ["notes", "schema_migrations"]),
                    ])
            }
            try test.server.run("DROP ROLE \(name)")
        }
    }

    @Test func aServerThatForgetsIsNamed() async throws {
        try await TestPostgreSQL.with { test in
            let faults = try await test.application.durabilityFaults()
            #expect(faults.map(\.setting) == ["fsync"])
        }
    }

    @Test func rolesAreMadeOnceAndGrantsReachLaterTables() async throws {
        try await TestPostgreSQL.with { test in
            let roles = PostgreSQLRoles(
                application: "app \"\(test.name)\"", system: "sys_\(test.name)")
            for _ in 0..<2 {
                try await roles.create(in: test.owner)
                try await Migrator.run(test.owner, [], now: 0)
                try await roles.grant(in: test.owner)
            }
            try await DatabaseBackend.make(["CREATE TABLE later (n BIGINT)"], in: test.owner)
            try test.server.run(
                "INSERT INTO later VALUES (1)", database: test.name, role: roles.system)
            #expect(throws: ServerFault.self) {
                try test.server.run(
                    "DELETE FROM schema_migrations", database: test.name, role: roles.system)
            }
            #expect(throws: ServerFault.self) {
                try test.server.run(
                    "CREATE ROLE more", database: test.name, role: roles.system)
            }
        }
    }

    @Test func aMigrationOfAnotherNodeOutdatesNoPlan() async throws {
        try await withNotes { test in
            let wide = Statement("SELECT * FROM notes")
            let scope = Scope.organization("org_a")
            _ = try await test.application.read(in: scope, [wide])
            try await DatabaseBackend.make(
                ["ALTER TABLE notes ADD COLUMN more TEXT"], in: test.owner)
            let rows = try await test.application.read(in: scope, [wide])[0]
            #expect(rows[0].columns == ["id", "organization_id", "body", "more"])
            try await DatabaseBackend.make(["ALTER TABLE notes DROP COLUMN more"], in: test.owner)
            let columns = try await test.application.transaction(in: scope) { transaction in
                _ = try await transaction.query(wide)
                return try await transaction.query(wide)[0].columns
            }
            #expect(columns.count == 3)
        }
    }

    @Test func columnsOfOtherTypesAreRefused() async throws {
        try await TestPostgreSQL.with { test in
            await #expect(throws: StorageFailure.invalid("column `n` has the type 1700")) {
                try await test.application.read(in: .none, [Statement("SELECT 1.5 AS n")])
            }
        }
    }

    /// A scan of the whole table would conflict with every other writer.
    @Test func aWriterFindsItsRowByTheIndexOfASmallTableToo() async throws {
        let schema = [
            "CREATE TABLE t (id BIGINT PRIMARY KEY, n BIGINT NOT NULL)",
            "INSERT INTO t SELECT g, 0 FROM generate_series(1, 8) AS g",
            "ANALYZE t",
        ]
        try await DatabaseBackend.postgresql.with(schema) { database in
            let plan = try await database.transaction(in: .none) { transaction in
                try await transaction.query(
                    Statement("EXPLAIN UPDATE t SET n = n + 1 WHERE id = $1", [1]))
            }
            let lines = try plan.map { line in try line.text("QUERY PLAN") }
            #expect(lines.contains { $0.contains("Index Scan using t_pkey") }, "\(lines)")
        }
    }

    /// Where no index helps, the planner finds the scan so costly that it would compile it.
    @Test func aWritersScanIsNotCompiled() async throws {
        let schema = ["CREATE TABLE t (n BIGINT NOT NULL)", "INSERT INTO t VALUES (1)"]
        try await DatabaseBackend.postgresql.with(schema) { database in
            let plan = try await database.transaction(in: .none) { transaction in
                try await transaction.query(Statement("EXPLAIN ANALYZE UPDATE t SET n = n + 1"))
            }
            let lines = try plan.map { line in try line.text("QUERY PLAN") }
            #expect(lines.contains { $0.contains("Seq Scan on t") }, "\(lines)")
            #expect(!lines.contains { $0.hasPrefix("JIT") }, "\(lines)")
        }
    }
}
