extension Bytes {
    /// Whether the bytes are well-formed UTF-8 (Unicode, table 3-7).
    public var isUTF8: Bool {
        var position = 0
        while position < count {
            let length = sequenceLength(at: position)
            if length == 0 { return false }
            position += length
        }
        return true
    }

    /// How many bytes the scalar at `position` has, or 0 where it is ill-formed.
    func sequenceLength(at position: Int) -> Int {
        let lead = self[position]
        switch lead {
        case 0x00...0x7F: return 1
        case 0xC2...0xDF: return isTail(position + 1) ? 2 : 0
        case 0xE0...0xEF:
            let low: UInt8 = lead == 0xE0 ? 0xA0 : 0x80
            let high: UInt8 = lead == 0xED ? 0x9F : 0xBF
            return isTail(position + 1, low, high) && isTail(position + 2) ? 3 : 0
        case 0xF0...0xF4:
            let low: UInt8 = lead == 0xF0 ? 0x90 : 0x80
            let high: UInt8 = lead == 0xF4 ? 0x8F : 0xBF
            return isTail(position + 1, low, high) && isTail(position + 2)
                && isTail(position + 3) ? 4 : 0
        default: return 0
        }
    }

    private func isTail(_ position: Int, _ low: UInt8 = 0x80, _ high: UInt8 = 0xBF) -> Bool {
        position < count && self[position] >= low && self[position] <= high
    }
}
