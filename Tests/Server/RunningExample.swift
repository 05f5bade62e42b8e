import Bundles
import Foundation
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
