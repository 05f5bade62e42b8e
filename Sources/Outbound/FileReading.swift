import Glibc

enum FileReading {
    /// Up to `count` bytes of an open file: fewer where it ends or fails before.
    static func bytes(of file: Int32, _ count: Int) -> [UInt8] {
        unsafe [UInt8](unsafeUninitializedCapacity: count) { buffer, filled in
            filled = 0
            while filled < count {
                let start = unsafe buffer.baseAddress.map { unsafe $0 + filled }
                let got = unsafe Glibc.read(file, start, count - filled)
                if got < 0 && errno == EINTR { continue }
                if got <= 0 { return }
                filled += got
            }
        }
    }
}
