import Storage
import Testing

@testable import Identity

/// Organizations with rows in every table that knows of one, and all that a database holds.
struct PurgeScene {
    let database: any Database
    let key: AuditKey

    /// Microseconds since 1970.
    static let now: Int64 = 1_700_000_000_000_000
    static let day: Int64 = 86_400_000_000
    /// Of those that nobody restores any more, by a microsecond.
    static let longAgo = now - 30 * day - 1

    /// Whose rows are nobody's.
    private static let people = [
        "INSERT INTO principals VALUES ('usr_1', 'default', 'account', NULL, 0)",
        "INSERT INTO accounts VALUES ('usr_1', 'Ada', 'active', NULL, 1, 0, 0)",
        """
        INSERT INTO idempotent_answers (
            principal_id, key_digest, request_digest, status, expires_at
        ) VALUES ('usr_1', $1, $1, 200, 0)
        """,
        """
        INSERT INTO sessions (
            id, account_id, client_id, kind, attempt_id, organization_id, network_address, acr,
            signed_in_at, created_at, last_active_at, idle_expires_at, expires_at
        ) VALUES ('ses_1', 'usr_1', 'c', 'token', 'att_1', NULL, 'a', 'aal1', 0, 0, 0, 0, 0)
        """,
        "INSERT INTO grants VALUES ('gra_1', 'usr_1', 'c', NULL, '*', 0)",
        """
        INSERT INTO refresh_families
        VALUES ('fam_1', 'gra_1', 'ses_1', NULL, 0, 0, NULL, NULL, 0, NULL, 0)
        """,
        "INSERT INTO refresh_tokens VALUES ('fam_1', 2, $1, 0, $1, 'tok_1', 0, 0)",
        "INSERT INTO platform_roles VALUES ('usr_1', 'administrator', 0)",
    ]

    /// An organization's, which all say its name: `X`.
    private static let belongings = [
        "INSERT INTO principals VALUES ('usr_X', 'default', 'account', NULL, 0)",
        "INSERT INTO accounts VALUES ('usr_X', 'Bob', 'active', 'org_X', 1, 0, 0)",
        "INSERT INTO principals VALUES ('svc_X', 'default', 'service', 'org_X', 0)",
        "INSERT INTO service_accounts VALUES ('svc_X', 'org_X', 'n', '', 'active', 1, 0, 0)",
        "INSERT INTO platform_roles VALUES ('svc_X', 'administrator', 0)",
        """
        INSERT INTO memberships
        VALUES ('mem_X', 'org_X', 'usr_1', 'active', 'manual', '{}', 1, 0, 0)
        """,
        """
        INSERT INTO memberships
        VALUES ('mem_svc_X', 'org_X', 'svc_X', 'active', 'manual', '{}', 1, 0, 0)
        """,
        "INSERT INTO roles VALUES ('rol_X', 'org_X', 'r', 1, FALSE, '[]', 1, 0, 0)",
        "INSERT INTO membership_roles VALUES ('org_X', 'mem_X', 'rol_X', 0, NULL)",
        "INSERT INTO membership_roles VALUES ('org_X', 'mem_svc_X', 'rol_X', 0, NULL)",
        "INSERT INTO organization_settings VALUES ('org_X', 'rol_X', '[]', 1, 0)",
        """
        INSERT INTO domains (
            id, organization_id, name, challenge, state, version, created_at, updated_at, misses,
            expires_at
        ) VALUES ('dom_X', 'org_X', 'X.test', 'c', 'pending', 1, 0, 0, 0, 1)
        """,
        """
        INSERT INTO api_keys (
            id, principal_id, organization_id, name, secret_digest, scopes, created_at
        ) VALUES ('key_X', 'usr_1', 'org_X', 'n', $1, '*', 0),
            ('key_svc_X', 'svc_X', 'org_X', 'n', $1, '*', 0)
        """,
        """
        INSERT INTO idempotent_answers (
            principal_id, key_digest, request_digest, status, expires_at
        ) VALUES ('svc_X', $1, $1, 200, 0)
        """,
        """
        INSERT INTO sessions (
            id, account_id, client_id, kind, attempt_id, organization_id, network_address, acr,
            signed_in_at, created_at, last_active_at, idle_expires_at, expires_at
        ) VALUES ('ses_X', 'usr_1', 'c', 'token', 'att_X', 'org_X', 'a', 'aal1', 0, 0, 0, 0, 0)
        """,
        "INSERT INTO session_evidence VALUES ('ses_X', 0, 'password', NULL, 0, FALSE)",
        "INSERT INTO grants VALUES ('gra_X', 'usr_1', 'c', 'org_X', '*', 0)",
        "INSERT INTO grants VALUES ('gra_svc_X', 'svc_X', 'c', NULL, '*', 0)",
        """
        INSERT INTO refresh_families VALUES
            ('fam_X', 'gra_X', 'ses_X', NULL, 0, 0, NULL, NULL, 0, NULL, 0),
            ('fam_svc_X', 'gra_svc_X', NULL, NULL, 0, 0, NULL, NULL, 0, NULL, 0)
        """,
        "INSERT INTO refresh_tokens VALUES ('fam_X', 2, $1, 0, $1, 'tok_X', 0, 0)",
        """
        INSERT INTO messages (
            id, organization_id, kind, recipient, lane, template, content, status, attempts,
            lease_until, next_attempt_at, created_at
        ) VALUES ('msg_X', 'org_X', 'mail', 'a@b', 'l', 't', $1, 'pending', 0, 0, 0, 0)
        """,
        """
        INSERT INTO decisions VALUES (
            'dec_X', 'org_X', 0, 'me:read', 'account', 'usr_1', TRUE, 'r', '[]', '{}', 'v', 'q')
        """,
        "INSERT INTO legal_holds VALUES ('hld_X', 'org_X', 'over', 0, 1)",
    ]

