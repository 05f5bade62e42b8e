import Foundation
import Identity
import Servers
import Storage
import Testing

/// `migrate` and `audit`, from outside, on a data folder that is gone afterwards.
@Suite struct AuditCommandTests {
    private func withFolder(_ body: (String) throws -> Void) throws {
        let folder = FileManager.default.temporaryDirectory.path + "/" + UUID().uuidString
        defer { try? FileManager.default.removeItem(atPath: folder) }
        try body(folder)
    }

    private static let allApplied = Identity.migrations.map { migration in
        "applied \(migration.number) \(migration.name)\n"
    }.joined()

    private func migrated(_ body: (String) throws -> Void) throws {
        try withFolder { folder in
            let run = try Invocation(["migrate", "--data-dir", folder])
            #expect(run.status == 0 && run.output == Self.allApplied)
            try body(folder)
        }
    }

    /// What somebody does who has the database and not the key.
    private func tamper(_ folder: String, _ sql: String) throws {
        let process = Process()
        process.executableURL = URL(fileURLWithPath: "/usr/bin/python3")
        let program = """
            import sqlite3, sys
            c = sqlite3.connect(sys.argv[1]); c.executescript(sys.argv[2]); c.commit()
            """
        process.arguments = ["-c", program, "\(folder)/ostiary.sqlite", sql]
        try process.run()
        process.waitUntilExit()
        #expect(process.terminationStatus == 0)
    }

    @Test func withoutADatabaseItIsSaidHowToMakeOne() throws {
        try withFolder { folder in
            let run = try Invocation(["audit", "verify", "--data-dir", folder])
            #expect(run.status == 2 && run.errors.contains("`ostiary migrate` makes one"))
            #expect(!FileManager.default.fileExists(atPath: folder))
        }
    }

    @Test func holdsArePlacedListedAndReleased() throws {
        try migrated { folder in
            let flags = ["--data-dir", folder]
            let unknown = try Invocation(
                ["audit", "hold", "--organization", "org_x", "--reason", "case"] + flags)
            #expect(unknown.status == 2 && unknown.errors.contains("org_x: there is none"))
            let placed = try Invocation(["audit", "hold", "--reason", "case 4711"] + flags)
            let id = placed.output.filter { $0 != "\n" }
            #expect(placed.status == 0 && id.hasPrefix("hld_"), "\(placed.errors)")
            let listed = try Invocation(["audit", "holds"] + flags)
            #expect(listed.output.contains(id) && listed.output.contains("case 4711"))
            #expect(try Invocation(["audit", "release", id] + flags).status == 0)
            let again = try Invocation(["audit", "release", id] + flags)
            #expect(again.status == 2 && again.errors.contains("no legal hold"))
            let record = try Invocation(["audit", "export"] + flags).output
            #expect(record.contains("audit:hold") && record.contains("audit:release"))
        }
    }

    @Test func aSecondMigrationHasNothingToDo() throws {
        try migrated { folder in
            let run = try Invocation(["migrate", "--data-dir", folder])
            #expect(run.output == "nothing to do: the schema is up to date\n")
        }
    }

    @Test func aChangedMigrationIsRefusedByName() throws {
        try migrated { folder in
            try tamper(folder, "UPDATE schema_migrations SET checksum = 'x' WHERE number = 2")
            let run = try Invocation(["migrate", "--data-dir", folder])
            #expect(run.status == 2 && run.errors.contains("migration 2 `audit` differs"))
        }
    }

    @Test func exportsAreRecordedAndTheRecordIsWhole() throws {
        try migrated { folder in
            let first = try Invocation(["audit", "export", "--data-dir", folder])
            #expect(first.output.split(separator: "\n").count == 1)
            let numbers = Identity.migrations.map { String($0.number) }.joined(separator: ",")
            #expect(first.output.contains(#""details":{"applied":[\#(numbers)]}"#))
            let second = try Invocation(
                ["audit", "export", "--action", "audit:export", "--data-dir", folder])
            #expect(second.output.contains(#""details":{"entries":1}"#))
            let verdict = try Invocation(["audit", "verify", "--data-dir", folder])
            #expect(verdict.status == 0)
            #expect(verdict.output == "whole: 3 rows, 1 chains, 0 findings\n")
        }
    }

