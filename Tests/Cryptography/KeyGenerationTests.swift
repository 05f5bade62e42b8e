import Cryptography
import Testing

/// New key pairs, and their way to where they are kept and back.
@Suite struct KeyGenerationTests {
    private static let message = Array("a message".utf8)

    private func isGood(
        _ signature: [UInt8], _ key: Key, _ algorithm: SignatureAlgorithm
    ) throws -> Bool {
        let verifier = try Verifier(key: key, algorithm: algorithm)
        let message = Self.message
        return verifier.isSignature(signature.span, of: message.span)
    }

    private func privateKey(_ der: [UInt8]) throws -> Key { try Key(privateKey: der.span) }

    @Test(arguments: [
        (Key.Generation.ec(.p256), SignatureAlgorithm.es256), (.ec(.p384), .es384),
        (.ec(.p521), .es512), (.ed25519, .eddsa), (.rsa(bits: 2_048), .rs256),
    ])
    func whatAKeySignsItsPublicHalfVerifies(
        _ generation: Key.Generation, _ algorithm: SignatureAlgorithm
    ) throws {
        let key = try Key(generating: generation)
        #expect(algorithm.fits(key.kind) && key.isPrivate)
        let (publicDER, privateDER) = (try key.publicKeyDER(), try key.privateKeyDER())
        let again = try privateKey(privateDER)
        let message = Self.message
        let signature = try again.signature(of: message.span, algorithm)
        let known = try Key(publicKey: publicDER.span)
        #expect(!known.isPrivate && known.hasSamePublicKey(as: key))
        #expect(try isGood(signature, known, algorithm))
        #expect(throws: CryptographyError.unfitKey) { try known.privateKeyDER() }
        #expect(throws: CryptographyError.self) { try privateKey(publicDER) }
        let other = try Key(generating: generation)
        #expect(try !isGood(signature, other, algorithm) && !other.hasSamePublicKey(as: key))
    }

    @Test(arguments: [0, 1_024, 2_047, 16_385, -1, Int.max])
    func noModulusIsShort(_ bits: Int) {
        #expect(throws: CryptographyError.unfitKey) { try Key(generating: .rsa(bits: bits)) }
    }
}
