import CArgon2
import COpenSSL

/// What one guess at a password costs: Argon2's memory, passes and lanes.
/// - Source: RFC 9106, section 3.1; OWASP, "Password Storage Cheat Sheet", for the standard.
public struct PasswordCost: Sendable, Hashable {
    /// At least 8 for each lane.
    public let memoryKiB: Int
    public let passes: Int
    /// One thread computes them all, one after the other.
    public let lanes: Int

    /// 19 MiB, 2 passes, 1 lane.
    public static let standard = PasswordCost(memory: 19_456, passes: 2, lanes: 1)

    /// What is computed at all: a stored text that asks for more is somebody's attempt to keep
    /// this machine busy.
    public static let memoryMaxKiB = 262_144
    public static let passesMax = 16
    public static let lanesMax = 16

    /// - Returns: `nil` for what no hash here may cost.
    public init?(memoryKiB: Int, passes: Int, lanes: Int = 1) {
        guard (1...Self.lanesMax).contains(lanes), (1...Self.passesMax).contains(passes),
            (8 * lanes...Self.memoryMaxKiB).contains(memoryKiB)
        else { return nil }
        self.init(memory: memoryKiB, passes: passes, lanes: lanes)
    }

    /// What, computed after this one, takes together about as long as another, in no more memory
    /// than that.
    /// - Returns: `nil` where that is no more than this one.
    public func rest(to other: PasswordCost) -> PasswordCost? {
        let missing = other.memoryKiB * other.passes - memoryKiB * passes
        let count = (missing + other.memoryKiB - 1) / other.memoryKiB
        return count > 0 ? PasswordCost(memoryKiB: missing / count, passes: count) : nil
    }

    private init(memory: Int, passes: Int, lanes: Int) {
        memoryKiB = memory
        self.passes = passes
        self.lanes = lanes
    }
}

/// The hash of a password by Argon2id, with its salt and its cost: all that is kept of one.
/// - Source: RFC 9106; the text is PHC's string format.
public struct PasswordHash: Sendable, Hashable {
    public let cost: PasswordCost
    private let salt: [UInt8]
    private let tag: [UInt8]

    private static let saltBytes = 16
    private static let tagBytes = 32
    private static let lengths = 8...64
    private static let textBytesMax = 256
    /// The number by which texts and the library call version 1.3.
    private static let version = 19

    /// Hashes with a new salt. Takes as long as it should: not for an event loop.
    /// - Throws: `failed`, where memory is short.
    public init(of password: Span<UInt8>, cost: PasswordCost) throws(CryptographyError) {
        salt = try Self.randomBytes(Self.saltBytes)
        self.cost = cost
        tag = try Self.tag(password, salt, cost, byteCount: Self.tagBytes)
    }

    /// One that no password has, and that costs as much to compare with as any.
    /// - Throws: `failed`.
    public static func ofNothing(cost: PasswordCost) throws(CryptographyError) -> PasswordHash {
        PasswordHash(
            cost: cost, salt: try randomBytes(saltBytes), tag: try randomBytes(tagBytes))
    }

    private init(cost: PasswordCost, salt: [UInt8], tag: [UInt8]) {
        self.cost = cost
        self.salt = salt
        self.tag = tag
    }

    /// Whether it is this password's. Takes as long as hashing it did.
    /// - Throws: `failed`, where memory is short.
    public func isHash(of password: Span<UInt8>) throws(CryptographyError) -> Bool {
        let computed = try Self.tag(password, salt, cost, byteCount: tag.count)
        return areEqualInConstantTime(computed.span, tag.span)
    }

    /// Whether it is easier to guess at than a new one of that cost would be.
    public func isWeaker(than wanted: PasswordCost) -> Bool {
        cost.memoryKiB < wanted.memoryKiB || cost.passes < wanted.passes
            || salt.count < Self.saltBytes || tag.count < Self.tagBytes
    }
}

// MARK: Text

extension PasswordHash {
    /// `$argon2id$v=19$m=19456,t=2,p=1$…$…`
    public var text: String {
        "$argon2id$v=\(Self.version)$m=\(cost.memoryKiB),t=\(cost.passes),p=\(cost.lanes)"
            + "$\(Self.digits(salt))$\(Self.digits(tag))"
    }

