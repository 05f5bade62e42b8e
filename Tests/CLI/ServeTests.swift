import Foundation
import Glibc
import Loopback
import Testing

/// `serve` from its first line to its last: what a supervisor sees of it.
@Suite struct ServeTests {
    private static let policy = "package a\n\nsum := input.n + 1\n"

    @Test func aSignalLetsRequestsUnderWayEnd() throws {
        for signal in [SIGTERM, SIGINT] {
            let server = try ServingBinary(["p.rego": Self.policy])
            defer { server.end() }
            let body = #"{"input":{"n":1}}"#
            let head =
                "POST /v1/data/a/sum HTTP/1.1\r\nHost: localhost\r\n"
                + "Content-Length: \(body.utf8.count)\r\n\r\n"
            let idle = try server.connected()
            let asking = try server.connected()
            // One request and its answer: the server has this connection for certain.
            try idle.write(contentsOf: Data((head + body).utf8))
            #expect(try Self.text(idle, upTo: "}\n").hasPrefix("HTTP/1.1 200 OK\r\n"))
            try asking.write(contentsOf: Data((head + body).utf8))
            _ = try Self.text(asking, upTo: "}\n")
            try asking.write(contentsOf: Data((head + body.prefix(4)).utf8))
            // Each event loop answers after the beginning of the request was there to read: what
            // a loop has not read yet is an idle connection to it.
            for _ in 0..<2 * ProcessInfo.processInfo.activeProcessorCount {
                let other = try server.connected()
                try other.write(contentsOf: Data((head + body).utf8))
                _ = try Self.text(other, upTo: "}\n")
                try other.close()
            }

            kill(server.process.processIdentifier, signal)
            // The idle connection's end says that the server knows of the signal.
            #expect(try idle.readToEnd() ?? Data() == Data())
            #expect(throws: POSIXError.self) { try server.connected() }
            try asking.write(contentsOf: Data(body.dropFirst(4).utf8))
            let answer = try Self.text(asking, upTo: "}\n")
            #expect(answer.hasPrefix("HTTP/1.1 200 OK\r\n"), "\(answer)")
            server.process.waitUntilExit()
            #expect(server.process.terminationReason == .exit)
            #expect(server.process.terminationStatus == 0)
        }
    }

    @Test func theFirstLinesNameAddressAndRequest() throws {
        let server = try ServingBinary(["p.rego": Self.policy])
        defer { server.end() }
        #expect(server.firstLines.contains("serving on http://127.0.0.1:\(server.port)\n"))
        #expect(server.firstLines.contains("try: curl -s 127.0.0.1:\(server.port)/v1/data/a "))
    }

    @Test func anAddressThatIsTakenIsNamed() throws {
        let server = try ServingBinary(["p.rego": Self.policy])
        defer { server.end() }
        let address = "127.0.0.1:\(server.port)"
        let run = try Invocation(
            ["serve", "--decisions-only", "--addr", address, "p.rego"],
            files: ["p.rego": Self.policy])
        #expect(run.status != 0)
        #expect((run.errors + run.output).contains(address), "\(run.errors)")
    }

    @Test func decisionsWithoutACredentialAreForThisMachine() throws {
        for address in ["0.0.0.0:0", ":0", "[::]:0"] {
            let run = try Invocation(["serve", "--addr", address, "--data-dir", "data"])
            #expect(run.status == 2 && run.errors.contains("--decisions-only"), "\(run.errors)")
        }
    }

    @Test func theFirstStartPrintsALink() throws {
        let flags = ["--public-addr", "127.0.0.1:0", "--data-dir", "data", "p.rego"]
        let first = try ServingBinary(["p.rego": Self.policy], flags)
        #expect(first.firstLines.contains(/http:\/\/localhost:8080\/setup#[0-9a-f]{40}\n/))
        first.stop()
        // The link of a node that started at the same time stays good.
        let second = try ServingBinary(["p.rego": Self.policy], flags, in: first.folder)
        defer { second.end() }
        #expect(second.firstLines.contains("has printed\nthe link"), "\(second.firstLines)")
    }

