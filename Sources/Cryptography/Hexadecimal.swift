extension Sequence<UInt8> {
    /// Two digits a byte, in lower case: how digests and keys are written.
    public var hexadecimal: String {
        // One loop over bytes that lie together, whatever they come from: a general one asks each
        // time what the sequence is.
        let bytes = Array(self)
        return unsafe String(unsafeUninitializedCapacity: 2 * bytes.count) { text in
            for (place, byte) in bytes.enumerated() {
                unsafe text[2 * place] = digit(byte >> 4)
                unsafe text[2 * place + 1] = digit(byte & 15)
            }
            return 2 * bytes.count
        }
    }
}

private func digit(_ value: UInt8) -> UInt8 {
    value < 10 ? UInt8(ascii: "0") + value : UInt8(ascii: "a") + value - 10
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