    func addPeople() async throws { try await insert(Self.people, "1") }

    /// A deleted organization, `org_` and its name.
    func add(_ name: String, deletedAt: Int64 = longAgo) async throws {
        let organization = """
            INSERT INTO organizations (
                id, realm_id, slug, name, tier, status, version, created_at, updated_at, deleted_at
            ) VALUES ('org_X', 'default', 'X', 'X', 'free', 'deleted', 1, 0, 0, \(deletedAt))
            """
        try await insert([organization] + Self.belongings, name)
        let entry = AuditEntry(
            id: "aud_\(name)", organization: "org_\(name)", occurredAt: 0, actorKind: .account,
            actor: "usr_1", action: "organization:delete", outcome: .allowed)
        let audit = AuditLog(key: key)
        try await database.transaction(in: .system) { try audit.append(entry, in: $0) }
    }

    private func insert(_ rows: [String], _ name: String) async throws {
        let statements = rows.map { sql in
            Statement(
                sql.replacing("X", with: name),
                sql.contains("$1") ? [.bytes(Array(name.utf8))] : [])
        }
        try await database.transaction(in: .system) { transaction in
            for statement in statements { try await transaction.execute(statement) }
        }
    }

    func change(_ sql: String) async throws {
        try await database.transaction(in: .system) { transaction in
            try await transaction.execute(Statement(sql))
        }
    }

    // MARK: What is there

    /// The rows of all tables as texts, but leases.
    func dump() async throws -> [String: [String]] {
        var dump: [String: [String]] = [:]
        for table in try await Catalogue(database).tables where table != "leases" {
            let rows = try await database.read(
                in: .system, [Statement("SELECT * FROM \(table)")])[0]
            dump[table] = rows.map { "\($0.values)" }.sorted()
        }
        return dump
    }
}

/// What a database says of its tables.
struct Catalogue {
    let database: any Database

    init(_ database: any Database) { self.database = database }

    private func names(_ sqlite: String, _ postgresql: String) async throws -> [String] {
        let sql = database.dialect == .sqlite ? sqlite : postgresql
        return try await database.read(in: .system, [Statement(sql)])[0].map {
            try $0.text("name")
        }
    }

    var tables: [String] {
        get async throws {
            try await names(
                "SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite%'",
                """
                SELECT CAST(relname AS TEXT) AS name FROM pg_class
                WHERE relkind = 'r' AND relnamespace = 'public'::regnamespace
                """)
        }
    }

    /// Those whose rows name an organization, by a column of that name.
    var ofOrganizations: [String] {
        get async throws {
            try await names(
                """
                SELECT m.name FROM sqlite_master m JOIN pragma_table_info(m.name) c
                WHERE m.type = 'table' AND c.name = 'organization_id'
                """,
                """
                SELECT CAST(c.relname AS TEXT) AS name FROM pg_class c
                JOIN pg_attribute a ON a.attrelid = c.oid AND a.attname = 'organization_id'
                WHERE c.relkind = 'r' AND c.relnamespace = 'public'::regnamespace
                """)
        }
    }

    /// Those with a foreign key to a table.
    func referring(to table: String) async throws -> [String] {
        try await names(
            """
            SELECT m.name FROM sqlite_master m JOIN pragma_foreign_key_list(m.name) f
            WHERE m.type = 'table' AND f."table" = '\(table)'
            """,
            """
            SELECT CAST(c.relname AS TEXT) AS name FROM pg_constraint k
            JOIN pg_class c ON c.oid = k.conrelid
            WHERE k.contype = 'f' AND k.confrelid = '\(table)'::regclass
            """)
    }
}
