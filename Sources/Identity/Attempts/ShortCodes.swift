import Cryptography
public import RegoMachine

/// Codes that people type. They are short enough to be guessed from their digests, so what is kept
/// is made with a key.
public struct ShortCodes: Sendable {
    private let keys: MessageKeys
    private let host: Host

    private static let digits = 8
    /// After so many wrong ones the right one is of no use either.
    static let wrongMax: Int64 = 5

    public init(keys: MessageKeys, host: Host) {
        self.keys = keys
        self.host = host
    }

    /// A new one: eight digits, each as likely as any other.
    func make() -> String {
        var digits = ""
        while digits.utf8.count < ShortCodes.digits {
            // 250 of 256 values are 25 for each digit; the rest are drawn again.
            for byte in host.randomBytes(16) where byte < 250 { digits += String(byte % 10) }
        }
        return String(digits.prefix(ShortCodes.digits))
    }

    /// What is kept of a code.
    /// - Parameter row: The id of the only row that it is good for.
    func kept(_ code: String, row: String) -> [UInt8] {
        keys.code(Array("\(row) \(code)".utf8), for: .shortCode)
    }

    func isCode(_ typed: String, kept: [UInt8], row: String) -> Bool {
        let digits = typed.filter { $0 != " " && $0 != "-" }
        return keys.isCode(kept, of: Array("\(row) \(digits)".utf8), for: .shortCode)
    }
}
