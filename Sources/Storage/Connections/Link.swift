import Dispatch
import Synchronization

/// A connection that is made when it is needed and made again when it was lost.
///
/// Requests go out in the order in which they come, without waiting for each other's answers. While
/// there is no connection they wait for the attempt under way; after an attempt has failed they are
/// refused until the next one is due. A server that owes an answer and is silent too long counts as
/// lost.
///
/// Invariant: everything but `load` is touched on `queue` alone.
final class Link<W: Wire>: @unchecked Sendable {
    struct Bounds {
        /// Requests under way or waiting; the next one is refused.
        var requests: Int
        /// `nil` where the server may think as long as it likes.
        var silenceSeconds: Int?
    }

    private struct Connection {
        let wire: W
        let watch: SocketWatch
        let clock: any DispatchSourceTimer
        let epoch: UInt64
    }

    private enum State {
        case unconnected, connecting, closed
        case connected(Connection)
    }

    private enum Waiter {
        case request(W.Request)
        case lease(CheckedContinuation<Result<UInt64, StorageFailure>, Never>)
    }

    private let queue: DispatchQueue
    /// Where opening waits: the queue itself has to go on refusing.
    private let opening: DispatchQueue
    private let open: @Sendable () -> Result<W, StorageFailure>
    private let bounds: Bounds
    private let mirroredLoad = Atomic<Int>(0)

    private var state = State.unconnected
    private var waiters: [Waiter] = []
    private var backoff = Backoff()
    private var lastEpoch: UInt64 = 0
    private var isFlushDue = false
    private var lastHeard = DispatchTime.now()

    /// - Parameter open: Makes a connection and may wait; called on a thread for that.
    init(
        _ label: String, bounds: Bounds, open: @escaping @Sendable () -> Result<W, StorageFailure>
    ) {
        queue = DispatchQueue(label: label)
        opening = DispatchQueue(label: "\(label).opening")
        self.bounds = bounds
        self.open = open
    }

    deinit { endConnection() }

    /// How much is under way or waiting, for choosing among links.
    var load: Int { mirroredLoad.load(ordering: .relaxed) }

    /// - Parameter epoch: Of a lease, where the request makes no sense on a later connection.
    func submit(_ request: W.Request, epoch: UInt64? = nil) {
        queue.async {
            self.take(.request(request), epoch: epoch)
            self.mirrorLoad()
        }
    }

    /// The number of the connection that is there, or is made now.
    func lease() async throws(StorageFailure) -> UInt64 {
        let result = await withCheckedContinuation { continuation in
            queue.async { self.take(.lease(continuation), epoch: nil) }
        }
        return try result.get()
    }

    /// Ends the connection of a lease, whose state nobody knows any more.
    func drop(epoch: UInt64) {
        queue.async {
            if case .connected(let connection) = self.state, connection.epoch == epoch {
                self.lose()
            }
        }
    }

    /// Ends the connection for good; what is under way counts as lost.
    func close() async {
        await withCheckedContinuation { (continuation: CheckedContinuation<Void, Never>) in
            queue.async {
                self.endConnection()
                self.state = .closed
                self.refuseWaiters(.unavailable(retryAfterSeconds: 1))
                continuation.resume()
            }
        }
    }
}

extension Link {
    private func take(_ waiter: Waiter, epoch: UInt64?) {
        switch state {
        case .connected(let connection) where epoch == nil || epoch == connection.epoch:
            give(waiter, connection)
        case .connecting where epoch == nil && waiters.count < bounds.requests:
            waiters.append(waiter)
        case .unconnected where epoch == nil:
            let secondsLeft = backoff.secondsLeft(.now())
            guard secondsLeft == 0 else {
                return refuse(waiter, Self.unavailable(secondsLeft))
            }
            waiters.append(waiter)
            connect()
        default: refuse(waiter, .unavailable(retryAfterSeconds: 1))
        }
    }