    @Test(arguments: [
        ("UPDATE audit_entries SET action = 'schema:other'", "the row's code is not that of"),
        ("DELETE FROM audit_entries", "the chain ends before a head that was kept outside"),
    ])
    func whatWasTamperedWithIsNamed(_ sql: String, _ message: String) throws {
        try migrated { folder in
            try tamper(folder, sql)
            let run = try Invocation(["audit", "verify", "--data-dir", folder])
            #expect(run.status == 1 && run.output.contains(message), "\(run.output)")
            let json = try Invocation(["audit", "verify", "-f", "json", "--data-dir", folder])
            #expect(json.status == 1 && json.output.contains(message))
        }
    }

    @Test func aKeyThatOthersCanReadIsRefused() throws {
        try migrated { folder in
            let key = "\(folder)/audit.key"
            let (own, around) = (try permissions(key), try permissions(folder))
            #expect(own == 0o600 && around == 0o700)
            try FileManager.default.setAttributes([.posixPermissions: 0o644], ofItemAtPath: key)
            let run = try Invocation(["audit", "verify", "--data-dir", folder])
            #expect(run.status == 2 && run.errors.contains("is open to others"))
        }
    }

    private func permissions(_ path: String) throws -> Int? {
        try FileManager.default.attributesOfItem(atPath: path)[.posixPermissions] as? Int
    }

    @Test(arguments: [["--since", "yesterday"], ["--outcome", "maybe"]])
    func filtersThatMeanNothingAreRefused(_ flags: [String]) throws {
        try migrated { folder in
            let run = try Invocation(["audit", "search", "--data-dir", folder] + flags)
            #expect(run.status == 2 && run.errors.contains("\(flags[0]) \(flags[1]):"))
        }
    }

    @Test func searchesFindByTimeAndAction() throws {
        let cases: [([String], Int)] = [
            ([], 1), (["--action", "schema:migrate", "--outcome", "allowed"], 1),
            (["--action", "schema:migrate'; DROP TABLE audit_entries; --"], 0),
            (["--until", "2020-01-01T00:00:00Z"], 0), (["--since", "2020-01-01T00:00:00.5Z"], 1),
        ]
        try migrated { folder in
            for (flags, count) in cases {
                let run = try Invocation(["audit", "search", "--data-dir", folder] + flags)
                #expect(run.status == 0, "\(run.errors)")
                #expect(run.output.split(separator: "\n").count - 4 == count, "\(flags)")
            }
        }
    }

    @Test(.enabled(if: PostgreSQLServer.programs != nil, "PostgreSQL is not installed"))
    func postgreSQLHasOneRoleForEachPurpose() throws {
        let server = try PostgreSQLServer()
        defer { server.stop() }
        try server.run("CREATE ROLE keeper LOGIN CREATEROLE")
        let name = try server.makeDatabase(owner: "keeper")
        func flags(_ application: String) -> [String] {
            [
                "--database", server.connection(name, role: application), "--database-system",
                server.connection(name, role: "ostiary_system"),
            ]
        }
        try withFolder { folder in
            let node = flags("ostiary_application") + ["--data-dir", folder]
            let owner = ["--database-owner", server.connection(name, role: "keeper")]
            let missing = try Invocation(["migrate"] + node)
            #expect(missing.status == 2 && missing.errors.contains("--database-owner is missing"))
            let half = try Invocation(["audit", "verify"] + Array(node[2...3]))
            #expect(half.status == 2 && half.errors.contains("wants --database"))

            let run = try Invocation(["migrate"] + node + owner)
            #expect(run.output == Self.allApplied, "\(run.errors)")
            let again = try Invocation(["migrate"] + node + owner)
            #expect(again.output == "nothing to do: the schema is up to date\n")
            let verdict = try Invocation(["audit", "verify"] + node)
            #expect(verdict.output == "whole: 1 rows, 1 chains, 0 findings\n")
            // The workers' role by its name.
            let short = try Invocation(
                ["audit", "verify", "--data-dir", folder] + Array(node.prefix(2)))
            #expect(short.output == verdict.output, "\(short.errors)")

            for (role, message) in [("keeper", "owns"), ("postgres", "is a superuser")] {
                let refused = try Invocation(
                    ["audit", "verify", "--data-dir", folder] + flags(role))
                #expect(refused.status == 2 && refused.errors.contains(message), "\(role)")
            }
        }
    }
}
