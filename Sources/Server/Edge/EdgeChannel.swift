import HummingbirdCore
import Logging
import NIOCore
import NIOHTTP1

/// The handlers of a connection: `FastPath`, the HTTP parser, `HTTPEdge`, then Hummingbird's.
struct EdgeChannel: ServerChildChannel {
    private let http: HTTP1Channel
    private let loops: [ObjectIdentifier: LoopState]
    private let hasFastPath: Bool
    private let word: Word
    private let threads: RequestThreads?

    typealias Respond =
        @Sendable (Request, consuming ResponseWriter, any Channel) async throws -> Void

    /// How a listener says that it cannot read a request.
    typealias Word = @Sendable (Refusal) -> Answer

    /// - Parameter threads: Where requests run; `nil`: on Swift's own.
    /// - Parameter respond: Answers what `FastPath` leaves to others.
    init(
        limits: RequestLimits, loops: [ObjectIdentifier: LoopState], hasFastPath: Bool,
        word: @escaping Word = { $0.answer }, threads: RequestThreads? = nil,
        respond: @escaping Respond
    ) {
        var configuration = HTTP1Channel.Configuration(
            additionalChannelHandlers: [MessageErrors()], idleTimeout: nil)
        configuration.httpDecoder = .init(
            maxHeaderFieldSize: limits.headBytes, maxHeaderListSize: limits.headBytes,
            maxHeaderFieldCount: limits.fields)
        http = HTTP1Channel(
            responder: respond,
            configuration: configuration)
        self.loops = loops
        self.hasFastPath = hasFastPath
        self.word = word
        self.threads = threads
    }

    func setup(channel: any Channel, logger: Logger) -> EventLoopFuture<HTTP1Channel.Value> {
        channel.eventLoop.makeCompletedFuture {
            guard let loop = loops[ObjectIdentifier(channel.eventLoop)] else {
                preconditionFailure("a connection on an event loop of somebody else")
            }
            let fast = FastPath(loop: loop, isEnabled: hasFastPath)
            try channel.pipeline.syncOperations.addHandler(fast)
        }.flatMap {
            http.setup(channel: channel, logger: logger)
        }.flatMapThrowing { value in
            let handlers = channel.pipeline.syncOperations
            let fast = try handlers.handler(type: FastPath.self)
            let parser = try handlers.handler(
                type: ByteToMessageHandler<HTTPRequestDecoder>.self)
            try handlers.addHandler(
                HTTPEdge(connection: fast, word: word), position: .after(parser))
            return value
        }
    }

    func handle(value: HTTP1Channel.Value, logger: Logger) async {
        await withTaskExecutorPreference(threads) {
            await http.handle(value: value, logger: logger)
        }
    }
}
