import Testing

@testable import Cryptography

func bytes(hex: String) -> [UInt8] {
    let digits = hex.utf8.compactMap { Character(UnicodeScalar($0)).hexDigitValue }
    return stride(from: 0, to: digits.count - 1, by: 2).map { index in
        UInt8(digits[index] << 4 | digits[index + 1])
    }
}

func hex(_ bytes: [UInt8]) -> String {
    bytes.map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined()
}

// The testing library's macros cannot take a call apart whose arguments are spans.
extension DigestAlgorithm {
    func digest(_ message: [UInt8]) -> [UInt8] { digest(message.span) }
}

extension Authenticator {
    func code(_ message: [UInt8]) -> [UInt8] { code(message.span) }
    func accepts(_ candidate: [UInt8], _ message: [UInt8]) -> Bool {
        isCode(candidate.span, of: message.span)
    }
}

extension Verifier {
    func accepts(_ signature: [UInt8], _ message: [UInt8]) -> Bool {
        isSignature(signature.span, of: message.span)
    }
}

extension Key {
    func sign(_ message: [UInt8], _ algorithm: SignatureAlgorithm) throws -> [UInt8] {
        try signature(of: message.span, algorithm)
    }
    static func edwards(_ seed: [UInt8]) throws -> Key {
        try Key(ed25519: seed.span, isPrivate: true)
    }
    static func parsed(public der: [UInt8]) throws -> Key { try Key(publicKey: der.span) }
    static func parsed(private der: [UInt8]) throws -> Key { try Key(privateKey: der.span) }
}

@Suite struct DigestTests {
    @Test(arguments: [
        (DigestAlgorithm.md5, "900150983cd24fb0d6963f7d28e17f72"),
        (.sha1, "a9993e364706816aba3e25717850c26c9cd0d89d"),
        (.sha224, "23097d223405d8228642a477bda255b32aadbce4bda0b3f7e36c9da7"),
        (.sha512_224, "4634270f707b6a54daae7530460842e20e37ed265ceee9a43e8924aa"),
        (.sha512_256, "53048e2681941ef99b2e29b76b4c7dabe4c2d0c634fc6d46e0e2f13107e7af23"),
        (.sha256, "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"),
        (
            .sha384,
            "cb00753f45a35e8bb5a03d699ac65007272c32ab0eded1631a8b605a43ff5bed"
                + "8086072ba1e7cc2358baeca134c825a7"
        ),
        (
            .sha512,
            "ddaf35a193617abacc417349ae20413112e6fa4e89a97ea20a9eeee64b55d39a"
                + "2192992a274fc1a836ba3c23a3feebbd454d4423643ce80e2a9ac94fa54ca49f"
        ),
    ])
    func digestOfABC(_ algorithm: DigestAlgorithm, _ expected: String) {
        let message = Array("abc".utf8)
        #expect(hex(algorithm.digest(message)) == expected)
    }

    @Test func anEmptyMessageHasADigest() {
        let nothing: [UInt8] = []
        #expect(
            hex(DigestAlgorithm.sha256.digest(nothing)).hasPrefix("e3b0c44298fc1c149afbf4c8"))
    }
}

@Suite struct AuthenticatorTests {
    @Test func aCodeOfAnotherLengthOrMessageIsNone() throws {
        let key = Array("key".utf8)
        let message = Array("message".utf8)
        let other = Array("massage".utf8)
        let authenticator = try Authenticator(key: key.span, .sha256)
        let code = authenticator.code(message)
        let short = Array(code.dropLast())
        #expect(!authenticator.accepts(short, message))
        #expect(!authenticator.accepts(code, other))
        #expect(authenticator.accepts(code, message))
    }

    /// RFC 4231, test case 2, twice: the state must not carry over.
    @Test func codesDoNotDependOnEarlierOnes() throws {
        let key = Array("Jefe".utf8)
        let message = Array("what do ya want for nothing?".utf8)
        let authenticator = try Authenticator(key: key.span, .sha256)
        let expected = "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843"
        #expect(hex(authenticator.code(message)) == expected)
        #expect(hex(authenticator.code(message)) == expected)
    }

    @Test func anEmptyKeyIsAKey() throws {
        let nothing: [UInt8] = []
        let authenticator = try Authenticator(key: nothing.span, .sha256)
        #expect(hex(authenticator.code(nothing)).hasPrefix("b613679a0814d9ec772f95d778c35fc5"))
    }
}

@Suite struct SignatureTests {
    /// RFC 8037, appendix A.
    static let seed = bytes(
        hex: "9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60")
    /// RFC 7515, appendix A.3.
    static let p256 = ECMembers(
        curve: .p256,
        x: bytes(hex: "7fcdce2770f6c45d4183cbee6fdb4b7b580733357be9ef13bacf6e3c7bd15445"),
        y: bytes(hex: "c7f144cd1bbd9b7e872cdfedb9eeb9f4b3695d6ea90b24ad8a4623288588e5ad"),
        d: bytes(hex: "8e9b109e719098bf980487df1f5d77e9cb29606ebed2263b5f57c213df84f4b2"))

