import Foundation
import Synchronization

/// A Redis of this machine on a socket in a folder of its own, which keeps nothing on disk.
package final class RedisServer: Sendable {
    /// The programs' folder; `nil` where Redis is not installed.
    package static let programs = Installed.folder(
        of: "redis-server", in: ["/usr/bin", "/usr/local/bin"])

    /// One for every test that does not stop or empty it; it ends with the process.
    package static let shared = Result { try RedisServer() }

    private static let user = "redis"
    private let process: Mutex<ServerProcess>
    private let socket: String
    private let password: String?

    /// - Parameter settings: Beyond those of every test's server: `["maxmemory": "1mb"]`.
    package init(_ settings: [String: String] = [:]) throws {
        guard let programs = Self.programs else {
            throw ServerFault(message: "Redis is not installed")
        }
        let folder = try ServerProcess.makeFolder("redis", user: Self.user)
        socket = "\(folder)/socket"
        password = settings["requirepass"]
        let own = [
            "port": "0", "unixsocket": socket, "dir": folder, "save": "", "appendonly": "no",
        ]
        let all = own.merging(settings) { _, wanted in wanted }
        process = Mutex(
            try ServerProcess(
                folder: folder, user: Self.user,
                ["\(programs)/redis-server"] + all.flatMap { ["--\($0)", $1] }))
        try waitUntilReady()
    }

    package var address: String {
        "unix://" + (password.map { ":\($0)@" } ?? "") + socket
    }

    package func stop() { process.withLock { $0.stop(signal: "TERM") } }

    package func start() throws {
        try process.withLock { $0 = try $0.started() }
        try waitUntilReady()
    }

    /// What the server's own client prints.
    @discardableResult
    package func run(_ arguments: String...) throws -> String {
        guard let programs = Self.programs else { return "" }
        let credentials = password.map { ["--no-auth-warning", "-a", $0] } ?? []
        return try ServerProcess.run(
            ["\(programs)/redis-cli", "-s", socket] + credentials + arguments, user: Self.user)
    }

    private func waitUntilReady() throws {
        try ServerProcess.wait(for: "Redis") { (try? run("PING"))?.hasPrefix("PONG") == true }
    }
}
