/// The roles with which nodes connect. A third one owns the tables and migrates; the node that has
/// its connection needs it for no longer than that.
///
/// In order: `create`, then the migrations, whose policies name the roles, then `grant`. Each may
/// be repeated at every start.
public struct PostgreSQLRoles: Sendable, Hashable {
    /// Serves requests: sees the rows of the tenant that is named, and of no other.
    public let application: String
    /// The workers', with policies of its own that show every tenant's rows.
    public let system: String

    public init(application: String, system: String) {
        self.application = application
        self.system = system
    }

    /// Makes the roles that are missing; they may log in and nothing else. Passwords are the
    /// operator's matter: they would stand in the server's log.
    /// - Parameter owner: A database of a role that may create roles.
    public func create(in owner: PostgreSQLDatabase) async throws {
        do {
            try await make(in: owner)
        } catch is StorageFailure {
            // Roles are the server's, which the lock of a database does not guard: another
            // installation may have made them just now. Then they are there.
            try await make(in: owner)
        }
    }

    private func make(in owner: PostgreSQLDatabase) async throws {
        try await owner.schemaChange { transaction in
            for role in [application, system] {
                let known = try await transaction.query(
                    Statement("SELECT rolname FROM pg_roles WHERE rolname = $1", [.text(role)]))
                guard known.isEmpty else { continue }
                try await transaction.execute(
                    Statement(
                        """
                        CREATE ROLE \(Identifier.quoted(role)) LOGIN NOSUPERUSER NOCREATEDB
                        NOCREATEROLE NOBYPASSRLS NOREPLICATION
                        """))
            }
        }
    }

    /// Lets both roles read and write rows, of the tables that are there and of those that the same
    /// owner will make, but not the record of migrations.
    public func grant(in owner: PostgreSQLDatabase) async throws {
        let roles = "\(Identifier.quoted(application)), \(Identifier.quoted(system))"
        let rights = "SELECT, INSERT, UPDATE, DELETE"
        try await owner.schemaChange { transaction in
            let schema = Identifier.quoted(
                try await transaction.query(Statement("SELECT current_schema() AS name"))[0]
                    .text("name"))
            var statements = [
                "GRANT USAGE ON SCHEMA \(schema) TO \(roles)",
                "GRANT \(rights) ON ALL TABLES IN SCHEMA \(schema) TO \(roles)",
                """
                ALTER DEFAULT PRIVILEGES IN SCHEMA \(schema) GRANT \(rights) ON TABLES TO \(roles)
                """,
            ]
            let migrations = try await transaction.query(
                Statement("SELECT to_regclass('schema_migrations') IS NOT NULL AS is_there"))
            if try migrations[0].boolean("is_there") {
                statements.append(
                    "REVOKE INSERT, UPDATE, DELETE ON schema_migrations FROM \(roles)")
            }
            for sql in statements { try await transaction.execute(Statement(sql)) }
        }
    }

    /// The wall between tenants of one table that has an `organization_id`, as steps of the
    /// migration that makes it.
    ///
    /// The wall stands before the owner as well: a later migration that changes tenants' rows takes
    /// `FORCE` back and sets it again. SQLite has none; there, and here as the second wall, foreign
    /// keys over `(organization_id, id)` keep rows of two tenants apart.
    /// - Source: PostgreSQL documentation, "Row Security Policies".
    public func wall(around table: String) -> [Migration.Step] {
        let name = Identifier.quoted(table)
        // The setting is empty, not missing, once a connection has had it.
        let own = "organization_id = NULLIF(current_setting('ostiary.organization', true), '')"
        return [
            .postgresql("ALTER TABLE \(name) ENABLE ROW LEVEL SECURITY"),
            .postgresql("ALTER TABLE \(name) FORCE ROW LEVEL SECURITY"),
            .postgresql(
                """
                CREATE POLICY \(Identifier.quoted("\(table)_tenant")) ON \(name)
                TO \(Identifier.quoted(application)) USING (\(own)) WITH CHECK (\(own))
                """),
            .postgresql(
                """
                CREATE POLICY \(Identifier.quoted("\(table)_system")) ON \(name)
                TO \(Identifier.quoted(system)) USING (TRUE) WITH CHECK (TRUE)
                """),
        ]
    }
}

/// A name in SQL text, where no parameter can stand.
private enum Identifier {
    static func quoted(_ name: String) -> String {
        "\"\(name.replacing("\"", with: "\"\""))\""
    }
}
