import Synchronization

/// The connection on which messages come: made for the first listener, and made again by itself
/// when it was lost, since nobody asks anything on it.
final class RedisSubscriber: Sendable {
    private static let pause = Duration.milliseconds(200)

    private let listeners = Listeners()
    private let link: Link<RedisWire>
    private let state: State

    /// What the connection's callbacks share with their owner, who cannot yet be named when they
    /// are made.
    private final class State: Sendable {
        let isClosed = Atomic<Bool>(false)
        let owner = Mutex<WeakOwner>(WeakOwner())
    }

    private struct WeakOwner {
        weak var subscriber: RedisSubscriber?
    }

    init(_ makeLink: (RedisWire.Pushes) -> Link<RedisWire>) {
        let state = State()
        let listeners = listeners
        self.state = state
        link = makeLink(
            RedisWire.Pushes(
                message: { channel, message in listeners.tell(message, on: channel) },
                lost: {
                    guard !state.isClosed.load(ordering: .acquiring) else { return }
                    let owner = state.owner.withLock { $0.subscriber }
                    Task { await owner?.subscribeAgain() }
                }))
        state.owner.withLock { $0.subscriber = self }
    }

    func messages(on channel: String) async throws(StorageFailure) -> AsyncStream<[UInt8]> {
        // Before the server knows: what comes right after its answer must find a listener.
        let stream = listeners.add(channel)
        try await subscribe(to: channel)
        return stream
    }

    func close() async {
        state.isClosed.store(true, ordering: .releasing)
        await link.close()
        listeners.endAll()
    }

    private func subscribe(to channel: String) async throws(StorageFailure) {
        _ = try await link.ask([Array("SUBSCRIBE".utf8), Array(channel.utf8)])
    }

    private func subscribeAgain() async {
        while !state.isClosed.load(ordering: .acquiring) {
            do throws(StorageFailure) {
                for channel in listeners.channels { try await subscribe(to: channel) }
                return
            } catch {
                // Not a caller's wait: nobody hears anything meanwhile.
                try? await Task.sleep(for: Self.pause)
            }
        }
    }
}
