import Foundation
import Testing

@testable import Outbound
@testable import RegoMachine

/// `http.send` over TLS with a certificate for `own.test` that `openssl` makes and signs itself.
@Suite struct TLSTests {
    /// A folder with `server.pem`, the certificate and its key; gone at the end.
    private final class Certificate {
        let folder = FileManager.default.temporaryDirectory
            .appending(path: "ostiary-tls-\(UUID().uuidString)")
        var file: String { folder.appending(path: "server.pem").path }

        init() throws {
            try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
            let process = Process()
            process.executableURL = URL(filePath: "/usr/bin/env")
            process.arguments = [
                "openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj",
                "/CN=own", "-addext", "subjectAltName=DNS:own.test", "-keyout", file, "-out",
                folder.appending(path: "root.pem").path,
            ]
            process.standardError = FileHandle.nullDevice
            try process.run()
            process.waitUntilExit()
            try #require(process.terminationStatus == 0, "openssl makes no certificate")
            let root = try Data(contentsOf: folder.appending(path: "root.pem"))
            let key = try Data(contentsOf: URL(filePath: file))
            try (key + root).write(to: URL(filePath: file))
        }

        deinit { try? FileManager.default.removeItem(at: folder) }
    }

    private func answer(_ url: String, _ change: (inout HTTPRequest) -> Void) -> String {
        var request = HTTPRequest(method: "GET", url: url)
        change(&request)
        switch HTTPExchange.answer(request) {
        case .response(let response): return response.status
        case .failure(_, let message): return message
        }
    }

    @Test func aServerMustProveItsName() throws {
        let certificate = try Certificate()
        let server = try LoopbackServer(certificate: certificate.file)
        let url = "https://127.0.0.1:\(server.port)/echo"
        let root = [UInt8](
            try Data(contentsOf: certificate.folder.appending(path: "root.pem")))
        #expect(answer(url) { _ in }.contains("certificate"))
        let wrongName = answer(url) { $0.tls.roots = root }
        #expect(wrongName.contains("127.0.0.1"), "\(wrongName)")
        let known = answer(url) { request in
            request.tls.roots = root
            request.tls.trustsSystem = false
            request.tls.serverName = "own.test"
        }
        #expect(known == "200 OK")
        let stranger = answer(url) { $0.tls.serverName = "own.test" }
        #expect(stranger.contains("certificate"), "\(stranger)")
        #expect(answer(url) { $0.tls.skipsVerification = true } == "200 OK")
    }

    @Test func filesOfCertificatesAreBoundedFiles() {
        guard case .failure = CredentialFiles.contents("/dev/zero"),
            case .failure(let reason) = CredentialFiles.contents("/no/such/file")
        else {
            Issue.record("no file was read")
            return
        }
        #expect(reason == "open /no/such/file: no such file or directory")
    }

    @Test func aFailedRequestIsSentAgainAsOftenAsAsked() {
        let started = RegoMachine.Host.system.monotonic()
        let message = answer("http://127.0.0.1:1/") { $0.retries = 1 }
        #expect(message.contains("Failed to connect"))
        #expect(RegoMachine.Host.system.monotonic() - started >= 100_000_000)
    }

    @Test func aCancelledRequestEnds() {
        let cancellation = Cancellation()
        cancellation.request()
        let message = answer("http://127.0.0.1:1/") { request in
            request.retries = 1_000
            request.cancellation = cancellation
        }
        #expect(message.contains("Failed to connect") || message.contains("canceled"))
    }

    @Test func aSocketIsNamedByTheQuery() throws {
        let target = try RequestTarget("unix://localhost/a?b=1&socket=%2Ftmp%2Fx.sock&c=2#d")
        #expect(target.socket == "/tmp/x.sock")
        #expect(target.url == "http://localhost/a?b=1&c=2")
        #expect(throws: RequestTarget.Refusal.self) { try RequestTarget("unix://a/b?socket=%zz") }
    }
}
