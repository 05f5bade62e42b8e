import CCurl
import RegoMachine

/// One attempt of one request through libcurl, and its answer before any redirection is followed.
/// HTTP/1.1, no proxy, no cookies, no connection kept.
struct CurlTransfer {
    static let headBytesMax = 1 << 20
    /// An answer of more bytes, decompressed, is refused.
    static let bodyBytesMax = 64 << 20

    struct Failure: Error {
        let kind: HTTPAnswer.Failure
        let message: String
    }

    /// - Parameter milliseconds: 0: any number.
    static func run(
        _ request: HTTPRequest, target: RequestTarget, milliseconds: Int
    ) throws(Failure) -> (response: HTTPResponse, redirect: String?) {
        if let reason = unsafe ccurl_load_failure() {
            throw Failure(kind: .refused, message: unsafe String(cString: reason))
        }
        guard let transfer = unsafe ccurl_new(headBytesMax, bodyBytesMax) else {
            throw Failure(kind: .refused, message: "out of memory")
        }
        defer { unsafe ccurl_free(transfer) }
        unsafe ccurl_set_url(transfer, target.url)
        if let socket = target.socket { unsafe ccurl_set_unix_socket(transfer, socket) }
        unsafe ccurl_set_timeout(transfer, milliseconds)
        let unpacks = unsafe addMessage(request, to: transfer)
        unsafe addTrust(
            request, isSecure: target.url.lowercased().hasPrefix("https:"), to: transfer)
        let outcome = unsafe withCancellation(request.cancellation, transfer) {
            unsafe ccurl_perform(transfer)
        }
        if let failure = unsafe failure(outcome, transfer) { throw failure }
        var head = ResponseHead(unsafe bytes(ccurl_head, transfer))
        if unpacks { head.forgetCompression() }
        let response = HTTPResponse(
            code: unsafe Int(ccurl_status(transfer)), status: head.status, headers: head.fields,
            body: unsafe bytes(ccurl_body, transfer))
        let redirect = unsafe ccurl_redirect(transfer).map { unsafe String(cString: $0) }
        return (response, redirect)
    }

    /// - Returns: Whether compression is our own offer, and so to be hidden.
    private static func addMessage(_ request: HTTPRequest, to transfer: OpaquePointer) -> Bool {
        // An empty body has a length too where the method is one that usually has a body.
        if !request.body.isEmpty || ["POST", "PUT", "PATCH"].contains(request.method) {
            unsafe request.body.withUnsafeBytes { body in
                unsafe ccurl_set_body(transfer, body.baseAddress, body.count)
            }
        }
        unsafe ccurl_set_method(transfer, request.method)
        for (name, value) in request.headers {
            unsafe ccurl_add_header(transfer, value.isEmpty ? "\(name);" : "\(name): \(value)")
        }
        // libcurl's own additions, which no client asked for.
        for name in ["Expect", "Content-Type"] where !has(name, request) {
            unsafe ccurl_add_header(transfer, "\(name):")
        }
        if !has("User-Agent", request) {
            unsafe ccurl_add_header(transfer, "User-Agent: ostiary")
        }
        if has("Accept-Encoding", request) { return false }
        unsafe ccurl_accept_gzip(transfer)
        return true
    }

    private static func addTrust(
        _ request: HTTPRequest, isSecure: Bool, to transfer: OpaquePointer
    ) {
        let tls = request.tls
        if !tls.roots.isEmpty {
            unsafe tls.roots.withUnsafeBytes { roots in
                unsafe ccurl_set_roots(
                    transfer, roots.baseAddress, roots.count, !tls.trustsSystem)
            }
        }
        if !tls.certificate.isEmpty {
            unsafe tls.certificate.withUnsafeBytes { certificate in
                unsafe tls.key.withUnsafeBytes { key in
                    unsafe ccurl_set_client(
                        transfer, certificate.baseAddress, certificate.count, key.baseAddress,
                        key.count)
                }
            }
        }
        if tls.skipsVerification { unsafe ccurl_skip_verification(transfer) }
        if !tls.serverName.isEmpty && isSecure {
            unsafe ccurl_set_server_name(transfer, tls.serverName, !has("Host", request))
        }
    }

    private static func has(_ name: String, _ request: HTTPRequest) -> Bool {
        request.headers.contains { $0.name.lowercased() == name.lowercased() }
    }

    static func withCancellation(
        _ cancellation: Cancellation?, _ transfer: OpaquePointer, _ perform: () -> ccurl_outcome
    ) -> ccurl_outcome {
        guard let cancellation else { return perform() }
        // The flag outlives the call, which is all that libcurl's callback sees of it.
        return withExtendedLifetime(cancellation) {
            unsafe ccurl_set_cancel(
                transfer,
                { flag in
                    guard let flag = unsafe flag else { return false }
                    return unsafe Unmanaged<Cancellation>.fromOpaque(flag)
                        .takeUnretainedValue().isRequested
                }, Unmanaged.passUnretained(cancellation).toOpaque())
            return perform()
        }
    }

    private static func failure(_ outcome: ccurl_outcome, _ transfer: OpaquePointer) -> Failure? {
        switch outcome {
        case CCURL_OK: nil
        case CCURL_TIMED_OUT: Failure(kind: .timeout, message: "request timed out")
        case CCURL_CANCELLED: Failure(kind: .network, message: "context canceled")
        case CCURL_BODY_TOO_LARGE:
            Failure(kind: .network, message: "the body exceeds \(bodyBytesMax) bytes")
        case CCURL_HEAD_TOO_LARGE:
            Failure(kind: .network, message: "the header exceeds \(headBytesMax) bytes")
        default:
            Failure(
                kind: .network, message: unsafe String(cString: ccurl_message(transfer)))
        }
    }

    static func bytes(
        _ part: (OpaquePointer?, UnsafeMutablePointer<Int>?) -> UnsafeRawPointer?,
        _ transfer: OpaquePointer
    ) -> [UInt8] {
        var count = 0
        let start = unsafe part(transfer, &count)
        return unsafe [UInt8](UnsafeRawBufferPointer(start: start, count: count))
    }
}

/// The status line and the fields of an answer.
struct ResponseHead {
    /// Code and reason: `200 OK`.
    private(set) var status = ""
    private(set) var fields: [(name: String, values: [String])] = []

    init(_ bytes: [UInt8]) {
        let lines = bytes.split(separator: UInt8(ascii: "\n")).map { line in
            let end = line.last == UInt8(ascii: "\r") ? 1 : 0
            return String(decoding: line.dropLast(end), as: UTF8.self)
        }
        let first = lines.first ?? ""
        status = Self.trimmed(first.drop { $0 != " " })
        var positions: [String: Int] = [:]
        for line in lines.dropFirst() {
            guard let colon = line.firstIndex(of: ":") else { continue }
            let name = line[..<colon].lowercased()
            let value = Self.trimmed(line[line.index(after: colon)...])
            if let position = positions[name] {
                fields[position].values.append(value)
            } else {
                positions[name] = fields.count
                fields.append((name, [value]))
            }
        }
    }

    /// The body is no longer what these two fields say.
    mutating func forgetCompression() {
        guard fields.contains(where: { $0.name == "content-encoding" && $0.values == ["gzip"] })
        else { return }
        fields.removeAll { ["content-encoding", "content-length"].contains($0.name) }
    }

    private static func trimmed(_ text: Substring) -> String {
        var text = text
        while text.first == " " || text.first == "\t" { text.removeFirst() }
        while text.last == " " || text.last == "\t" { text.removeLast() }
        return String(text)
    }
}
