import CAres
import Glibc
public import RegoMachine

/// TXT records, asked of the system's name servers or of one that was named, by c-ares. Blocks, for
/// a bounded time.
///
/// An answer that is cut off is asked for again over TCP, whose answers have at most 64 KiB.
/// - Source: RFC 1035, sections 3.3.14 and 4.2.
public struct TextLookUp: Sendable {
    /// Address and port; `nil`: those of the system.
    private let server: String?

    private static let tries: Int32 = 2
    private static let tryMilliseconds: Int32 = 1_500
    private static let milliseconds: UInt64 = 5_000
    private static let recordsMax = 100
    private static let (internet, text): (Int32, Int32) = (1, 16)

    public init() { server = nil }

    /// - Parameter server: `192.0.2.53:53` or `[2001:db8::53]:53`.
    /// - Returns: `nil`: that is no address with a port.
    public init?(server: String) {
        guard let colon = server.lastIndex(of: ":"),
            UInt16(server[server.index(after: colon)...]) != nil,
            TextLookUp.isAddress(server[..<colon])
        else { return nil }
        self.server = server
    }

    private static func isAddress(_ text: Substring) -> Bool {
        var place = in6_addr()
        if text.hasPrefix("["), text.hasSuffix("]") {
            return unsafe inet_pton(AF_INET6, String(text.dropFirst().dropLast()), &place) == 1
        }
        return unsafe inet_pton(AF_INET, String(text), &place) == 1
    }

    /// The records of a name; none where the name or its records are not there.
    public func records(_ name: String) -> Host.TextLookup {
        guard !name.isEmpty, name.utf8.count <= NameLookUp.nameBytesMax, !name.utf8.contains(0)
        else { return .failure("lookup \(name): no such host") }
        var channel: ares_channel?
        var options = unsafe ares_options()
        unsafe options.timeout = Self.tryMilliseconds
        unsafe options.tries = Self.tries
        let mask = Int32(ARES_OPT_TIMEOUTMS | ARES_OPT_TRIES)
        guard unsafe ares_init_options(&channel, &options, mask) == Self.success,
            let channel = unsafe channel
        else { return .failure("lookup \(name): no resolver") }
        defer { unsafe ares_destroy(channel) }
        if let server, unsafe ares_set_servers_ports_csv(channel, server) != Self.success {
            return .failure("lookup \(name): no name server at \(server)")
        }
        let answer = Answer()
        unsafe ares_query(
            channel, name, Self.internet, Self.text, Answer.take,
            Unmanaged.passUnretained(answer).toOpaque())
        unsafe TextLookUp.wait(for: answer, channel)
        // Whatever is still asked for is given up, and says so to the answer.
        unsafe ares_cancel(channel)
        return answer.lookup(of: name)
    }

    private static let success = ARES_SUCCESS

    /// Reads and writes as the library wishes, until the answer is there or time is over.
    @unsafe private static func wait(for answer: Answer, _ channel: ares_channel) {
        let end = Host.system.monotonic() + milliseconds * 1_000_000
        while !answer.isThere, Host.system.monotonic() < end {
            var sockets = [ares_socket_t](repeating: -1, count: Int(ARES_GETSOCK_MAXNUM))
            let wanted = unsafe ares_getsock(channel, &sockets, ARES_GETSOCK_MAXNUM)
            var polls: [pollfd] = []
            for (place, socket) in sockets.enumerated() {
                let reads = wanted >> place & 1 != 0
                let writes = wanted >> (place + Int(ARES_GETSOCK_MAXNUM)) & 1 != 0
                guard reads || writes else { continue }
                let events = (reads ? POLLIN : 0) | (writes ? POLLOUT : 0)
                polls.append(pollfd(fd: socket, events: Int16(events), revents: 0))
            }
            // Short pauses, for the library keeps the time of each try.
            _ = unsafe poll(&polls, nfds_t(polls.count), 100)
            let ready = polls.filter { $0.revents != 0 }
            if ready.isEmpty { unsafe ares_process_fd(channel, -1, -1) }
            for socket in ready {
                let isReadable = Int32(socket.revents) & ~POLLOUT != 0
                let isWritable = Int32(socket.revents) & POLLOUT != 0
                unsafe ares_process_fd(
                    channel, isReadable ? socket.fd : -1, isWritable ? socket.fd : -1)
            }
        }
    }

    /// What the name servers said.
    private final class Answer {
        private var found: Host.TextLookup?
        var isThere: Bool { found != nil }

        func lookup(of name: String) -> Host.TextLookup {
            switch found {
            case .failure(let reason): .failure("lookup \(name): \(reason)")
            case .records(let records): .records(records)
            case nil: .failure("lookup \(name): no answer in time")
            }
        }

        static let take: ares_callback = { place, status, _, bytes, count in
            guard let place = unsafe place else { return }
            let answer = unsafe Unmanaged<Answer>.fromOpaque(place).takeUnretainedValue()
            answer.found = unsafe Answer.read(status, bytes, count)
        }

        @unsafe private static func read(
            _ status: Int32, _ bytes: UnsafeMutablePointer<UInt8>?, _ count: Int32
        ) -> Host.TextLookup {
            switch status {
            case success: unsafe parsed(bytes, count)
            case ARES_ENODATA, ARES_ENOTFOUND: .records([])
            default: .failure(unsafe String(cString: ares_strerror(status)))
            }
        }

        @unsafe private static func parsed(
            _ bytes: UnsafeMutablePointer<UInt8>?, _ count: Int32
        ) -> Host.TextLookup {
            var first: UnsafeMutablePointer<ares_txt_ext>?
            let status = unsafe ares_parse_txt_reply_ext(bytes, count, &first)
            defer { if let first = unsafe first { unsafe ares_free_data(first) } }
            guard status == success else {
                return status == ARES_ENODATA
                    ? .records([]) : .failure("the answer is malformed")
            }
            var records: [[UInt8]] = []
            var next = unsafe first
            while let string = unsafe next {
                let text = unsafe UnsafeBufferPointer(
                    start: string.pointee.txt, count: string.pointee.length)
                if unsafe string.pointee.record_start != 0 || records.isEmpty {
                    guard records.count < recordsMax else { return .failure("too many records") }
                    records.append([])
                }
                unsafe records[records.count - 1].append(contentsOf: text)
                unsafe next = unsafe string.pointee.next
            }
            return .records(records)
        }
    }
}
