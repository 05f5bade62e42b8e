import Decisions
import HTTPTypes
import NIOCore

/// The first handler of a connection: answers plain decisions from their bytes, and hands every
/// other request, one at a time, to the HTTP parser behind it.
///
/// It follows where each request ends, so that after a request the other way took, the next one
/// may take this way again. A request whose end cannot be seen from its head (chunked, or unusual)
/// surrenders the connection to the parser for good. It also keeps the deadlines of connections.
final class FastPath: ChannelDuplexHandler {
    typealias InboundIn = ByteBuffer
    typealias InboundOut = ByteBuffer
    typealias OutboundIn = ByteBuffer
    typealias OutboundOut = ByteBuffer

    private enum State: Equatable {
        /// At the start of a request, of which `arrived` may have a part.
        case reading
        /// A request of the other way, of which so many bytes are still to come.
        case forwarding(left: Int)
        /// The other way has the whole request, and has not answered yet.
        case waiting
        /// A decision runs on the pool.
        case evaluating
        /// The parser gets everything until the connection ends.
        case surrendered
        /// Answered for the last time; what still comes is read and dropped, for closing a socket
        /// with unread bytes could take the answer back.
        case lingering
    }

    private let loop: LoopState
    private let isEnabled: Bool
    private var state = State.reading
    private var arrived = RequestBytes()
    private var out = ByteBuffer()
    private var context: ChannelHandlerContext?
    /// The other way's answer is complete though its request is not.
    private var isAnsweredEarly = false
    private var closesAfterAnswer = false
    private var isInputClosed = false
    private var isReadHeld = false
    private var deadline = Deadline()
    private var isBodyBegun = false

    /// Larger bodies take the other way: reading one takes an event loop's time.
    private static let bodyBytesMax = 64 << 10
    private static let arrivedBytesMax = 64 << 10
    private static let lingerSeconds = 2

    init(loop: LoopState, isEnabled: Bool) {
        self.loop = loop
        self.isEnabled = isEnabled
    }

    func handlerAdded(context: ChannelHandlerContext) {
        self.context = context
        loop.add(self)
        setDeadline(loop.limits.idleSeconds)
    }

    func handlerRemoved(context: ChannelHandlerContext) {
        loop.remove(self)
        self.context = nil
    }

    func channelInactive(context: ChannelHandlerContext) {
        loop.remove(self)
        context.fireChannelInactive()
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        switch state {
        case .surrendered: context.fireChannelRead(data)
        case .lingering: return
        case .reading, .forwarding, .waiting, .evaluating:
            arrived.add(unwrapInboundIn(data))
            advance(context)
        }
    }

    func channelReadComplete(context: ChannelHandlerContext) {
        if state == .lingering { context.read() }
        context.fireChannelReadComplete()
    }

    func read(context: ChannelHandlerContext) {
        let isFull = state != .surrendered && arrived.count >= FastPath.arrivedBytesMax
        let waits = state == .waiting || state == .evaluating || !context.channel.isWritable
        isReadHeld = isFull && waits
        if !isReadHeld { context.read() }
    }

    func channelWritabilityChanged(context: ChannelHandlerContext) {
        if context.channel.isWritable {
            if state == .waiting || state == .evaluating { deadline.clear() }
            advanceAgain(context)
        } else {
            setDeadline(loop.limits.idleSeconds)
        }
        context.fireChannelWritabilityChanged()
    }

    func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
        switch event {
        case is ChannelShouldQuiesceEvent: quiesce(context, event)
        case ChannelEvent.inputClosed: inputClosed(context, event)
        default: context.fireUserInboundEventTriggered(event)
        }
    }
}

// MARK: Requests

extension FastPath {
    /// Takes as many requests from `arrived` as there are, and flushes their answers at once.
    private func advance(_ context: ChannelHandlerContext) {
        while arrived.count > 0, context.channel.isWritable || state != .reading {
            let hasMoved =
                switch state {
                case .reading: readRequest(context)
                case .forwarding(let left): forward(context, left)
                case .waiting, .evaluating, .surrendered, .lingering: false
                }
            guard hasMoved else { break }
        }
        flush(context)
        if state == .reading && arrived.count == 0 {
            arrived.clear()
            setDeadline(loop.limits.idleSeconds)
        }
        if isReadHeld && arrived.count < FastPath.arrivedBytesMax { read(context: context) }
    }

