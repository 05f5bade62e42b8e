import Cryptography
import Testing

// The testing library's macros cannot take a call apart whose arguments are spans.
extension SealingKeys {
    fileprivate func seal(_ secret: [UInt8], _ place: SealedPlace) throws -> [UInt8] {
        try seal(secret.span, for: place)
    }

    fileprivate func open(_ sealed: [UInt8], _ place: SealedPlace) throws -> [UInt8] {
        try open(sealed.span, for: place)
    }
}

/// Secrets that are read back only where they belong.
@Suite struct SealingTests {
    private static let place = SealedPlace(
        table: "factors", column: "seed", row: "fac_1", organization: "org_1")
    private static let secret = Array("a seed nobody sees".utf8)

    private static func keys(active: String, _ ids: [String: UInt8]) throws -> SealingKeys {
        try SealingKeys(activeID: active, keys: ids.mapValues { Array(repeating: $0, count: 32) })
    }

    @Test(
        arguments: [
            SealedPlace(table: "other", column: "seed", row: "fac_1", organization: "org_1"),
            SealedPlace(table: "factors", column: "other", row: "fac_1", organization: "org_1"),
            SealedPlace(table: "factors", column: "seed", row: "fac_2", organization: "org_1"),
            SealedPlace(table: "factors", column: "seed", row: "fac_1", organization: "org_2"),
            SealedPlace(table: "factors", column: "seed", row: "fac_1", organization: nil),
            // The same letters, divided elsewhere.
            SealedPlace(table: "factorss", column: "eed", row: "fac_1", organization: "org_1"),
        ])
    func aValueMovedElsewhereIsRefused(_ elsewhere: SealedPlace) throws {
        let keys = try Self.keys(active: "k1", ["k1": 1])
        let sealed = try keys.seal(Self.secret, Self.place)
        #expect(throws: SealingFault.forged) { try keys.open(sealed, elsewhere) }
    }

    @Test func noTenantIsNotATenantWithoutAName() throws {
        let keys = try Self.keys(active: "k1", ["k1": 1])
        let none = SealedPlace(table: "t", column: "c", row: "r", organization: nil)
        let empty = SealedPlace(table: "t", column: "c", row: "r", organization: "")
        let sealed = try keys.seal(Self.secret, none)
        #expect(throws: SealingFault.forged) { try keys.open(sealed, empty) }
    }

    @Test func everyChangedByteIsRefused() throws {
        let keys = try Self.keys(active: "k1", ["k1": 1])
        let sealed = try keys.seal(Self.secret, Self.place)
        for index in sealed.indices {
            var changed = sealed
            changed[index] ^= 1
            #expect(throws: SealingFault.self) { try keys.open(changed, Self.place) }
        }
    }

    @Test func everythingCutShortIsRefused() throws {
        let keys = try Self.keys(active: "k1", ["k1": 1])
        let sealed = try keys.seal(Self.secret, Self.place)
        for count in sealed.indices {
            let cut = Array(sealed.prefix(count))
            #expect(throws: SealingFault.self) { try keys.open(cut, Self.place) }
        }
        #expect(throws: SealingFault.forged) { try keys.open(sealed + [0], Self.place) }
    }

    @Test func anUnknownKeyIsNamed() throws {
        let sealed = try Self.keys(active: "old", ["old": 1]).seal(
            Self.secret, Self.place)
        let others = try Self.keys(active: "new", ["new": 1])
        #expect(throws: SealingFault.unknownKey(id: "old")) {
            try others.open(sealed, Self.place)
        }
    }

    @Test func anotherKeyUnderTheSameIdIsRefused() throws {
        let sealed = try Self.keys(active: "k1", ["k1": 1]).seal(Self.secret, Self.place)
        let others = try Self.keys(active: "k1", ["k1": 2])
        #expect(throws: SealingFault.forged) { try others.open(sealed, Self.place) }
    }

    @Test(arguments: [0, 16, 31, 33])
    func keysOfOtherLengthsAreRefused(_ count: Int) {
        #expect(throws: CryptographyError.unfitKey) {
            try SealingKeys(activeID: "k", keys: ["k": Array(repeating: 1, count: count)])
        }
    }

    @Test func aRingWithoutItsActiveKeyIsRefused() {
        #expect(throws: CryptographyError.unfitKey) {
            try Self.keys(active: "new", ["old": 1])
        }
        #expect(throws: CryptographyError.unfitKey) { try Self.keys(active: "", ["": 1]) }
    }

    @Test(arguments: [0, 1, 15, 16, 17, 100_000])
    func whatIsSealedOpens(_ count: Int) throws {
        let keys = try Self.keys(active: "k1", ["k1": 1])
        let secret = (0..<count).map { UInt8(truncatingIfNeeded: $0) }
        let sealed = try keys.seal(secret, Self.place)
        #expect(try keys.open(sealed, Self.place) == secret)
        #expect(sealed.count == secret.count + 2 + 2 + 12 + 16)
    }

    @Test func olderKeysStillOpenAndTheActiveOneSeals() throws {
        let old = try Self.keys(active: "old", ["old": 1]).seal(Self.secret, Self.place)
        let both = try Self.keys(active: "new", ["old": 1, "new": 2])
        #expect(try both.open(old, Self.place) == Self.secret)
        let new = try both.seal(Self.secret, Self.place)
        let alone = try Self.keys(active: "new", ["new": 2])
        #expect(try alone.open(new, Self.place) == Self.secret)
    }

    @Test func equalSecretsAreSealedDifferently() throws {
        let keys = try Self.keys(active: "k1", ["k1": 1])
        let one = try keys.seal(Self.secret, Self.place)
        let other = try keys.seal(Self.secret, Self.place)
        #expect(one != other)
    }

    /// Sealed by Python's `cryptography`, which is another's code over the same standard.
    @Test func theLayoutStays() throws {
        let keys = try SealingKeys(activeID: "k1", keys: ["k1": (0..<32).map { UInt8($0) }])
        let place = SealedPlace(table: "t", column: "c", row: "r", organization: "o")
        let sealed = bytes(
            hex:
                "01026b316465666768696a6b6c6d6e6f3b7ebd141c9d87c6bad7db884bd8e69f" + "8626138b03fa")
        #expect(try keys.open(sealed, place) == Array("secret".utf8))
    }
}
