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

    /// - Parameter flags: Beyond those by which it finds its installation.
    /// - Throws: `ServerFault` where it does not serve after three minutes.
    static func start(
        _ installation: EmptyInstallation, _ flags: [String] = []
    ) async throws -> ServedNode {
        let flags = installation.nodeFlags + ["--no-call-limits"] + flags
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

// MARK: People

extension ServedNode {
    /// Somebody new, by the mail that it has printed.
    func signUp(_ address: String) async throws -> SignedIn {
        let begun = try await post(
            "/api/v1/auth/sign-up",
            """
            {"email":"\(address)","display_name":"Ada","password":"\(PublicServer.password)"}
            """)
        let attempt = try #require(try begun.json["attempt_token"] as? String, "\(begun.body)")
        let secret = try await secret(to: address)
        return try SignedIn(
            try await post(
                "/api/v1/auth/verify", #"{"token":"\#(secret)","attempt_token":"\#(attempt)"}"#))
    }

    func signIn(_ address: String) async throws -> SignedIn {
        let body = #"{"email":"\#(address)","password":"\#(PublicServer.password)"}"#
        return try SignedIn(try await post("/api/v1/auth/sign-in", body))
    }

    func refresh(_ token: String) async throws -> HTTPReply {
        try await client.ask(
            "POST", "/oauth2/token", "grant_type=refresh_token&refresh_token=\(token)",
            fields: ["Content-Type: application/x-www-form-urlencoded"])
    }

    private func post(_ path: String, _ body: String) async throws -> HTTPReply {
        try await client.ask("POST", path, body, fields: ["Content-Type: application/json"])
    }

    /// Of the link in the last mail to an address; waits until it is there.
    private func secret(to address: String) async throws -> String {
        for _ in 0..<500 {
            let mail = try wholeLog.components(separatedBy: "\nTo: \(address)\n").last ?? ""
            if let link = mail.firstMatch(of: /#(osm_\w+)/) { return String(link.1) }
            try await Task.sleep(for: .milliseconds(20))
        }
        throw ServerFault(message: "no mail to \(address): \(try wholeLog)")
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
