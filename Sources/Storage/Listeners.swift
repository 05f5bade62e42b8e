import Synchronization

/// Who listens to which channel in this process.
final class Listeners: Sendable {
    /// How far one may fall behind; the oldest messages are dropped.
    private static let messagesMax = 1_024

    private typealias Listener = AsyncStream<[UInt8]>.Continuation
    private let byChannel = Mutex<(last: UInt64, channels: [String: [UInt64: Listener]])>((0, [:]))

    var channels: [String] { byChannel.withLock { Array($0.channels.keys) } }

    func add(_ channel: String) -> AsyncStream<[UInt8]> {
        let (stream, listener) = AsyncStream.makeStream(
            of: [UInt8].self, bufferingPolicy: .bufferingNewest(Self.messagesMax))
        let number = byChannel.withLock { state in
            state.last += 1
            state.channels[channel, default: [:]][state.last] = listener
            return state.last
        }
        listener.onTermination = { [weak self] _ in self?.remove(number, channel) }
        return stream
    }

    func tell(_ message: [UInt8], on channel: String) {
        let listeners = byChannel.withLock { $0.channels[channel].map { Array($0.values) } ?? [] }
        for listener in listeners { listener.yield(message) }
    }

    func endAll() {
        let all = byChannel.withLock { $0.channels.values.flatMap(\.values) }
        for listener in all { listener.finish() }
    }

    private func remove(_ number: UInt64, _ channel: String) {
        byChannel.withLock { state in
            state.channels[channel]?[number] = nil
            if state.channels[channel]?.isEmpty == true { state.channels[channel] = nil }
        }
    }
}
