import Cryptography
public import RegoMachine

/// What the record has outside of the database, in the data folder: its key, and the heads.
public struct AuditFiles: Sendable {
    private let keyPath: String
    private let headsPath: String

    public typealias Failure = DataFileFailure

    /// - Parameter folder: It must be there.
    public init(folder: String) {
        keyPath = "\(folder)/audit.key"
        headsPath = "\(folder)/audit.heads"
    }

    /// - Throws: `Failure`, also where there is none yet.
    public func key() throws(Failure) -> AuditKey {
        guard let bytes = try DataFile(keyPath).secretBytes() else {
            throw Failure("there is no key at \(keyPath): `ostiary migrate` makes one")
        }
        let text = String(decoding: bytes, as: UTF8.self).prefix { $0 != "\n" }
        guard let secret = [UInt8](hexadecimal: text), let key = AuditKey(secret: secret) else {
            throw Failure("\(keyPath) holds no key: 64 hexadecimal digits are wanted")
        }
        return key
    }

    /// The key, made where there is none.
    /// - Throws: `Failure`.
    public func key(making host: Host) throws(Failure) -> AuditKey {
        let secret = host.randomBytes(AuditKey.secretBytes)
        try DataFile(keyPath).make(Array((secret.hexadecimal + "\n").utf8))
        return try key()
    }

    /// The lines of heads, oldest first; none where there is no file.
    /// - Throws: `Failure`.
    public func heads() throws(Failure) -> [String] {
        let bytes = try DataFile(headsPath).bytes() ?? []
        return String(decoding: bytes, as: UTF8.self).split(separator: "\n").map(String.init)
    }

    /// Adds heads, and returns once they are on the disk.
    /// - Throws: `Failure`.
    public func append(_ heads: [AuditHead], signedWith key: AuditKey) throws(Failure) {
        guard !heads.isEmpty else { return }
        let text = heads.map { $0.line(signedWith: key) + "\n" }.joined()
        try DataFile(headsPath).append(Array(text.utf8))
    }
}
