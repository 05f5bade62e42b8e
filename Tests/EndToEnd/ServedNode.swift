import Foundation
import Loopback
import Servers
import Testing

/// The built binary as a node, on free ports of the loopback.
final class ServedNode: Sendable {
    let client: Client
    /// What it has printed and logged since its start.
    let log: String
    private let process: ServerProcess

    static let binary = URL(filePath: "/proc/self/exe").resolvingSymlinksInPath()
        .deletingLastPathComponent().appending(path: "ostiary").path
    /// Tests that are run by root run it as root.
    private static let user = "root"

    /// - Throws: `ServerFault` where it does not serve after half a minute.
    static func start(_ installation: EmptyInstallation) async throws -> ServedNode {
        let flags = installation.nodeFlags + ["--no-call-limits"]
        return try await waiting { try ServedNode(flags) }
    }

    private init(_ flags: [String]) throws {
        let folder = try ServerProcess.makeFolder("node", user: Self.user)
        let ports = ["--addr", "127.0.0.1:0", "--public-addr", "127.0.0.1:0"]
        let process = try ServerProcess(
            folder: folder, user: Self.user, [Self.binary, "serve"] + ports + flags)
        var log = ""
        do {
            try ServerProcess.wait(for: "the node") {
                log = (try? String(contentsOfFile: "\(folder)/log", encoding: .utf8)) ?? ""
                return log.contains("try: ") || log.contains(" error occurred: ")
            }
        } catch { throw ServerFault(message: "\(error): \(log)") }
        guard let page = log.firstMatch(of: /identity on http:\/\/127\.0\.0\.1:([0-9]+)\/docs/),
            let port = UInt16(page.1)
        else { throw ServerFault(message: log) }
        self.process = process
        self.log = log
        client = Client(port: port)
    }

    /// The same with all that came after it.
    var wholeLog: String {
        get throws { try String(contentsOfFile: "\(process.folder)/log", encoding: .utf8) }
    }

    /// Nothing that it could still do, it does.
    func kill() async throws { try await waiting { self.process.stop(signal: "KILL") } }

    /// As a supervisor ends it.
    func end() async throws { try await waiting { self.process.stop(signal: "TERM") } }

    /// A command of the binary, run to its end.
    /// - Returns: What it printed.
    /// - Throws: `ServerFault` where it failed, with what it printed.
    static func run(_ arguments: [String]) async throws -> String {
        try await waiting {
            try ServerProcess.run([binary] + arguments, user: user)
        }
    }
}

/// How often a test repeats what seldom fails.
enum Rounds {
    /// - Parameter usual: Unless `OSTIARY_ROUNDS` says otherwise.
    static func count(_ usual: Int) -> Int {
        let wanted = ProcessInfo.processInfo.environment["OSTIARY_ROUNDS"].flatMap { Int($0) }
        let count = wanted ?? usual
        print("\(count) rounds; OSTIARY_ROUNDS sets another number")
        return count
    }
}
