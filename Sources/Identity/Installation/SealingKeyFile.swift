public import Cryptography
public import RegoMachine

/// The keys that seal secrets in the database, in the data folder: a line a key, its id and 64
/// hexadecimal digits. The first one seals; the others open what was sealed before.
public struct SealingKeyFile: Sendable {
    private let path: String

    public init(folder: String) { path = "\(folder)/sealing.keys" }

    /// The keys; with one of its own where there is no file.
    /// - Throws: `DataFileFailure`.
    public func keys(making host: Host) throws(DataFileFailure) -> SealingKeys {
        let secret = host.randomBytes(SealingKeys.keyByteCount)
        let id = host.randomBytes(4).hexadecimal
        try DataFile(path).make(Array("\(id) \(secret.hexadecimal)\n".utf8))
        return try keys()
    }

    /// - Throws: `DataFileFailure`, also where there is no file.
    public func keys() throws(DataFileFailure) -> SealingKeys {
        guard let bytes = try DataFile(path).secretBytes() else {
            throw DataFileFailure("there are no sealing keys at \(path)")
        }
        let unfit = DataFileFailure("\(path) holds something else than keys")
        var keys: [String: [UInt8]] = [:]
        var active: String?
        for line in String(decoding: bytes, as: UTF8.self).split(separator: "\n") {
            let parts = line.split(separator: " ")
            guard parts.count == 2, let secret = [UInt8](hexadecimal: parts[1]),
                keys.updateValue(secret, forKey: String(parts[0])) == nil
            else { throw unfit }
            active = active ?? String(parts[0])
        }
        do throws(CryptographyError) {
            return try SealingKeys(activeID: active ?? "", keys: keys)
        } catch { throw unfit }
    }
}
