import Glibc

/// The system's time zone database. Names come from policies and so from anybody.
enum TimeZoneFiles {
    static let folder = "/usr/share/zoneinfo/"
    static let fileBytesMax = 256 << 10
    static let nameBytesMax = 64

    /// The TZif file of a zone, or `nil` where there is none, or none of that name can be.
    static func contents(_ name: String) -> [UInt8]? {
        guard isZoneName(name) else { return nil }
        let file = unsafe open(folder + name, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK)
        guard file >= 0 else { return nil }
        defer { close(file) }
        var facts = stat()
        guard unsafe fstat(file, &facts) == 0, facts.st_mode & S_IFMT == S_IFREG,
            facts.st_size <= fileBytesMax
        else { return nil }
        let bytes = FileReading.bytes(of: file, Int(facts.st_size))
        return bytes.starts(with: "TZif".utf8) ? bytes : nil
    }

    /// Letters, digits, `_`, `+` and `-` in parts between single slashes: no way out of the folder.
    static func isZoneName(_ name: String) -> Bool {
        guard !name.isEmpty, name.utf8.count <= nameBytesMax else { return false }
        let parts = name.utf8.split(separator: UInt8(ascii: "/"), omittingEmptySubsequences: false)
        return parts.allSatisfy { part in
            !part.isEmpty
                && part.allSatisfy { byte in
                    switch byte {
                    case UInt8(ascii: "a")...UInt8(ascii: "z"),
                        UInt8(ascii: "A")...UInt8(ascii: "Z"),
                        UInt8(ascii: "0")...UInt8(ascii: "9"),
                        UInt8(ascii: "_"), UInt8(ascii: "+"), UInt8(ascii: "-"):
                        true
                    default: false
                    }
                }
        }
    }
}