    private func flush(_ context: ChannelHandlerContext) {
        guard out.readableBytes > 0 else { return }
        let answers = out
        out = ByteBuffer()
        let closes = closesAfterAnswer && state == .reading
        if closes { state = .lingering }
        let written: EventLoopPromise<Void>? = closes ? context.eventLoop.makePromise() : nil
        written?.futureResult.assumeIsolated().whenComplete { _ in context.close(promise: nil) }
        context.writeAndFlush(wrapOutboundOut(answers), promise: written)
        out = answers
        out.clear()
    }

    /// - Returns: Whether a request was taken.
    private func readRequest(_ context: ChannelHandlerContext) -> Bool {
        let isBegun = arrived.isHeadBegun
        guard let head = arrived.readHead() else {
            if arrived.count > loop.limits.headBytes {
                surrender(context)
                return true
            }
            if !isBegun { setDeadline(loop.limits.headSeconds) }
            return false
        }
        guard let bodyBytes = head.bodyBytes else {
            surrender(context)
            return true
        }
        guard isEnabled, head.path != nil, bodyBytes <= FastPath.bodyBytesMax else {
            begin(context, requestBytes: head.bytes + bodyBytes)
            return true
        }
        guard arrived.count >= head.bytes + bodyBytes else {
            if !isBodyBegun { startBody() }
            isBodyBegun = true
            noteBody(arrived.count - head.bytes)
            return false
        }
        answer(context, head, bodyBytes)
        return true
    }

    private func takeRequest(_ bytes: Int) {
        arrived.drop(bytes)
        isBodyBegun = false
        deadline.clear()
    }

    private func answer(_ context: ChannelHandlerContext, _ head: RequestHead, _ bodyBytes: Int) {
        let started = loop.now()
        let attempt = unsafe arrived.withRequest(head, bodyBytes: bodyBytes) { path, body in
            unsafe loop.attempt(path: path, body: body, takesGzip: head.takesGzip, into: &out)
        }
        switch attempt {
        case .written: loop.record(status: 200, since: started)
        case .refused(let refusal):
            loop.write(refusal.answer, into: &out)
            loop.record(status: refusal.status, since: started)
        case .postponed: postpone(context, head, bodyBytes, since: started)
        }
        takeRequest(head.bytes + bodyBytes)
    }

    private func postpone(
        _ context: ChannelHandlerContext, _ head: RequestHead, _ bodyBytes: Int,
        since started: UInt64
    ) {
        let decision = unsafe arrived.withRequest(head, bodyBytes: bodyBytes) { path, body in
            unsafe PoolDecision(
                live: loop.live, path: PlainPath.elements(path), body: Array(body),
                takesGzip: head.takesGzip)
        }
        state = .evaluating
        let eventLoop = context.eventLoop
        let connection = NIOLoopBound(self, eventLoop: eventLoop)
        let isAccepted = loop.pool.submit { evaluator in
            let answer = decision.answer(evaluator)
            eventLoop.execute { connection.value.finish(answer, since: started) }
        }
        if !isAccepted {
            state = .reading
            loop.write(Refusal.overloaded.answer, into: &out)
            loop.record(status: Refusal.overloaded.status, since: started)
        }
    }

    /// The pool's answer, back on the loop.
    private func finish(_ answer: Answer, since started: UInt64) {
        guard let context, state == .evaluating else { return }
        loop.record(status: answer.status, since: started)
        var answer = answer
        if closesAfterAnswer { answer.fields.append((.connection, "close")) }
        loop.write(answer, into: &out)
        state = .reading
        if isInputClosed && arrived.count == 0 { closesAfterAnswer = true }
        advanceAgain(context)
    }
}

// MARK: The other way

extension FastPath {
    private func begin(_ context: ChannelHandlerContext, requestBytes: Int) {
        arrived.forgetHead()
        isBodyBegun = false
        isAnsweredEarly = false
        state = .forwarding(left: requestBytes)
        startBody()
    }