    /// Reads what `text` writes, and nothing else.
    /// - Returns: `nil` also where the cost is out of bounds.
    public init?(_ text: String) {
        guard text.utf8.count <= Self.textBytesMax else { return nil }
        let parts = text.split(separator: "$", omittingEmptySubsequences: false)
        guard parts.count == 6, let cost = Self.cost(parts[3]),
            let salt = Self.bytes(parts[4]), let tag = Self.bytes(parts[5]),
            Self.lengths.contains(salt.count), Self.lengths.contains(tag.count)
        else { return nil }
        self.init(cost: cost, salt: salt, tag: tag)
        // One hash has one text: no zeros in front, no other order, no unused bits.
        guard self.text == text else { return nil }
    }

    private static func cost(_ text: Substring) -> PasswordCost? {
        let parts = text.split(separator: ",", omittingEmptySubsequences: false)
        guard parts.count == 3 else { return nil }
        let numbers = zip(["m=", "t=", "p="], parts).compactMap { name, part in
            part.hasPrefix(name) ? Int(part.dropFirst(2)) : nil
        }
        guard numbers.count == 3 else { return nil }
        return PasswordCost(memoryKiB: numbers[0], passes: numbers[1], lanes: numbers[2])
    }

    /// Base 64 without padding.
    private static func digits(_ bytes: [UInt8]) -> String {
        var text = [UInt8](repeating: 0, count: (bytes.count + 2) / 3 * 4 + 1)
        let count = unsafe EVP_EncodeBlock(&text, bytes, Int32(bytes.count))
        let digits = text.prefix(Int(count)).filter { $0 != UInt8(ascii: "=") }
        return String(decoding: digits, as: UTF8.self)
    }

    private static func bytes(_ digits: Substring) -> [UInt8]? {
        let padding = (4 - digits.utf8.count % 4) % 4
        guard padding < 3 else { return nil }
        let text = Array(digits.utf8) + [UInt8](repeating: UInt8(ascii: "="), count: padding)
        var bytes = [UInt8](repeating: 0, count: text.count / 4 * 3)
        let count = unsafe EVP_DecodeBlock(&bytes, text, Int32(text.count))
        // The library counts the padding as bytes, and takes white space for nothing.
        guard Int(count) == bytes.count, count >= padding else { return nil }
        return Array(bytes.dropLast(padding))
    }
}

// MARK: The library

extension PasswordHash {
    private static func randomBytes(_ count: Int) throws(CryptographyError) -> [UInt8] {
        var bytes = [UInt8](repeating: 0, count: count)
        guard unsafe RAND_bytes(&bytes, Int32(count)) == 1 else { throw .failed }
        return bytes
    }

    private static func tag(
        _ password: Span<UInt8>, _ salt: [UInt8], _ cost: PasswordCost, byteCount: Int
    ) throws(CryptographyError) -> [UInt8] {
        guard password.count <= Int(Int32.max) else { throw .failed }
        var password = unsafe password.withUnsafeBufferPointer { unsafe Array($0) }
        let passwordCount = UInt32(password.count)
        var salt = salt
        let saltCount = UInt32(salt.count)
        var tag = [UInt8](repeating: 0, count: byteCount)
        let status = unsafe password.withUnsafeMutableBufferPointer { password in
            unsafe salt.withUnsafeMutableBufferPointer { salt in
                unsafe tag.withUnsafeMutableBufferPointer { tag in
                    var context = unsafe argon2_context(
                        out: tag.baseAddress, outlen: UInt32(byteCount),
                        pwd: password.baseAddress, pwdlen: passwordCount,
                        salt: salt.baseAddress, saltlen: saltCount, secret: nil, secretlen: 0,
                        ad: nil, adlen: 0, t_cost: UInt32(cost.passes),
                        m_cost: UInt32(cost.memoryKiB), lanes: UInt32(cost.lanes), threads: 1,
                        version: UInt32(version), allocate_cbk: PasswordMemory.allocate,
                        free_cbk: PasswordMemory.deallocate, flags: clearsPassword)
                    return unsafe argon2_ctx(&context, Argon2_id)
                }
            }
        }
        guard status == 0 else { throw .failed }
        return tag
    }

    /// The value of `ARGON2_FLAG_CLEAR_PASSWORD`: our copy is wiped once it is used.
    private static let clearsPassword: UInt32 = 1
}
