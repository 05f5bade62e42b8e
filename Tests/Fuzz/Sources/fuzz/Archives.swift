import Bundles

/// Bytes as a gzipped tar file, and what is read of it packed again. What is no gzip is taken for
/// the tar file inside of one: random changes would never pass the checksums of both.
func fuzzArchives(_ bytes: [UInt8]) {
    var limits = Archive.Limits()
    limits.fileBytes = 1 << 20
    limits.totalBytes = 4 << 20
    limits.entries = 1_000
    let file = bytes.starts(with: [0x1F, 0x8B]) ? bytes : gzip(sealed(bytes))
    guard let archive = try? Archive(reading: file, limits: limits),
        let packed = try? archive.packed(),
        let again = try? Archive(reading: packed, limits: limits)
    else { return }
    precondition(archive.entries.map(\.path) == again.entries.map(\.path), "a name is lost")
    precondition(archive.entries.map(\.bytes) == again.entries.map(\.bytes), "contents are lost")
}

private let blockBytes = 512

/// A tar file whose headers have the checksums that they ought to have.
private func sealed(_ tar: [UInt8]) -> [UInt8] {
    var tar = tar
    var start = 0
    while start + blockBytes <= tar.count {
        let header = tar[start..<start + blockBytes]
        let size = header[(start + 124)..<(start + 136)].prefix { (0x30...0x37).contains($0) }
            .reduce(0) { $0 << 3 | Int($1 - 0x30) }
        let field = (start + 148)..<(start + 156)
        tar.replaceSubrange(field, with: [UInt8](repeating: 0x20, count: 8))
        let sum = tar[start..<start + blockBytes].reduce(0) { $0 + Int($1) }
        let digits = Array(String(sum, radix: 8).utf8)
        tar.replaceSubrange(
            field, with: [UInt8](repeating: 0x30, count: 6 - digits.count) + digits + [0, 0x20])
        // Contents are left as they are; what is too long ends the file.
        start += blockBytes + min((size + blockBytes - 1) / blockBytes, tar.count) * blockBytes
    }
    return tar
}

/// A gzip file of stored blocks (RFC 1951 and 1952).
private func gzip(_ bytes: [UInt8]) -> [UInt8] {
    var file: [UInt8] = [0x1F, 0x8B, 8, 0, 0, 0, 0, 0, 0, 255]
    let parts = stride(from: 0, to: bytes.count, by: 0xFFFF).map {
        bytes[$0..<min($0 + 0xFFFF, bytes.count)]
    }
    for part in parts {
        let length = UInt16(part.count)
        file += [0] + littleEndian(length) + littleEndian(~length) + part
    }
    file += [1, 0, 0, 0xFF, 0xFF]
    return file + littleEndian(cyclicRedundancy(bytes)) + littleEndian(UInt32(bytes.count))
}

private func cyclicRedundancy(_ bytes: [UInt8]) -> UInt32 {
    var sum: UInt32 = ~0
    for byte in bytes {
        sum ^= UInt32(byte)
        for _ in 0..<8 { sum = sum >> 1 ^ (sum & 1 == 1 ? 0xEDB8_8320 : 0) }
    }
    return ~sum
}

private func littleEndian<Number: FixedWidthInteger>(_ number: Number) -> [UInt8] {
    withUnsafeBytes(of: number.littleEndian) { Array($0) }
}
