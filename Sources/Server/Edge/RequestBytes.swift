import NIOCore

/// What has arrived of a connection and is not taken yet, and the head of the request at its start.
struct RequestBytes {
    private var pending = RequestBytes.nothing
    /// Where in `pending` no head ends, as was found before.
    private var searched = 0
    /// Once it is read.
    private var head: RequestHead?

    private static let nothing = ByteBuffer()

    var count: Int { pending.readableBytes }

    /// Whether a part of a head is here, and was here before.
    var isHeadBegun: Bool { searched > 0 }

    mutating func add(_ incoming: ByteBuffer) {
        if count == 0 {
            pending = incoming
        } else {
            var incoming = incoming
            pending.discardReadBytes()
            pending.writeBuffer(&incoming)
        }
    }

    /// The head at the start, where all of it is here.
    mutating func readHead() -> RequestHead? {
        if let head { return head }
        head = unsafe pending.withUnsafeReadableBytes { text in
            unsafe RequestHead.end(in: text, from: searched).map {
                unsafe RequestHead(text, end: $0)
            }
        }
        if head == nil { searched = count }
        return head
    }

    /// What is read goes to somebody else, from its first byte.
    mutating func forgetHead() {
        head = nil
        searched = 0
    }

    mutating func drop(_ bytes: Int) {
        pending.moveReaderIndex(forwardBy: bytes)
        forgetHead()
    }

    /// So many bytes, or as many as there are.
    mutating func take(atMost bytes: Int) -> ByteBuffer? {
        pending.readSlice(length: min(bytes, count))
    }

    mutating func takeAll() -> ByteBuffer {
        defer { clear() }
        return pending
    }

    /// The channel reads into its buffer again once nobody else holds it.
    mutating func clear() {
        pending = RequestBytes.nothing
        forgetHead()
    }

    /// The bytes of `head` with its path, and of its body.
    func withRequest<Result>(
        _ head: RequestHead, bodyBytes: Int,
        _ use: (_ path: UnsafeRawBufferPointer, _ body: UnsafeRawBufferPointer) -> Result
    ) -> Result {
        unsafe pending.withUnsafeReadableBytes { text in
            let body = head.bytes..<(head.bytes + bodyBytes)
            return unsafe use(
                UnsafeRawBufferPointer(rebasing: text[head.path ?? 0..<0]),
                UnsafeRawBufferPointer(rebasing: text[body]))
        }
    }
}
