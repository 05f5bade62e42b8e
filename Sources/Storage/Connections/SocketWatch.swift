import Dispatch
import Glibc

/// Tells when a socket can be read, and when it can be written if somebody waits for that.
///
/// It watches a descriptor of its own for the same socket. A client library closes its one as soon
/// as the server hangs up; another thread's connection could get the number while Dispatch still
/// believes it registered, and would never be told of anything. After a hang-up Dispatch tells no
/// more either: whoever is told reads until there is nothing (`isReadable`).
///
/// One queue owns it.
final class SocketWatch {
    private let descriptor: Int32
    private let reads: any DispatchSourceRead
    private let writes: any DispatchSourceWrite
    private var isWaitingForRoom = false

    /// `nil` where the process has no descriptor left.
    init?(
        _ socket: Int32, on queue: DispatchQueue, readable: @escaping @Sendable () -> Void,
        writable: @escaping @Sendable () -> Void
    ) {
        descriptor = fcntl(socket, F_DUPFD_CLOEXEC, 0)
        guard descriptor >= 0 else { return nil }
        reads = DispatchSource.makeReadSource(fileDescriptor: descriptor, queue: queue)
        writes = DispatchSource.makeWriteSource(fileDescriptor: descriptor, queue: queue)
        reads.setEventHandler(handler: readable)
        writes.setEventHandler(handler: writable)
        reads.resume()
    }

    /// Whether there is something to read now, be it the end.
    var isReadable: Bool {
        var asked = pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0)
        return unsafe poll(&asked, 1, 0) == 1
    }

    /// Asks for `writable` until it is told otherwise.
    func waitForRoom(_ isWanted: Bool) {
        guard isWanted != isWaitingForRoom else { return }
        isWaitingForRoom = isWanted
        if isWanted { writes.resume() } else { writes.suspend() }
    }

    /// Tells nothing any more.
    func end() {
        let both = DispatchGroup()
        both.enter()
        both.enter()
        reads.setCancelHandler { both.leave() }
        writes.setCancelHandler { both.leave() }
        reads.cancel()
        writes.cancel()
        // A suspended source neither tells its end nor may be let go.
        waitForRoom(true)
        both.notify(queue: .global()) { [descriptor] in close(descriptor) }
    }
}
