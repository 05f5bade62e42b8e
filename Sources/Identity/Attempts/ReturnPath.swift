import Cryptography

/// Where a browser goes once somebody is signed in: a page of ours, or none.
public enum ReturnPath {
    private static let bytesMax = 512

    static func typed(_ call: OperationCall) -> String? {
        call.text("return_to").flatMap(checked)
    }

    /// - Returns: `nil` for whatever a browser might take to be another host's.
    static func checked(_ text: String) -> String? {
        let bytes = Array(text.utf8)
        guard bytes.count <= bytesMax, bytes.first == UInt8(ascii: "/"),
            bytes.dropFirst().first != UInt8(ascii: "/"),
            bytes.allSatisfy({ (0x21...0x7E).contains($0) && $0 != UInt8(ascii: "\\") })
        else { return nil }
        return text
    }

    /// What tells a page of ours where to go on: `?return_to=…`.
    public static func query(_ path: String) -> String {
        let encoded = path.utf8.map { byte in
            let scalar = UnicodeScalar(byte)
            let isPlain = byte == UInt8(ascii: "/") || scalar.properties.isAlphabetic && byte < 128
            return isPlain ? String(scalar) : "%" + [byte].hexadecimal
        }
        return "?return_to=" + encoded.joined()
    }
}
