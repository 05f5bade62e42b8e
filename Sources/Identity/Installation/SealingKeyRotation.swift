public import Cryptography
import Glibc
public import RegoMachine

/// Puts a new sealing key before the others, which go on opening what they sealed.
public struct SealingKeyRotation: Sendable {
    private let folder: String

    private var path: String { "\(folder)/sealing.keys" }
    private var draft: String { "\(folder)/sealing.keys.new" }

    public init(folder: String) { self.folder = folder }

    /// The file is replaced in one step: whoever reads it finds the old keys or the new ones.
    /// - Returns: The id of the new key, and all keys.
    /// - Throws: `DataFileFailure`; also where another rotation is under way, or where there are no
    ///   keys yet.
    public func rotate(_ host: Host) throws(DataFileFailure) -> (id: String, keys: SealingKeys) {
        let file = SealingKeyFile(folder: folder)
        _ = try file.keys()
        let before = try DataFile(path).bytes() ?? []
        let secret = host.randomBytes(SealingKeys.keyByteCount)
        let id = host.randomBytes(4).hexadecimal
        try write(Array("\(id) \(secret.hexadecimal)\n".utf8) + before)
        return (id, try file.keys())
    }

    private func write(_ bytes: [UInt8]) throws(DataFileFailure) {
        // It is also the lock: of two rotations at once, one would lose its key.
        guard unsafe access(draft, F_OK) != 0 else {
            throw DataFileFailure(
                "another rotation is under way; if none is, remove what it left: \(draft)")
        }
        try DataFile(draft).make(bytes)
        guard try DataFile(draft).secretBytes() == bytes else {
            throw DataFileFailure("another rotation is under way")
        }
        guard unsafe rename(draft, path) == 0 else { throw .system("replace \(path)") }
        try syncFolder()
    }

    /// A name is on the disk once its folder is.
    private func syncFolder() throws(DataFileFailure) {
        let descriptor = unsafe open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        guard descriptor >= 0 else { throw .system("read \(folder)") }
        defer { close(descriptor) }
        guard fsync(descriptor) == 0 else { throw .system("write \(folder)") }
    }
}
