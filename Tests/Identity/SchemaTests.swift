import Identity
import Servers
import Storage
import Testing

/// The tables: each is a tenant's, or on a list that somebody looked at.
@Suite struct SchemaTests {
    /// No tenant's rows, or those of several: each with the reason why.
    private static let shared = [
        "realms": "holds the tenants",
        "organizations": "is the tenants",
        "principals": "an account may be in several organizations",
        "accounts": "as principals",
        "platform_roles": "concern the platform",
        "audit_entries": "have rows of the platform; queries name the chain",
        "decisions": "have rows of no organization, which their subjects read",
        "account_addresses": "as accounts",
        "api_keys": "say whose tenant a request is about before that is known",
        "idempotent_answers": "are found by who asked and what for",
        "messages": "may be an account's or the platform's; only workers read them",
        "leases": "hold names of workers",
        "sealing_checks": "concern the installation",
        "setup_links": "concern the installation",
        "legal_holds": "concern the installation or one of its organizations",
        "audit_prunings": "belong to chains of the record",
        "service_accounts": "as principals",
        "signing_keys": "are the installation's",
        "pending_registrations": "are nobody's yet",
        "address_requests": "concern an address that may be nobody's",
        "mail_links": "as address_requests",
        "asked_mails": "as address_requests",
        "credentials": "are an account's",
        "sign_in_lanes": "are digests of whom somebody wanted to be",
        "known_devices": "are an account's",
        "sessions": "are an account's",
        "session_evidence": "belong to sessions",
        "revocations": "are looked for by every node",
        "grants": "are an account's",
        "refresh_families": "belong to grants",
        "refresh_tokens": "belong to refresh_families",
        "maintenance": "is the installation's",
        "schema_migrations": "is the schema itself",
    ]

    private func names(_ database: any Database, _ sql: String) async throws -> [String] {
        try await database.read(in: .system, [Statement(sql)])[0].map { try $0.text("name") }
    }

    private func tables(_ database: any Database) async throws -> [String] {
        switch database.dialect {
        case .sqlite:
            try await names(
                database,
                "SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite%'")
        case .postgresql:
            try await names(
                database,
                """
                SELECT CAST(relname AS TEXT) AS name FROM pg_class
                WHERE relkind = 'r' AND relnamespace = 'public'::regnamespace
                """)
        }
    }

    /// The first column of a table's primary key.
    private func firstOfKey(_ table: String, _ database: any Database) async throws -> String? {
        switch database.dialect {
        case .sqlite:
            try await names(
                database, "SELECT name FROM pragma_table_info('\(table)') WHERE pk = 1"
            ).first
        case .postgresql:
            try await names(
                database,
                """
                SELECT CAST(a.attname AS TEXT) AS name FROM pg_index AS i
                JOIN pg_attribute AS a ON a.attrelid = i.indrelid AND a.attnum = i.indkey[0]
                WHERE i.indisprimary AND i.indrelid = '\(table)'::regclass
                """
            ).first
        }
    }

    @Test(arguments: IdentityDatabase.all)
    func everyTableIsATenantsOrOnTheList(_ backend: IdentityDatabase) async throws {
        try await backend.with { database in
            let tables = try await self.tables(database)
            #expect(tables.count > 8)
            for table in tables where Self.shared[table] == nil {
                let key = try await self.firstOfKey(table, database)
                #expect(key == "organization_id", "\(table) is no tenant's table")
            }
            for table in Self.shared.keys { #expect(tables.contains(table), "\(table)") }
        }
    }

    @Test(arguments: IdentityDatabase.all)
    func aTenantsRowRefersToNoOthers(_ backend: IdentityDatabase) async throws {
        try await backend.with { database in
            try await database.transaction(in: .system) { transaction in
                for (id, slug) in [("org_a", "a"), ("org_b", "b")] {
                    try await transaction.execute(
                        Statement(
                            """
                            INSERT INTO organizations VALUES
                            ($1, 'default', $2, 'n', 'free', 'active', 1, 0, 0, NULL, NULL, NULL)
                            """, [.text(id), .text(slug)]))
                }
                for sql in [
                    "INSERT INTO principals VALUES ('usr_1', 'default', 'account', NULL, 0)",
                    """
                    INSERT INTO memberships VALUES
                    ('mem_1', 'org_a', 'usr_1', 'active', 'manual', '{}', 1, 0, 0)
                    """,
                    "INSERT INTO roles VALUES ('rol_1', 'org_b', 'r', 1, FALSE, '[]', 1, 0, 0)",
                ] { try await transaction.execute(Statement(sql)) }
            }
            for organization in ["org_a", "org_b"] {
                await #expect(throws: StorageFailure.constraint(.foreignKey, name: nil)) {
                    try await database.transaction(in: .system) { transaction in
                        try await transaction.execute(
                            Statement(
                                """
                                INSERT INTO membership_roles
                                VALUES ($1, 'mem_1', 'rol_1', 0, NULL)
                                """,
                                [.text(organization)]))
                    }
                }
            }
        }
    }

