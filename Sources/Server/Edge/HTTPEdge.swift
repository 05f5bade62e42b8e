import HTTPTypes
import NIOCore
import NIOHTTP1

/// Stands between the HTTP parser and Hummingbird: answers what the parser refuses, and what two
/// could read in two ways, tells `FastPath` how requests go, and ends connections that are to end.
final class HTTPEdge: ChannelDuplexHandler {
    typealias InboundIn = HTTPServerRequestPart
    typealias InboundOut = HTTPServerRequestPart
    typealias OutboundIn = HTTPServerResponsePart
    typealias OutboundOut = HTTPServerResponsePart

    private let connection: FastPath
    private let word: EdgeChannel.Word
    private var context: ChannelHandlerContext?
    /// Requests whose answers have not ended.
    private var unanswered = 0
    private(set) var isReadingRequest = false
    /// The request that is read, or was read last, ends the connection.
    private var isLast = false
    /// The answer under way says that it ends the connection.
    private var closesAfterAnswer = false
    private var pendingRefusal: Refusal?
    /// We have answered in Hummingbird's place, so what it still says is dropped.
    private var isEnded = false

    init(connection: FastPath, word: @escaping EdgeChannel.Word) {
        self.connection = connection
        self.word = word
    }

    func handlerAdded(context: ChannelHandlerContext) { self.context = context }
    func handlerRemoved(context: ChannelHandlerContext) { self.context = nil }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        switch unwrapInboundIn(data) {
        case .head(let head):
            guard !isLast, !isEnded else { return }
            if let refusal = head.refusal { return refuse(refusal) }
            unanswered += 1
            isReadingRequest = true
            isLast = !head.isKeepAlive || head.version != .http1_1
            connection.startBody()
            return context.fireChannelRead(wrapInboundOut(.head(head.namingOneHost)))
        case .body(let part):
            guard isReadingRequest, !isEnded else { return }
            connection.addBody(part.readableBytes)
        case .end:
            guard isReadingRequest, !isEnded else { return }
            isReadingRequest = false
            connection.endBody()
        }
        context.fireChannelRead(data)
    }

    func write(context: ChannelHandlerContext, data: NIOAny, promise: EventLoopPromise<Void>?) {
        guard !isEnded else {
            promise?.fail(ChannelError.ioOnClosedChannel)
            return
        }
        switch unwrapOutboundIn(data) {
        case .head(var head) where head.status.code >= 200:
            if isLast && unanswered == 1 && !head.headers.contains(name: "connection") {
                head.headers.add(name: "Connection", value: "close")
            }
            closesAfterAnswer = head.headers["connection"].contains("close")
            context.write(wrapOutboundOut(.head(head)), promise: promise)
        case .head, .body: context.write(data, promise: promise)
        case .end: end(context, data, promise)
        }
    }

    private func end(
        _ context: ChannelHandlerContext, _ data: NIOAny, _ promise: EventLoopPromise<Void>?
    ) {
        unanswered -= 1
        guard closesAfterAnswer else {
            context.write(data, promise: promise)
            if let pendingRefusal, unanswered == (isReadingRequest ? 1 : 0) {
                self.pendingRefusal = nil
                refuse(pendingRefusal)
            } else {
                connection.otherWayAnswered()
            }
            return
        }
        isEnded = true
        let written = promise ?? context.eventLoop.makePromise()
        written.futureResult.assumeIsolated().whenComplete { _ in self.connection.linger() }
        context.write(data, promise: written)
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        refuse(HTTPEdge.refusal(error))
    }

    private static func refusal(_ error: any Error) -> Refusal {
        switch error {
        case HTTPParserError.headerOverflow: .headTooLarge
        default: .malformed
        }
    }

    /// Answers the request that cannot be read, after those before it, and ends the connection.
    func refuse(_ refusal: Refusal) {
        guard let context, !isEnded else { return }
        guard unanswered <= (isReadingRequest ? 1 : 0) else {
            pendingRefusal = refusal
            isLast = true
            return
        }
        isEnded = true
        let answer = word(refusal)
        var head = HTTPResponseHead(
            version: .http1_1, status: .init(statusCode: answer.status),
            headers: [
                "Content-Length": String(answer.body.count), "Date": connection.date,
            ])
        if let type = answer.contentType {
            head.headers.add(name: "Content-Type", value: type.rawValue)
        }
        for field in answer.fields {
            head.headers.replaceOrAdd(name: field.name.rawName, value: field.value)
        }
        context.write(wrapOutboundOut(.head(head)), promise: nil)
        let body = ByteBuffer(bytes: answer.body)
        context.write(wrapOutboundOut(.body(.byteBuffer(body))), promise: nil)
        let written = context.eventLoop.makePromise(of: Void.self)
        written.futureResult.assumeIsolated().whenComplete { _ in self.connection.linger() }
        context.writeAndFlush(wrapOutboundOut(.end(nil)), promise: written)
    }
}

/// Behind Hummingbird's translation of messages, for what it refuses.
final class MessageErrors: ChannelInboundHandler, RemovableChannelHandler {
    typealias InboundIn = Never

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        if let edge = try? context.pipeline.syncOperations.handler(type: HTTPEdge.self) {
            edge.refuse(.malformed)
        } else {
            context.close(promise: nil)
        }
    }
}

extension Refusal {
    static let malformed = Refusal(
        status: 400, code: .invalidParameter, message: "request is malformed",
        closesConnection: true)
    static let headTooLarge = Refusal(
        status: 431, code: .invalidParameter, message: "request head too large",
        closesConnection: true)
}
