import HTTPTypes
import NIOCore

/// Where a request comes from: the peer of the connection, or what proxies that are trusted say of
/// it: the right-most address of `X-Forwarded-For` that is none of theirs.
struct ClientAddress: Sendable {
    /// Of the client; `unix` for a peer on a socket of this machine.
    let text: String
    /// Whose calls are counted together: the address, of IPv6 its first 64 bits.
    let network: String
    /// Whether the peer is a proxy of ours, whose `X-Forwarded-…` count.
    let isForwarded: Bool

    /// Addresses of the field that are looked at; what goes further back is not.
    private static let hopsMax = 32

    init(peer: SocketAddress?, fields: HTTPFields, trusted: [AddressRange]) {
        guard let address = peer?.ipAddress.flatMap(IPAddress.init) else {
            // Only who runs beside us reaches a socket in our folder: a proxy.
            isForwarded = true
            let client = ClientAddress.lastUntrusted(fields, trusted)
            (text, network) = (client?.text ?? "unix", client?.network ?? "unix")
            return
        }
        isForwarded = trusted.contains { $0.contains(address) }
        let forwarded = isForwarded ? ClientAddress.lastUntrusted(fields, trusted) : nil
        (text, network) = ((forwarded ?? address).text, (forwarded ?? address).network)
    }

    /// - Returns: `nil` where there is none, or something among them is no address: then nobody
    ///   knows what stands before it.
    private static func lastUntrusted(
        _ fields: HTTPFields, _ trusted: [AddressRange]
    ) -> IPAddress? {
        let hops = fields[values: .forwardedFor].flatMap { $0.split(separator: ",") }
        var last: IPAddress?
        for hop in hops.reversed().prefix(hopsMax) {
            guard let address = IPAddress(bare(hop)) else { return nil }
            last = address
            if !trusted.contains(where: { $0.contains(address) }) { return address }
        }
        return last
    }

    /// Without spaces, brackets and port.
    private static func bare(_ hop: Substring) -> String {
        let text = hop.trimming { $0 == " " || $0 == "\t" }
        if text.first == "[" { return String(text.dropFirst().prefix { $0 != "]" }) }
        let colons = text.utf8.count { $0 == UInt8(ascii: ":") }
        return String(colons == 1 ? text.prefix { $0 != ":" } : text)
    }
}

extension Substring {
    fileprivate func trimming(_ isSpace: (Character) -> Bool) -> Substring {
        var text = drop(while: isSpace)
        while let last = text.last, isSpace(last) { text.removeLast() }
        return text
    }
}

extension HTTPField.Name {
    private static func named(_ text: String) -> HTTPField.Name {
        guard let name = HTTPField.Name(text) else { preconditionFailure("\(text) is no name") }
        return name
    }

    static let forwardedFor = named("X-Forwarded-For")
    static let forwardedHost = named("X-Forwarded-Host")
    static let requestID = named("X-Request-ID")
    static let decisionID = named("X-Decision-ID")
    static let tenantID = named("X-Tenant-ID")
    static let idempotencyKey = named("Idempotency-Key")
    static let referrerPolicy = named("Referrer-Policy")
    static let frameOptions = named("X-Frame-Options")
    static let fetchSite = named("Sec-Fetch-Site")
}
