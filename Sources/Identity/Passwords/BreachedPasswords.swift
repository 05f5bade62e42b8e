import Cryptography
import Glibc

/// A file of passwords that were seen in breaches, which is never read whole: it may have tens of
/// gigabytes.
///
/// A line is the SHA-1 of a password in 40 hexadecimal digits, and how often it was seen:
/// `000000005AD76BD555C1D6D771DE417A4B87E4B4:10`. The lines are sorted, as those of *Have I Been
/// Pwned* are once they are downloaded ordered by hash. What a search meets is checked, so that a
/// file which is something else is found out rather than searched in vain.
public final class BreachedPasswords: Sendable {
    private let descriptor: Int32
    private let path: String
    private let byteCount: Int

    private static let digits = 40
    /// A line with its break: nobody was breached oftener than 64 bits say.
    private static let lineBytesMax = digits + 1 + 20 + 2

    /// - Throws: `DataFileFailure` where it is no such file.
    public init(path: String) throws(DataFileFailure) {
        // A pipe would keep the opener waiting.
        let descriptor = unsafe open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK)
        guard descriptor >= 0 else { throw .system("read \(path)") }
        self.descriptor = descriptor
        self.path = path
        var status = stat()
        guard unsafe fstat(descriptor, &status) == 0, status.st_mode & S_IFMT == S_IFREG else {
            byteCount = 0
            throw DataFileFailure("\(path) is no file")
        }
        byteCount = Int(status.st_size)
        let first = try line(around: 0, in: 0..<byteCount)
        let last = try line(around: byteCount - 1, in: 0..<byteCount)
        guard first.range == last.range || first.precedes(last.hash) else { throw unsorted }
    }

    deinit { close(descriptor) }

    /// Whether the password was seen. Waits for the disk: not for an event loop.
    /// - Throws: `DataFileFailure` where the file turns out to be something else.
    func contain(_ password: String) throws(DataFileFailure) -> Bool {
        let wanted = Array(
            DigestAlgorithm.sha1.digest(Array(password.utf8).span).hexadecimal.uppercased().utf8)
        var range = 0..<byteCount
        var (lowest, highest): (Line?, Line?)
        while !range.isEmpty {
            let found = try line(around: range.lowerBound + range.count / 2, in: range)
            guard lowest?.precedes(found.hash) ?? true,
                highest.map({ found.precedes($0.hash) }) ?? true
            else { throw unsorted }
            if found.hash == wanted { return true }
            if found.precedes(wanted) {
                range = found.range.upperBound..<range.upperBound
                lowest = found
            } else {
                range = range.lowerBound..<found.range.lowerBound
                highest = found
            }
        }
        return false
    }

    private struct Line {
        /// With its break.
        let range: Range<Int>
        /// In upper case.
        let hash: [UInt8]

        func precedes(_ other: [UInt8]) -> Bool { hash.lexicographicallyPrecedes(other) }
    }

    /// The line that the byte at `position` belongs to.
    /// - Parameter range: Begins with a line, and ends with one.
    private func line(around position: Int, in range: Range<Int>) throws(DataFileFailure) -> Line {
        let window =
            max(
                range.lowerBound, position - Self.lineBytesMax)..<min(
                range.upperBound, position + Self.lineBytesMax)
        guard window.contains(position) else { throw damaged(position) }
        let bytes = try read(window)
        let own = position - window.lowerBound
        let newline = UInt8(ascii: "\n")
        let start = bytes[..<own].lastIndex(of: newline).map { $0 + 1 } ?? 0
        let end = bytes[own...].firstIndex(of: newline).map { $0 + 1 } ?? bytes.count
        let isWhole =
            (start > 0 || window.lowerBound == range.lowerBound)
            && (bytes[end - 1] == newline || window.upperBound == range.upperBound)
        guard isWhole, let hash = Self.hash(bytes[start..<end]) else { throw damaged(position) }
        return Line(range: window.lowerBound + start..<window.lowerBound + end, hash: hash)
    }

    private static func hash(_ line: ArraySlice<UInt8>) -> [UInt8]? {
        guard line.count <= lineBytesMax else { return nil }
        let text = String(decoding: line, as: UTF8.self).split(whereSeparator: \.isNewline)
        guard text.count == 1 else { return nil }
        let parts = text[0].split(separator: ":", omittingEmptySubsequences: false)
        guard parts[0].utf8.count == digits, parts.count <= 2,
            [UInt8](hexadecimal: parts[0]) != nil,
            parts.count == 1 || UInt64(parts[1]) != nil
        else { return nil }
        return Array(parts[0].uppercased().utf8)
    }

    private func read(_ range: Range<Int>) throws(DataFileFailure) -> [UInt8] {
        var bytes = [UInt8](repeating: 0, count: range.count)
        var filled = 0
        while filled < bytes.count {
            let count = unsafe bytes.withUnsafeMutableBytes { room in
                unsafe pread(
                    descriptor, room.baseAddress.map { unsafe $0 + filled }, room.count - filled,
                    off_t(range.lowerBound + filled))
            }
            if count < 0, errno == EINTR { continue }
            guard count >= 0 else { throw .system("read \(path)") }
            // Shorter than it was.
            guard count > 0 else { throw damaged(range.lowerBound + filled) }
            filled += count
        }
        return bytes
    }

    private func damaged(_ position: Int) -> DataFileFailure {
        DataFileFailure("\(path) has no line with a hash at byte \(position)")
    }

    private var unsorted: DataFileFailure {
        DataFileFailure("\(path) is not sorted by its hashes")
    }
}