    @Test func aSignatureOfAnotherLengthIsNone() throws {
        let key = try Key(Self.p256)
        let message = Array("message".utf8)
        let signature = try key.sign(message, .es256)
        let verifier = try Verifier(key: key, algorithm: .es256)
        let zeros = [UInt8](repeating: 0, count: 64)
        for wrong in [[], Array(signature.dropLast()), signature + [0], zeros] {
            #expect(!verifier.accepts(wrong, message))
        }
        #expect(verifier.accepts(signature, message))
        #expect(verifier.accepts(signature, message))
    }

    @Test func aKeyServesOnlyItsOwnAlgorithm() throws {
        let ec = try Key(Self.p256)
        let edwards = try Key.edwards(Self.seed)
        let message: [UInt8] = [1]
        for algorithm in SignatureAlgorithm.allCases where algorithm != .es256 {
            #expect(throws: CryptographyError.unfitKey) {
                try Verifier(key: ec, algorithm: algorithm)
            }
            #expect(throws: CryptographyError.unfitKey) {
                try ec.sign(message, algorithm)
            }
        }
        #expect(throws: CryptographyError.unfitKey) {
            try Verifier(key: edwards, algorithm: .es256)
        }
    }

    @Test func aPublicKeySignsNothing() throws {
        var members = Self.p256
        members.d = nil
        let key = try Key(members)
        let message: [UInt8] = [1]
        #expect(throws: CryptographyError.unfitKey) {
            try key.sign(message, .es256)
        }
    }

    @Test func aPointBesideTheCurveIsNoKey() {
        var members = Self.p256
        members.y[31] ^= 1
        members.d = nil
        #expect(throws: CryptographyError.self) { try Key(members) }
        members.x = Array(repeating: 1, count: 33)
        #expect(throws: CryptographyError.self) { try Key(members) }
    }

    @Test func edwardsSignaturesAreRFC8037s() throws {
        let key = try Key.edwards(Self.seed)
        let message = Array("eyJhbGciOiJFZERTQSJ9.RXhhbXBsZSBvZiBFZDI1NTE5IHNpZ25pbmc".utf8)
        let signature = try key.sign(message, .eddsa)
        #expect(hex(signature).hasPrefix("860c98d2297f3060a33f42739672d61b"))
        let verifier = try Verifier(key: key, algorithm: .eddsa)
        #expect(verifier.accepts(signature, message))
        let other: [UInt8] = [1]
        #expect(!verifier.accepts(signature, other))
        #expect(!verifier.accepts(other, message))
    }

    @Test func membersComeBack() throws {
        #expect(try Key(Self.p256).ecMembers == Self.p256)
        #expect(try Key.edwards(Self.seed).ed25519Members?.seed == Self.seed)
    }
}

@Suite struct EncodingTests {
    @Test(arguments: [
        "", "-----BEGIN X-----", "-----BEGIN X-----\nAAAA\n",
        "-----BEGIN X-----\n!\n-----END X-----",
        "-----BEGIN X-----\nAAAA\n-----END Y-----", "----- BEGIN X-----\nAAAA\n-----END X-----",
    ])
    func damagedArmourHoldsNothing(_ text: String) {
        #expect(PEMBlock.first(in: Array(text.utf8)[...]) == nil)
    }

    @Test func aBlockEndsAndTheRestFollows() throws {
        let text = "junk\n-----BEGIN X Y-----\nA: b\n\nAQID\r\nBA==\n-----END X Y-----\nrest"
        let found = try #require(PEMBlock.first(in: Array(text.utf8)[...]))
        #expect(found.block == PEMBlock(label: "X Y", bytes: [1, 2, 3, 4]))
        #expect(found.rest.elementsEqual("rest".utf8))
    }

    @Test(
        arguments: [
            [0x30], [0x30, 0x80], [0x30, 0x85, 1, 1, 1, 1, 1], [0x30, 0x82, 0xFF], [0x1F, 0x81, 0],
            [0x30, 0x02, 0x00], [0x30, 0x84, 0x7F, 0xFF, 0xFF, 0xFF],
        ] as [[UInt8]])
    func damagedEncodingsAreRefused(_ bytes: [UInt8]) {
        var reader = DER(bytes[...])
        #expect(throws: CryptographyError.self) { try reader.element() }
        #expect(throws: CryptographyError.malformed("x509: malformed certificate")) {
            try Certificate(bytes)
        }
        #expect(throws: CryptographyError.self) { try Key.parsed(public: bytes) }
        #expect(throws: CryptographyError.self) { try Key.parsed(private: bytes) }
    }

    @Test func objectIdentifiersThatDoNotEndAreRefused() {
        #expect(throws: CryptographyError.self) { try DER.arcs([]) }
        #expect(throws: CryptographyError.self) { try DER.arcs([0x2A, 0x86]) }
        let endless = [UInt8](repeating: 0xFF, count: 40)
        #expect(throws: CryptographyError.self) { try DER.arcs(endless[...]) }
    }
}
