import COpenSSL

/// Keys that seal secrets which must be read back from where they are kept: seeds, other parties'
/// secrets. AES-256-GCM (NIST SP 800-38D) with 96-bit random nonces.
///
/// What is sealed names its key, so that a new key seals while older ones still open. It opens only
/// at the place it was sealed for: a value moved to another row or another tenant is refused as one
/// that was changed.
public struct SealingKeys: Sendable {
    public static let keyByteCount = 32
    private static let version: UInt8 = 1
    private static let nonceByteCount = 12
    private static let tagByteCount = 16

    private let activeID: String
    private let keys: [String: [UInt8]]

    /// - Parameter activeID: Of the key that seals.
    /// - Parameter keys: By id, of 1 to 255 bytes each; 32 bytes each, of a random source.
    /// - Throws: `unfitKey` where one has another length, or the active one is not among them.
    public init(activeID: String, keys: [String: [UInt8]]) throws(CryptographyError) {
        let areFit = keys.allSatisfy { id, key in
            key.count == SealingKeys.keyByteCount && (1...255).contains(id.utf8.count)
        }
        guard areFit, keys[activeID] != nil else { throw .unfitKey }
        self.activeID = activeID
        self.keys = keys
    }

    var activeKey: [UInt8] { keys[activeID] ?? [] }
    var allKeys: [[UInt8]] { Array(keys.values) }

    /// Whether what they seal opens again.
    public var areWhole: Bool {
        let place = SealedPlace(table: "", column: "", row: "", organization: nil)
        guard let sealed = try? seal([1].span, for: place) else { return false }
        return (try? open(sealed.span, for: place)) == [1]
    }

    /// The secret as it may be kept: version, length of the key's id, id, nonce, text, tag.
    public func seal(
        _ secret: Span<UInt8>, for place: SealedPlace
    ) throws(CryptographyError) -> [UInt8] {
        guard let key = keys[activeID] else { throw .unfitKey }
        var sealed = [Self.version, UInt8(activeID.utf8.count)] + activeID.utf8
        let bound = place.bytes(header: sealed)
        var nonce = [UInt8](repeating: 0, count: Self.nonceByteCount)
        guard unsafe RAND_bytes(&nonce, Int32(nonce.count)) == 1 else { throw .failed }
        sealed += nonce
        let cipher = try GCM(key: key, nonce: nonce, isSealing: true)
        sealed += try cipher.update(bound: bound, secret)
        sealed += try cipher.tag(Self.tagByteCount)
        return sealed
    }

    /// The secret, if these bytes are what was sealed for this place.
    public func open(
        _ sealed: Span<UInt8>, for place: SealedPlace
    ) throws(SealingFault) -> [UInt8] {
        guard sealed.count >= 2, sealed[0] == Self.version else { throw .malformed }
        let headerCount = 2 + Int(sealed[1])
        let textStart = headerCount + Self.nonceByteCount
        let textEnd = sealed.count - Self.tagByteCount
        guard textEnd >= textStart else { throw .malformed }
        let header = sealed.bytes(0..<headerCount)
        let id = String(decoding: header.dropFirst(2), as: UTF8.self)
        guard let key = keys[id] else { throw .unknownKey(id: id) }
        do throws(CryptographyError) {
            let cipher = try GCM(
                key: key, nonce: sealed.bytes(headerCount..<textStart), isSealing: false)
            let text = sealed.extracting(textStart..<textEnd)
            let secret = try cipher.update(bound: place.bytes(header: header), text)
            try cipher.check(tag: sealed.bytes(textEnd..<sealed.count))
            return secret
        } catch {
            throw .forged
        }
    }
}

/// The only place at which a sealed value opens.
public struct SealedPlace: Sendable, Hashable {
    public let table: String
    public let column: String
    public let row: String
    /// `nil` for what belongs to no tenant.
    public let organization: String?

