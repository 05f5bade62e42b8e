import Cryptography
import Testing

/// Hashes of passwords, and texts that say they are such.
@Suite struct PasswordHashTests {
    private static let cheap = PasswordCost(memoryKiB: 64, passes: 1)

    private func hash(_ password: String) throws -> PasswordHash {
        try PasswordHash(of: Array(password.utf8).span, cost: #require(Self.cheap))
    }

    private func isHash(_ hash: PasswordHash, of password: String) throws -> Bool {
        try hash.isHash(of: Array(password.utf8).span)
    }

    @Test(arguments: ["", "correct horse battery staple", "pass\u{0}word", "🔑 schlüssel"])
    func aHashIsItsOwnPasswordsAlone(_ password: String) throws {
        let read = try #require(PasswordHash(try hash(password).text))
        #expect(try isHash(read, of: password))
        for other in ["\(password) ", " \(password)", password + "\u{0}", "another"] {
            #expect(try !isHash(read, of: other))
        }
    }

    /// A password is hashed to its last byte, unlike by bcrypt.
    @Test func everyByteOfALongPasswordCounts() throws {
        let long = String(repeating: "a", count: 200)
        let hash = try hash(long)
        #expect(try isHash(hash, of: long))
        for other in [long.dropLast(), "\(long)a", long.prefix(72)] as [Substring] {
            #expect(try !isHash(hash, of: String(other)))
        }
    }

    /// Made by the reference implementation's own tests: `test.c`, argon2id, version 0x13.
    @Test func itIsArgon2idAsOthersComputeIt() throws {
        let text =
            "$argon2id$v=19$m=256,t=2,p=2$c29tZXNhbHQ"
            + "$bQk8UB/VmZZF4Oo79iDXuL5/0ttZwg2f/5U52iv1cDc"
        let hash = try #require(PasswordHash(text))
        #expect(hash.text == text)
        #expect(try isHash(hash, of: "password") && !isHash(hash, of: "differentpassword"))
    }

    @Test func aTextSaysWhatAHashCost() throws {
        let standard = try PasswordHash.ofNothing(cost: .standard)
        #expect(standard.text.hasPrefix("$argon2id$v=19$m=19456,t=2,p=1$"))
        #expect(standard.text.split(separator: "$").dropFirst(3).map(\.count) == [22, 43])
        #expect(try hash("a").text != hash("a").text, "each has a salt of its own")
    }

    /// A thread keeps the memory of its hashes, for the largest of them.
    @Test func hashesOfSeveralCostsFollowOneAnother() throws {
        for memory in [64, 4_096, 256, 16_384, 64] {
            let cost = try #require(PasswordCost(memoryKiB: memory, passes: 1))
            let hash = try PasswordHash(of: Array("a".utf8).span, cost: cost)
            #expect(try isHash(hash, of: "a") && !isHash(hash, of: "b"), "\(memory) KiB")
        }
    }

    @Test func nothingHasNoPassword() throws {
        let nothing = try PasswordHash.ofNothing(cost: #require(Self.cheap))
        #expect(try !isHash(nothing, of: "") && !isHash(nothing, of: "password"))
    }

    @Test func hashesBelowTheWantedCostAreWeaker() throws {
        let hash = try hash("a")
        for (memory, passes, isWeaker) in [
            (64, 1, false), (65, 1, true), (64, 2, true), (8, 1, false),
        ] {
            let wanted = try #require(PasswordCost(memoryKiB: memory, passes: passes))
            #expect(hash.isWeaker(than: wanted) == isWeaker, "\(memory) KiB, \(passes) passes")
        }
        let old = try #require(
            PasswordHash("$argon2id$v=19$m=64,t=1,p=1$c29tZXNhbHQ$AAAAAAAAAAAAAAAAAAAAAA"))
        #expect(old.isWeaker(than: try #require(PasswordCost(memoryKiB: 64, passes: 1))))
    }

    @Test(arguments: [
        (7, 1, 1), (15, 1, 2), (0, 1, 1), (-1, 1, 1), (64, 0, 1), (64, 17, 1),
        (64, 1, 0), (1 << 20, 1, 17), (262_145, 1, 1), (Int.max, 1, 1), (64, Int.max, 1),
    ])
    func costsOutOfBoundsAreNone(_ memory: Int, _ passes: Int, _ lanes: Int) {
        #expect(PasswordCost(memoryKiB: memory, passes: passes, lanes: lanes) == nil)
    }

    private static let salt = "c29tZXNhbHRzb21lc2FsdA"
    private static let tag = "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"

    @Test func thatWhichIsRefusedBelowIsRefusedForItsFault() {
        #expect(PasswordHash("$argon2id$v=19$m=64,t=1,p=1$\(Self.salt)$\(Self.tag)") != nil)
    }

    @Test(arguments: [
        "", "$", "$$$$$", "password",
        "$2b$12$R9h/cIPz0gi.URNNX3kh2OPST9/PgBkqquzi.Ss7KIUgO2t0jWMUW",
        "argon2id$v=19$m=64,t=1,p=1$\(salt)$\(tag)",
        "$argon2i$v=19$m=64,t=1,p=1$\(salt)$\(tag)", "$argon2id$v=16$m=64,t=1,p=1$\(salt)$\(tag)",
        "$argon2id$m=64,t=1,p=1$\(salt)$\(tag)", "$argon2id$v=19$t=1,m=64,p=1$\(salt)$\(tag)",
        "$argon2id$v=19$m=064,t=1,p=1$\(salt)$\(tag)",
        "$argon2id$v=19$m=+64,t=1,p=1$\(salt)$\(tag)",
        "$argon2id$v=19$m=64,t=1,p=1,keyid=a$\(salt)$\(tag)",
        "$argon2id$v=19$m=4194304,t=1,p=1$\(salt)$\(tag)",
        "$argon2id$v=19$m=64,t=4294967295,p=1$\(salt)$\(tag)",
        "$argon2id$v=19$m=99999999999999999999,t=1,p=1$\(salt)$\(tag)",
        "$argon2id$v=19$m=64,t=1,p=1$\(salt)==$\(tag)",
        "$argon2id$v=19$m=64,t=1,p=1$\(salt)$\(tag)=",
        "$argon2id$v=19$m=64,t=1,p=1$\(salt)$\(tag)$",
        "$argon2id$v=19$m=64,t=1,p=1$\(salt)$\(tag)\n",
        " $argon2id$v=19$m=64,t=1,p=1$\(salt)$\(tag)",
        // A bit that no byte has.
        "$argon2id$v=19$m=64,t=1,p=1$c29tZXNhbHRzb21lc2FsdB$\(tag)",
        "$argon2id$v=19$m=64,t=1,p=1$\(salt)$\(tag.dropLast(2))\n\n",
        "$argon2id$v=19$m=64,t=1,p=1$c2FsdA$\(tag)", "$argon2id$v=19$m=64,t=1,p=1$\(salt)$AAAA",
        "$argon2id$v=19$m=64,t=1,p=1$\(salt)$", "$argon2id$v=19$m=64,t=1,p=1$$\(tag)",
        "$argon2id$v=19$m=64,t=1,p=1$\(salt)$\(String(repeating: "A", count: 1 << 20))",
    ])
    func whatIsNoHashIsRefused(_ text: String) {
        #expect(PasswordHash(text) == nil)
    }
}
