import Foundation
import Synchronization

/// A PostgreSQL of this machine on a socket in a folder of its own; anyone may connect as anyone.
package final class PostgreSQLServer: Sendable {
    /// The programs' folder; `nil` where PostgreSQL is not installed.
    package static let programs = Installed.folder(
        of: "postgres", in: ["/usr/lib/postgresql/15/bin"])

    /// One for every test that does not stop it, started by the first; it ends with the process.
    package static let shared = Result { try PostgreSQLServer() }

    private static let user = "postgres"
    private let process: Mutex<ServerProcess>
    package let folder: String

    package init() throws {
        guard let programs = Self.programs else {
            throw ServerFault(message: "PostgreSQL is not installed")
        }
        let folder = try ServerProcess.makeFolder("pg", user: Self.user)
        try ServerProcess.run(
            [
                "\(programs)/initdb", "-D", "\(folder)/data", "-A", "trust", "-U", "postgres",
                "-E", "UTF8", "--locale=C", "--no-sync",
            ], user: Self.user)
        self.folder = folder
        process = Mutex(
            try ServerProcess(
                folder: folder, user: Self.user,
                [
                    "\(programs)/postgres", "-D", "\(folder)/data", "-k", folder,
                    "-c", "listen_addresses=", "-c", "fsync=off", "-c", "max_connections=200",
                ]))
        try waitUntilReady()
    }

    /// Ends every connection at once and the server with them.
    package func stop() { process.withLock { $0.stop(signal: "INT") } }

    /// Kills it as if memory had run out, and waits until nothing of it is left: the server's own
    /// processes notice a little later that the first one is gone.
    package func crash() throws {
        let lines = try String(contentsOfFile: "\(folder)/data/postmaster.pid", encoding: .utf8)
            .split(separator: "\n", omittingEmptySubsequences: false)
        // The key and the id of its shared memory.
        let memory = lines.count > 6 ? lines[6].split(separator: " ").last : nil
        process.withLock { $0.stop(signal: "KILL") }
        try ServerProcess.wait(for: "the end of PostgreSQL") {
            let table = try? String(contentsOfFile: "/proc/sysvipc/shm", encoding: .utf8)
            return !(table ?? "").split(separator: "\n").contains { line in
                let columns = line.split(separator: " ")
                // How many processes have it is the seventh column.
                return columns.count > 6 && columns[1] == memory && columns[6] != "0"
            }
        }
    }

    package func start() throws {
        try process.withLock { $0 = try $0.started() }
        try waitUntilReady()
    }

    /// A new empty database.
    /// - Returns: Its name.
    package func makeDatabase(owner: String) throws -> String {
        let name = "d" + UUID().uuidString.lowercased().filter { $0 != "-" }
        try run("CREATE DATABASE \(name) OWNER \(owner)")
        return name
    }

    /// How a client of the given role finds a database.
    package func connection(_ database: String, role: String) -> String {
        "host=\(folder) dbname=\(database) user=\(role)"
    }

    /// What the server's own client prints for some SQL, one line a row.
    @discardableResult
    package func run(
        _ sql: String, database: String = "postgres", role: String = "postgres"
    ) throws -> String {
        guard let programs = Self.programs else { return "" }
        return try ServerProcess.run(
            [
                "\(programs)/psql", "-XqAt", "-v", "ON_ERROR_STOP=1",
                connection(database, role: role),
            ], user: Self.user, input: sql)
    }

    private func waitUntilReady() throws {
        guard let programs = Self.programs else { return }
        try ServerProcess.wait(for: "PostgreSQL") {
            let status = try? ServerProcess.run(
                ["\(programs)/pg_isready", "-q", "-h", folder], user: Self.user)
            return status != nil
        }
    }
}