    public init(table: String, column: String, row: String, organization: String?) {
        self.table = table
        self.column = column
        self.row = row
        self.organization = organization
    }

    /// Each part with its length before it, so that no two places have the same bytes.
    func bytes(header: [UInt8]) -> [UInt8] {
        var bytes = header
        for part in [table, column, row, organization ?? ""] {
            bytes += (0..<8).map { UInt8(truncatingIfNeeded: part.utf8.count >> (56 - 8 * $0)) }
            bytes += part.utf8
        }
        bytes.append(organization == nil ? 0 : 1)
        return bytes
    }
}

/// Why sealed bytes are not opened.
public enum SealingFault: Error, Sendable, Hashable {
    /// They are no sealed value.
    case malformed
    /// The key that sealed them is not among ours.
    case unknownKey(id: String)
    /// They were changed, or sealed for another place.
    case forged
}

extension Span<UInt8> {
    fileprivate func bytes(_ range: Range<Int>) -> [UInt8] { range.map { self[$0] } }
}

/// One run of the cipher.
@safe private final class GCM {
    private let context: OpaquePointer
    private let isSealing: Bool

    init(key: [UInt8], nonce: [UInt8], isSealing: Bool) throws(CryptographyError) {
        guard let context = unsafe EVP_CIPHER_CTX_new() else { throw .failed }
        unsafe self.context = unsafe context
        self.isSealing = isSealing
        let status = unsafe EVP_CipherInit_ex2(
            context, FetchedGCM.only.pointer, key, nonce, isSealing ? 1 : 0, nil)
        guard status == 1 else { throw .failed }
    }

    deinit { unsafe EVP_CIPHER_CTX_free(context) }

    /// - Parameter bound: What is proved along with the text, and not part of it.
    func update(bound: [UInt8], _ text: Span<UInt8>) throws(CryptographyError) -> [UInt8] {
        guard text.count <= Int(Int32.max) else { throw .failed }
        var count: Int32 = 0
        guard unsafe EVP_CipherUpdate(context, nil, &count, bound, Int32(bound.count)) == 1 else {
            throw .failed
        }
        var output = [UInt8](repeating: 0, count: text.count)
        if text.isEmpty { return output }
        let status = unsafe text.withUnsafeBufferPointer { text in
            unsafe EVP_CipherUpdate(
                context, &output, &count, text.baseAddress, Int32(text.count))
        }
        guard status == 1, count == text.count else { throw .failed }
        return output
    }

    func tag(_ count: Int) throws(CryptographyError) -> [UInt8] {
        var tag = [UInt8](repeating: 0, count: count)
        var rest: Int32 = 0
        var nothing: UInt8 = 0
        guard unsafe EVP_CipherFinal_ex(context, &nothing, &rest) == 1,
            unsafe EVP_CIPHER_CTX_ctrl(context, EVP_CTRL_AEAD_GET_TAG, Int32(count), &tag) == 1
        else { throw .failed }
        return tag
    }

    /// - Throws: `failed` where the tag is another's.
    func check(tag: [UInt8]) throws(CryptographyError) {
        var tag = tag
        var rest: Int32 = 0
        var nothing: UInt8 = 0
        guard
            unsafe EVP_CIPHER_CTX_ctrl(context, EVP_CTRL_AEAD_SET_TAG, Int32(tag.count), &tag) == 1,
            unsafe EVP_CipherFinal_ex(context, &nothing, &rest) == 1
        else { throw .failed }
    }
}

/// The library's implementation, which lives as long as the process and never changes: looking it
/// up costs as much as sealing a short text.
@safe private struct FetchedGCM: @unchecked Sendable {
    let pointer: OpaquePointer

    static let only = FetchedGCM()

    private init() {
        guard let found = unsafe EVP_CIPHER_fetch(nil, "AES-256-GCM", nil) else {
            preconditionFailure("the library lacks AES-256-GCM")
        }
        unsafe pointer = unsafe found
    }
}
