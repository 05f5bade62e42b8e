import NIOHTTP1

extension HTTPRequestHead {
    /// Why the request is not answered, though its head is one: what stands between a client and us
    /// may read it in another way.
    /// - Source: RFC 9112, sections 3.2, 3.2.2, 6.1.
    var refusal: Refusal? {
        var (hosts, codings, isChunked) = (0, 0, true)
        for (name, value) in headers {
            // Most fields are neither, which their length tells.
            switch name.utf8.count {
            case 4 where name.lowercased() == "host": hosts += 1
            case 17 where name.lowercased() == "transfer-encoding":
                codings += 1
                isChunked = value.lowercased() == "chunked"
            default: break
            }
        }
        guard hosts == 1 || hosts == 0 && version == .http1_0 else { return .malformed }
        guard codings <= 1, isChunked else { return .unknownCoding }
        guard method != .CONNECT, !uri.hasPrefix("/"), uri != "*" else { return nil }
        guard let authority = authorityOfTarget, !authority.isEmpty, !authority.contains("@") else {
            return .malformed
        }
        return nil
    }

    /// The head with the host that its target names, where it names one: that counts, whatever its
    /// `Host` field says.
    var namingOneHost: HTTPRequestHead {
        guard let authority = authorityOfTarget else { return self }
        var head = self
        head.headers.replaceOrAdd(name: "Host", value: String(authority))
        return head
    }

    /// `nil`: the target is no URL.
    private var authorityOfTarget: Substring? {
        guard !uri.hasPrefix("/") else { return nil }
        let start = uri.prefix(8).lowercased()
        let schemes = ["http://", "https://"]
        guard let scheme = schemes.first(where: { start.hasPrefix($0) }) else { return nil }
        return uri.dropFirst(scheme.count).prefix { $0 != "/" && $0 != "?" && $0 != "#" }
    }
}

extension Refusal {
    static let unknownCoding = Refusal(
        status: 501, code: .invalidParameter, message: "transfer coding is not supported",
        closesConnection: true)
}