    private func give(_ waiter: Waiter, _ connection: Connection) {
        switch waiter {
        case .lease(let continuation): continuation.resume(returning: .success(connection.epoch))
        case .request(let request):
            guard connection.wire.underWay < bounds.requests else {
                return request.refuse(.unavailable(retryAfterSeconds: 1))
            }
            // Silence counts from the first question on.
            if connection.wire.underWay == 0 { lastHeard = .now() }
            connection.wire.send(request)
            guard !isFlushDue else { return }
            // What else arrives meanwhile goes out in one write.
            isFlushDue = true
            queue.async { self.flush() }
        }
    }

    private func connect() {
        state = .connecting
        opening.async {
            let opened = self.open()
            self.queue.async {
                self.finishConnecting(opened)
                self.mirrorLoad()
            }
        }
    }

    private func finishConnecting(_ opened: Result<W, StorageFailure>) {
        guard case .connecting = state else {
            if case .success(let wire) = opened { wire.close() }
            return
        }
        switch opened {
        case .failure(let failure):
            state = .unconnected
            backoff.fail(.now())
            if case .invalid = failure { return refuseWaiters(failure) }
            refuseWaiters(Self.unavailable(backoff.secondsLeft(.now())))
        case .success(let wire):
            guard let connection = watch(wire) else {
                wire.close()
                return finishConnecting(.failure(.unavailable(retryAfterSeconds: 1)))
            }
            backoff.succeed()
            state = .connected(connection)
            let given = waiters
            waiters = []
            for waiter in given { give(waiter, connection) }
        }
    }

    private func watch(_ wire: W) -> Connection? {
        lastEpoch += 1
        let epoch = lastEpoch
        let watch = SocketWatch(wire.descriptor, on: queue) { [weak self] in
            self?.receive(epoch)
        } writable: { [weak self] in
            self?.flush()
        }
        guard let watch else { return nil }
        let clock = DispatchSource.makeTimerSource(queue: queue)
        clock.schedule(deadline: .now() + 1, repeating: 1)
        clock.setEventHandler { [weak self] in self?.endSilence() }
        clock.resume()
        return Connection(wire: wire, watch: watch, clock: clock, epoch: epoch)
    }

    private func flush() {
        isFlushDue = false
        guard case .connected(let connection) = state else { return }
        switch connection.wire.flush() {
        case .whole: connection.watch.waitForRoom(false)
        case .partly: connection.watch.waitForRoom(true)
        case .lost: lose()
        }
    }

    private func receive(_ epoch: UInt64) {
        guard case .connected(let connection) = state, connection.epoch == epoch else { return }
        lastHeard = .now()
        // Last words and the hang-up may come together, and are told only once.
        repeat {
            guard connection.wire.receive() else {
                lose()
                break
            }
        } while connection.watch.isReadable
        mirrorLoad()
    }

    private func endSilence() {
        guard case .connected(let connection) = state, connection.wire.underWay > 0,
            let seconds = bounds.silenceSeconds, .now() > lastHeard + .seconds(seconds)
        else { return }
        lose()
        mirrorLoad()
    }

    /// The first attempt to come back is due at once: a server that was restarted is there.
    private func lose() {
        endConnection()
        state = .unconnected
    }

    private func endConnection() {
        guard case .connected(let connection) = state else { return }
        connection.clock.cancel()
        connection.watch.end()
        connection.wire.abandon()
        connection.wire.close()
    }

    private func refuseWaiters(_ failure: StorageFailure) {
        let refused = waiters
        waiters = []
        for waiter in refused { refuse(waiter, failure) }
    }

    private func refuse(_ waiter: Waiter, _ failure: StorageFailure) {
        switch waiter {
        case .request(let request): request.refuse(failure)
        case .lease(let continuation): continuation.resume(returning: .failure(failure))
        }
    }

    private func mirrorLoad() {
        var load = waiters.count
        if case .connected(let connection) = state { load += connection.wire.underWay }
        mirroredLoad.store(load, ordering: .relaxed)
    }

    private static func unavailable(_ secondsLeft: Double) -> StorageFailure {
        .unavailable(retryAfterSeconds: max(1, Int(secondsLeft.rounded(.up))))
    }
}