    @Test func productionPrintsNoLink() throws {
        let server = try ServingBinary(
            ["p.rego": Self.policy],
            [
                "--public-addr", "127.0.0.1:0", "--data-dir", "data", "--production", "--issuer",
                "https://id.test", "--trusted-proxy", "127.0.0.1", "--smtp",
                "smtp://127.0.0.1:25", "--mail-from", "id@id.test", "p.rego",
            ])
        defer { server.end() }
        #expect(!server.firstLines.contains("setup"))
    }

    /// What a node did is sealed, and shown outside of the database, once it has ended.
    @Test func theRecordIsSealedAtTheEnd() throws {
        let server = try ServingBinary(
            ["p.rego": Self.policy],
            ["--public-addr", "127.0.0.1:0", "--data-dir", "data", "p.rego"])
        defer { server.end() }
        let page = try #require(
            server.firstLines.firstMatch(of: /http:\/\/127\.0\.0\.1:([0-9]+)\/docs/))
        let descriptor = try connectedSocket(port: try #require(UInt16(page.1)))
        let connection = FileHandle(fileDescriptor: descriptor, closeOnDealloc: true)
        // Refused, and therefore in the record.
        let request = "GET /api/v1/me HTTP/1.1\r\nHost: localhost:8080\r\n\r\n"
        try connection.write(contentsOf: Data(request.utf8))
        let answer = try Self.text(connection, upTo: "\r\n")
        #expect(answer.hasPrefix("HTTP/1.1 401 "), "\(answer)")
        kill(server.process.processIdentifier, SIGTERM)
        server.process.waitUntilExit()
        #expect(server.process.terminationStatus == 0)

        let data = server.folder.appending(path: "data")
        let heads = try String(contentsOf: data.appending(path: "audit.heads"), encoding: .utf8)
        #expect(heads.hasPrefix("platform "), "\(heads)")
        let verdict = try Invocation(["audit", "verify", "--data-dir", data.path])
        #expect(verdict.output == "whole: 2 rows, 1 chains, 0 findings\n")
    }

    private static func text(_ connection: FileHandle, upTo end: String) throws -> String {
        var text = ""
        while !text.contains(end), let part = try connection.read(upToCount: 1), !part.isEmpty {
            text += String(decoding: part, as: UTF8.self)
        }
        return text
    }
}

/// The built binary, serving files of a temporary folder on a free port of the loopback.
private struct ServingBinary {
    let process = Process()
    let firstLines: String
    let port: UInt16
    let folder: URL

    /// - Parameter folder: Of a server that ran before; `nil`: a new one.
    init(
        _ files: [String: String], _ flags: [String] = ["--decisions-only", "."],
        in folder: URL? = nil
    ) throws {
        self.folder =
            folder
            ?? FileManager.default.temporaryDirectory.appending(path: UUID().uuidString)
        let folder = self.folder
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        for (name, text) in files {
            try text.write(to: folder.appending(path: name), atomically: false, encoding: .utf8)
        }
        let output = Pipe()
        process.executableURL = Invocation.binary
        process.arguments = ["serve", "--addr", "127.0.0.1:0"] + flags
        process.currentDirectoryURL = folder
        process.standardOutput = output
        process.standardError = FileHandle.nullDevice
        try process.run()
        var lines = ""
        while !lines.contains("try: ") || lines.last != "\n" {
            let part = try #require(try output.fileHandleForReading.read(upToCount: 1))
            try #require(!part.isEmpty, "the server ended: \(lines)")
            lines += String(decoding: part, as: UTF8.self)
        }
        firstLines = lines
        let address = try #require(lines.firstMatch(of: /http:\/\/127\.0\.0\.1:([0-9]+)/))
        port = try #require(UInt16(address.1))
    }

    func connected() throws -> FileHandle {
        FileHandle(fileDescriptor: try connectedSocket(port: port), closeOnDealloc: true)
    }

    func stop() {
        if process.isRunning { process.terminate() }
        process.waitUntilExit()
    }

    func end() {
        stop()
        try? FileManager.default.removeItem(at: folder)
    }
}
