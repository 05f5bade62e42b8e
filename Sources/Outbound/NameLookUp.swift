import Glibc
import RegoMachine

/// Host names to addresses, by the system's resolver. Blocks.
enum NameLookUp {
    static let nameBytesMax = 253

    static func addresses(_ name: String) -> Host.Lookup {
        guard !name.isEmpty, name.utf8.count <= nameBytesMax, !name.utf8.contains(0) else {
            return .failure("lookup \(name): no such host")
        }
        var hints = unsafe addrinfo()
        unsafe hints.ai_family = AF_UNSPEC
        unsafe hints.ai_socktype = Int32(SOCK_STREAM.rawValue)
        var first: UnsafeMutablePointer<addrinfo>?
        let status = unsafe getaddrinfo(name, nil, &hints, &first)
        defer { unsafe freeaddrinfo(first) }
        guard status == 0 else { return .failure("lookup \(name): \(reason(status))") }
        var found: [String] = []
        var next = unsafe first
        while let entry = unsafe next {
            if let text = unsafe text(of: entry.pointee), !found.contains(text) {
                found.append(text)
            }
            unsafe next = unsafe entry.pointee.ai_next
        }
        return .addresses(found)
    }

    private static func reason(_ status: Int32) -> String {
        switch status {
        case EAI_NONAME, -5: return "no such host"
        case EAI_AGAIN: return "temporary failure in name resolution"
        default: return unsafe String(cString: gai_strerror(status))
        }
    }

    private static func text(of entry: addrinfo) -> String? {
        var buffer = [CChar](repeating: 0, count: Int(NI_MAXHOST))
        let status = unsafe getnameinfo(
            entry.ai_addr, entry.ai_addrlen, &buffer, socklen_t(buffer.count), nil, 0,
            NI_NUMERICHOST)
        guard status == 0, let end = buffer.firstIndex(of: 0) else { return nil }
        return String(decoding: buffer[..<end].map(UInt8.init(bitPattern:)), as: UTF8.self)
    }
}
