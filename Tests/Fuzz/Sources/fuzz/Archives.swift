import Bundles

/// Bytes as a gzipped tar file, and what is read of it packed again.
func fuzzArchives(_ bytes: [UInt8]) {
    var limits = Archive.Limits()
    limits.fileBytes = 1 << 20
    limits.totalBytes = 4 << 20
    limits.entries = 1_000
    guard let archive = try? Archive(reading: bytes, limits: limits),
        let packed = try? archive.packed(),
        let again = try? Archive(reading: packed, limits: limits)
    else { return }
    precondition(archive.entries.map(\.path) == again.entries.map(\.path), "a name is lost")
}