    private func forward(_ context: ChannelHandlerContext, _ left: Int) -> Bool {
        flush(context)
        guard let part = arrived.take(atMost: left) else {
            return false
        }
        let stillLeft = left - part.readableBytes
        addBody(part.readableBytes)
        state = .forwarding(left: stillLeft)
        if stillLeft == 0 {
            state = isAnsweredEarly ? .reading : .waiting
            deadline.clear()
        }
        context.fireChannelRead(wrapInboundOut(part))
        if closesAfterAnswer { context.fireUserInboundEventTriggered(ChannelShouldQuiesceEvent()) }
        return true
    }

    private func surrender(_ context: ChannelHandlerContext) {
        flush(context)
        state = .surrendered
        context.fireChannelRead(wrapInboundOut(arrived.takeAll()))
        if closesAfterAnswer { context.fireUserInboundEventTriggered(ChannelShouldQuiesceEvent()) }
    }

    /// The other way's answer is on its way to the socket.
    func otherWayAnswered() {
        guard let context else { return }
        switch state {
        case .waiting:
            state = .reading
            // Not within the write that brought us here: its flush is still to come.
            let connection = NIOLoopBound(self, eventLoop: context.eventLoop)
            context.eventLoop.execute { connection.value.resume() }
        case .forwarding: isAnsweredEarly = true
        case .surrendered: setDeadline(loop.limits.idleSeconds)
        case .reading, .evaluating, .lingering: return
        }
    }

    private func resume() {
        if let context, state == .reading { advanceAgain(context) }
    }

    /// Goes on outside a read of the socket. The handlers behind wait for the end of a read before
    /// they take what they were given, and no other end will come.
    private func advanceAgain(_ context: ChannelHandlerContext) {
        advance(context)
        context.fireChannelReadComplete()
    }
}

// MARK: Deadlines and ends

extension FastPath {
    private func setDeadline(_ seconds: Int) { deadline.set(seconds, from: loop.tick) }

    /// The value of `Date` fields.
    var date: String { loop.date }

    func startBody() { deadline.startBody(loop.limits, at: loop.tick) }
    private func noteBody(_ bytes: Int) { deadline.noteBody(bytes, loop.limits) }
    func addBody(_ bytes: Int) { deadline.addBody(bytes, loop.limits) }

    /// The whole request is read: the client waits for us now.
    func endBody() { deadline.clear() }

    func checkDeadline() {
        guard deadline.isPast(loop.tick), let context else { return }
        deadline.clear()
        switch state {
        case .reading where arrived.count > 0:
            loop.write(Refusal.slow.answer, into: &out)
            closesAfterAnswer = true
            flush(context)
        case .forwarding, .surrendered:
            guard let edge = try? context.pipeline.syncOperations.handler(type: HTTPEdge.self),
                edge.isReadingRequest
            else { return context.close(promise: nil) }
            edge.refuse(.slow)
        case .reading, .waiting, .evaluating, .lingering: context.close(promise: nil)
        }
    }

    /// Nothing more is answered: lets the client read the last answer, then closes.
    func linger() {
        guard let context, state != .lingering else { return }
        state = .lingering
        arrived.clear()
        setDeadline(FastPath.lingerSeconds)
        context.close(mode: .output, promise: nil)
        context.read()
    }

    private func quiesce(_ context: ChannelHandlerContext, _ event: Any) {
        switch state {
        case .reading where arrived.count == 0: context.close(promise: nil)
        case .reading, .evaluating: closesAfterAnswer = true
        case .forwarding, .waiting, .surrendered: context.fireUserInboundEventTriggered(event)
        case .lingering: return
        }
    }

    private func inputClosed(_ context: ChannelHandlerContext, _ event: Any) {
        isInputClosed = true
        switch state {
        case .evaluating: return
        case .lingering: context.close(promise: nil)
        case .reading, .forwarding, .waiting, .surrendered:
            context.fireUserInboundEventTriggered(event)
        }
    }
}

extension Refusal {
    static let slow = Refusal(
        status: 408, code: .invalidParameter, message: "request took too long to arrive",
        closesConnection: true)
}
