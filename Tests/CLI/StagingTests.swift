import Foundation
import Glibc
import Loopback
import Servers
import Testing

/// `make staging` without its build: the stack from its first line to its end.
@Suite struct StagingTests {
    @Test(.enabled(if: PostgreSQLServer.programs != nil, "PostgreSQL is not installed"))
    func theRequestsThatItPrintsAreAnsweredUntilItIsStopped() async throws {
        let stack = try StagingStack()
        defer { stack.end() }
        let requests = stack.lines.matches(
            of: /curl -s (?:-H '([^']+)' )?http:\/\/127\.0\.0\.1:([0-9]+)(\/\S*)/)
        #expect(requests.count == 3)
        var ports: Set<UInt16> = []
        for request in requests {
            let port = try #require(UInt16(request.2))
            ports.insert(port)
            let fields = request.1.map { [String($0)] } ?? []
            let reply = try await Client(port: port).ask("GET", String(request.3), fields: fields)
            #expect(reply.status == 200, "\(request.0): \(reply.body)")
        }
        #expect(ports.count == 2)
        kill(stack.process.processIdentifier, SIGINT)
        stack.process.waitUntilExit()
        #expect(stack.process.terminationStatus == 0)
        for port in ports {
            #expect(throws: POSIXError.self) { try connectedSocket(port: port) }
        }
        // The server removes it at its end.
        let isRunning = FileManager.default.fileExists(
            atPath: "\(stack.folder)/postgres/data/postmaster.pid")
        #expect(!isRunning)
    }
}

/// The script, with the built binary on free ports in a folder that is gone afterwards.
private struct StagingStack {
    let process = Process()
    let folder = FileManager.default.temporaryDirectory.path + "/" + UUID().uuidString
    /// What it printed until all of it was there.
    let lines: String

    init() throws {
        let output = Pipe()
        process.executableURL = URL(filePath: "/usr/bin/env")
        process.arguments = [
            "python3", Invocation.projectRoot.appending(path: "scripts/staging.py").path,
            "--binary", Invocation.binary.path, "--folder", folder, "--port", "0",
            "--decision-port", "0",
        ]
        process.standardOutput = output
        process.standardError = output
        try process.run()
        var lines = ""
        while !lines.contains("Ctrl-C stops it.\n") {
            let part = try #require(try output.fileHandleForReading.read(upToCount: 1))
            try #require(!part.isEmpty, "the stack ended: \(lines)")
            lines += String(decoding: part, as: UTF8.self)
        }
        self.lines = lines
    }

    func end() {
        if process.isRunning { process.terminate() }
        process.waitUntilExit()
        try? FileManager.default.removeItem(atPath: folder)
    }
}
