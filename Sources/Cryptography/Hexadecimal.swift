extension Sequence<UInt8> {
    /// Two digits a byte, in lower case: how digests and keys are written.
    public var hexadecimal: String {
        let digits = Array("0123456789abcdef".utf8)
        let text = flatMap { [digits[Int($0 >> 4)], digits[Int($0 & 15)]] }
        return String(decoding: text, as: UTF8.self)
    }
}

extension [UInt8] {
    /// The bytes that digits of either case stand for; `nil` where there is anything else.
    public init?(hexadecimal text: some StringProtocol) {
        let digits = text.utf8.map { digit in
            UInt8(Character(UnicodeScalar(digit)).hexDigitValue ?? 16)
        }
        guard digits.count % 2 == 0, digits.allSatisfy({ $0 < 16 }) else { return nil }
        self = stride(from: 0, to: digits.count, by: 2).map { digits[$0] << 4 | digits[$0 + 1] }
    }
}
