/// Why a role must not serve requests: the wall between tenants does not stop it.
public enum RoleFault: Error, Sendable, Hashable {
    /// It is a superuser, or may become one.
    case superuser(role: String)
    /// Row level security does not concern it, or a role that it may become.
    case bypassesRowSecurity(role: String)
    /// It may take the wall down: it owns these tables, or may become their owner.
    case ownsTables(role: String, tables: [String])
}

extension RoleFault: CustomStringConvertible {
    public var description: String {
        switch self {
        case .superuser(let role): "the role `\(role)` is a superuser"
        case .bypassesRowSecurity(let role): "the role `\(role)` bypasses row level security"
        case .ownsTables(let role, let tables):
            "the role `\(role)` owns \(tables.map { "`\($0)`" }.joined(separator: ", "))"
        }
    }
}

/// A setting of the server with which what was committed can be lost.
public struct DurabilityFault: Error, Sendable, Hashable, CustomStringConvertible {
    public let setting: String
    public let value: String

    public var description: String { "the server's `\(setting)` is `\(value)`" }
}

extension PostgreSQLDatabase {
    /// What is wrong with the roles of the connections; empty where they may serve.
    public func roleFaults() async throws -> [RoleFault] {
        var faults = try await roleFaults(in: .none)
        if hasSystem { faults += try await roleFaults(in: .system) }
        return faults
    }

    private func roleFaults(in scope: Scope) async throws -> [RoleFault] {
        let rights = Statement(
            """
            SELECT current_user AS role, bool_or(rolsuper) AS is_super,
                bool_or(rolbypassrls) AS bypasses
            FROM pg_roles WHERE pg_has_role(current_user, oid, 'MEMBER')
            """)
        let tables = Statement(
            """
            SELECT c.relname AS name
            FROM pg_class AS c JOIN pg_namespace AS n ON n.oid = c.relnamespace
            WHERE c.relkind IN ('r', 'p') AND n.nspname NOT IN ('pg_catalog', 'information_schema')
                AND n.nspname NOT LIKE 'pg_toast%'
                AND pg_has_role(current_user, c.relowner, 'MEMBER')
            ORDER BY c.relname LIMIT 5
            """)
        let answers = try await read(in: scope, [rights, tables])
        let row = answers[0][0]
        let role = try row.text("role")
        // A superuser is a member of every role.
        if try row.boolean("is_super") { return [.superuser(role: role)] }
        var faults: [RoleFault] = []
        if try row.boolean("bypasses") { faults.append(.bypassesRowSecurity(role: role)) }
        let owned = try answers[1].map { try $0.text("name") }
        if !owned.isEmpty { faults.append(.ownsTables(role: role, tables: owned)) }
        return faults
    }

    /// Settings that are off and must not be in production.
    public func durabilityFaults() async throws -> [DurabilityFault] {
        let rows = try await read(
            in: .none,
            [
                Statement(
                    """
                    SELECT name, setting FROM pg_settings
                    WHERE name IN ('fsync', 'full_page_writes', 'synchronous_commit')
                        AND setting = 'off'
                    ORDER BY name
                    """)
            ])[0]
        return try rows.map { row in
            DurabilityFault(setting: try row.text("name"), value: try row.text("setting"))
        }
    }
}
