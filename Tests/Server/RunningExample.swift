import Bundles
import Foundation
import Glibc
import Logging
import Loopback
import Outbound
import Server
import Testing

/// A server of this process on a free port of the loopback, for as long as `body` takes.
/// - Parameter policies: Text of modules by file name, beside data as `data.json`.
func withServer(
    _ policies: [String: String], hasFastPath: Bool = true,
    changing change: @escaping @Sendable (inout ServerOptions) -> Void = { _ in },
    _ body: @escaping @Sendable (Client, URL) async throws -> Void
) async throws {
    let folder = FileManager.default.temporaryDirectory.appending(path: UUID().uuidString)
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(at: folder) }
    for (name, text) in policies {
        try text.write(to: folder.appending(path: name), atomically: true, encoding: .utf8)
    }
    var options = ServerOptions()
    options.addresses = ["127.0.0.1:0"]
    options.paths = [folder.path]
    options.hasFastPath = hasFastPath
    change(&options)
    var logger = Logger(label: "test")
    logger.logLevel = .critical
    let (started, announce) = AsyncStream.makeStream(of: RunningServer.self)
    let serving = Task { [options, logger] in
        defer { announce.finish() }
        try await serve(options, host: .system, logger: logger) { announce.yield($0) }
    }
    var servers = started.makeAsyncIterator()
    guard let server = await servers.next() else { return try await serving.value }
    let port = try #require(
        server.addresses.first?.split(separator: ":").last.flatMap { UInt16($0) })
    let result: Result<Void, any Error>
    do {
        result = .success(try await body(Client(port: port), folder))
    } catch { result = .failure(error) }
    await server.stop()
    try await serving.value
    try result.get()
}

/// Bytes to a server and bytes back, over a socket of its own for each exchange.
struct Client: Sendable {
    let port: UInt16

    /// Sends everything, then reads until the server closes; ten seconds of silence are a failure.
    /// A server may answer and close before it has read all: that is no failure.
    func exchange(_ request: [UInt8]) async throws -> [UInt8] {
        // A thread that waits must be none of those that the server's tasks run on.
        try await withCheckedThrowingContinuation { waiting in
            Thread.detachNewThread { waiting.resume(with: Result { try wait(request) }) }
        }
    }

    private func wait(_ request: [UInt8]) throws -> [UInt8] {
        let connection = try connectedSocket(port: port)
        defer { close(connection) }
        var sent = 0
        while sent < request.count {
            let count = unsafe request[sent...].withUnsafeBytes {
                unsafe send(connection, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL))
            }
            guard count > 0 else { break }
            sent += count
        }
        var answer: [UInt8] = []
        var part = [UInt8](repeating: 0, count: 64 << 10)
        while true {
            let count = unsafe part.withUnsafeMutableBytes {
                unsafe recv(connection, $0.baseAddress, $0.count, 0)
            }
            if count == 0 { return answer }
            guard count > 0 else {
                if answer.isEmpty { throw POSIXError(POSIXErrorCode(rawValue: errno) ?? .EIO) }
                return answer
            }
            answer += part[..<count]
        }
    }

    /// One request of the API.
    func ask(
        _ method: String, _ target: String, _ body: String? = nil, fields: [String] = []
    ) async throws -> Reply {
        var lines = ["\(method) \(target) HTTP/1.1", "Host: localhost", "Connection: close"]
        lines += fields
        if let body { lines.append("Content-Length: \(body.utf8.count)") }
        let text = lines.joined(separator: "\r\n") + "\r\n\r\n" + (body ?? "")
        return Reply(String(decoding: try await exchange(Array(text.utf8)), as: UTF8.self))
    }
}

/// An answer, taken apart.
struct Reply {
    let status: Int
    let head: String
    let body: String

    init(_ text: String) {
        let parts = text.components(separatedBy: "\r\n\r\n")
        head = parts[0]
        body = parts.dropFirst().joined(separator: "\r\n\r\n")
        status = Int(head.split(separator: " ").dropFirst().first ?? "") ?? 0
    }

    var json: [String: Any] {
        get throws {
            let value = try JSONSerialization.jsonObject(with: Data(body.utf8))
            return value as? [String: Any] ?? [:]
        }
    }

    /// The `code` and `message` of OPA's errors.
    var refusal: String {
        get throws {
            let json = try json
            return "\(json["code"] ?? "none"): \(json["message"] ?? "none")"
        }
    }
}