    @Test(arguments: IdentityDatabase.all)
    func slugsAreUniqueInARealm(_ backend: IdentityDatabase) async throws {
        try await backend.with { database in
            let insert = "INSERT INTO organizations VALUES "
            await #expect(
                throws: StorageFailure.constraint(.unique, name: "organizations_slug_key")
            ) {
                try await database.transaction(in: .system) { transaction in
                    for id in ["org_a", "org_b"] {
                        try await transaction.execute(
                            Statement(
                                insert
                                    + """
                                    ($1, 'default', 's', 'n', 'free', 'active', 1, 0, 0,
                                        NULL, NULL, NULL)
                                    """, [.text(id)]))
                    }
                }
            }
        }
    }

    @Test(.enabled(if: PostgreSQLServer.programs != nil, "PostgreSQL is not installed"))
    func textsAreOrderedByTheirBytesWhateverTheServersLanguage() async throws {
        try await IdentityDatabase.postgresql.with { database in
            let others = try await self.names(
                database,
                """
                SELECT CAST(c.relname || '.' || a.attname AS TEXT) AS name FROM pg_attribute AS a
                JOIN pg_class AS c ON c.oid = a.attrelid
                JOIN pg_collation AS o ON o.oid = a.attcollation
                WHERE c.relkind = 'r' AND c.relnamespace = 'public'::regnamespace
                    AND a.attnum > 0 AND o.collname <> 'C' AND c.relname <> 'schema_migrations'
                """)
            #expect(others == [])
        }
    }

    @Test(.enabled(if: PostgreSQLServer.programs != nil, "PostgreSQL is not installed"))
    func theApplicationSeesNoOtherTenantsRows() async throws {
        try await IdentityDatabase.postgresql.with { database in
            try await database.transaction(in: .system) { transaction in
                for sql in [
                    """
                    INSERT INTO organizations VALUES
                    ('org_a', 'default', 'a', 'n', 'free', 'active', 1, 0, 0, NULL, NULL, NULL)
                    """,
                    "INSERT INTO roles VALUES ('rol_1', 'org_a', 'r', 1, FALSE, '[]', 1, 0, 0)",
                ] { try await transaction.execute(Statement(sql)) }
            }
            let tenants = try await self.tables(database).filter { Self.shared[$0] == nil }
            let walls = try await self.names(
                database,
                """
                SELECT CAST(relname AS TEXT) AS name FROM pg_class
                WHERE relrowsecurity AND relforcerowsecurity
                """)
            #expect(Set(walls) == Set(tenants + ["audit_entries", "decisions", "messages"]))
            for (scope, count) in [
                (Scope.none, 0), (.organization("org_b"), 0), (.organization("org_a"), 1),
                (.organization("org_a' OR TRUE --"), 0),
            ] {
                let rows = try await database.read(in: scope, [Statement("SELECT id FROM roles")])
                #expect(rows[0].count == count, "\(scope)")
            }
            await #expect(throws: StorageFailure.self) {
                try await database.transaction(in: .organization("org_b")) { transaction in
                    try await transaction.execute(
                        Statement(
                            """
                            INSERT INTO roles VALUES
                            ('rol_2', 'org_a', 's', 1, FALSE, '[]', 1, 0, 0)
                            """))
                }
            }
        }
    }

    /// Tokens of before are good as they were.
    @Test(arguments: IdentityDatabase.all)
    func aFamilyOfBeforeKnowsItsNewestToken(_ backend: IdentityDatabase) async throws {
        try await Turns.databases.take {
            try await EmptyInstallation.with(backend) { installation in
                try await installation.open(upTo: 17) { database in
                    try await database.transaction(in: .system) { transaction in
                        for sql in Self.familyOfBefore {
                            try await transaction.execute(Statement(sql))
                        }
                        for place in 1...3 as ClosedRange<Int64> {
                            let digest = SQLValue.bytes([UInt8(place)])
                            try await transaction.execute(
                                Statement(
                                    """
                                    INSERT INTO refresh_tokens VALUES (
                                        'fam_1', $1, $2, $2, 'tok_1', 0, $3, NULL)
                                    """, [.integer(place), digest, .integer(place * 10)]))
                        }
                    }
                }
                try await installation.open { database in
                    let rows = try await database.read(
                        in: .system, [Statement("SELECT * FROM refresh_families ORDER BY id")])[0]
                    #expect(try rows.map { try $0.integer("newest_place") } == [3, 0])
                    #expect(try rows.map { try $0.bytes(orNull: "newest_digest") } == [[3], nil])
                    let ends = try rows.map { try $0.integer(orNull: "newest_expires_at") }
                    #expect(ends == [30, nil])
                    // What each but the first was given for.
                    let tokens = try await database.read(
                        in: .system, [Statement("SELECT * FROM refresh_tokens ORDER BY place")])[0]
                    #expect(try tokens.map { try $0.integer("place") } == [2, 3])
                    #expect(try tokens.map { try $0.bytes("used_digest") } == [[1], [2]])
                    #expect(try tokens.map { try $0.integer("used_expires_at") } == [10, 20])
                    #expect(try tokens.map { try $0.integer("expires_at") } == [20, 30])
                }
            }
        }
    }

    private static let familyOfBefore = [
        "INSERT INTO principals VALUES ('usr_1', 'default', 'account', NULL, 0)",
        "INSERT INTO grants VALUES ('gra_1', 'usr_1', 'c', NULL, '*', 0)",
        "INSERT INTO refresh_families VALUES ('fam_1', 'gra_1', NULL, NULL, 0, 0, NULL, NULL)",
        "INSERT INTO refresh_families VALUES ('fam_2', 'gra_1', NULL, NULL, 0, 0, NULL, NULL)",
    ]

    @Test func idsSortByTimeAndSayWhatTheyAreOf() {
        let host = StillHost()
        let ids = (0..<50).map { second in
            Identifier(.audit, host.host(now: Int64(second) * 1_000_000_000)).text
        }
        #expect(ids == ids.sorted() && Set(ids).count == 50)
        #expect(ids.allSatisfy { $0.hasPrefix("aud_") && $0.count == 30 && $0 == $0.lowercased() })
    }
}
