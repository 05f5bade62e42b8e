import Foundation
import Testing

@testable import Identity

/// Which passwords people may choose.
@Suite struct PasswordRuleTests {
    private func weakness(
        _ typed: String, for use: PasswordUse = .besideAnotherFactor, address: String? = nil,
        names: [String] = []
    ) throws -> PasswordWeakness? {
        guard let password = Password(typed) else { return .unusable }
        let context = PasswordContext(
            addresses: try address.map { [try #require(MailAddress($0))] } ?? [], names: names)
        return try PasswordRules(breached: nil).weakness(of: password, for: use, context)
    }

    @Test(arguments: [(PasswordUse.alone, 15), (.besideAnotherFactor, 8)])
    func lengthIsDemandedInCodePoints(_ use: PasswordUse, _ least: Int) throws {
        // The last has two code points for each that is seen, and fewer once it is normalised.
        for letters in [
            "vutrgbxqpzmklwy", "äöüßéèêàçñøåœæð",
            "🔑🐎🔋📎🏠🌂🎩🧦🥄🍵🧭🪁🛶🧱🪨",
        ] {
            let least = String(letters.unicodeScalars.prefix(least))
            #expect(try weakness(least, for: use) == nil)
            #expect(
                try weakness(String(least.unicodeScalars.dropLast()), for: use)
                    == .tooShort(lengthMin: use.lengthMin))
        }
    }

    @Test(arguments: [64, 128, 256])
    func longPasswordsAreTaken(_ length: Int) throws {
        let alphabet = Array("abcdefghijklmnopqrstuvwxyz".utf8)
        let letters = (0..<length).map { alphabet[$0 * $0 % 26] }
        #expect(try weakness(String(decoding: letters, as: UTF8.self), for: .alone) == nil)
        let emoji = (0..<length).compactMap { UnicodeScalar(0x1F300 + $0 * $0 % 200) }
        #expect(try weakness(String(String.UnicodeScalarView(emoji)), for: .alone) == nil)
    }

    @Test func longerOnesAreNot() throws {
        let typed = String(repeating: "ab", count: 128)
        #expect(Password(typed) != nil && Password(typed + "c") == nil)
        #expect(Password(String(repeating: "\u{301}", count: 1 << 20)) == nil)
    }

    @Test(arguments: [
        "vutrgbxqpzmklwy", "VUTRGBXQPZMKLWY", "739182640193847", "!*(&^%)#@$_+{}|",
        "  vut rgb xqp  ", "correct horse battery staple", "пароль для завтрака",
        "密碼是早餐以後的事情不要告訴別人",
    ])
    func noRuleSaysWhichCharactersItHas(_ typed: String) throws {
        #expect(try weakness(typed, for: .alone) == nil)
    }

    @Test(arguments: [
        "a\u{0}bcdefghijklmn", "abcdefg\nhijklmno", "abcdefg\u{7F}ijklmno", "abcdef\u{378}hijklmno",
    ])
    func whatNobodyTypesTwiceIsRefused(_ typed: String) throws {
        #expect(try weakness(typed, for: .alone) == .unusable)
    }

    @Test func theSameCharactersAreTheSamePassword() throws {
        for (one, other) in [
            ("caf\u{E9}", "cafe\u{301}"), ("ﬁsh", "fish"), ("Ａ", "A"), ("x²", "x2"),
        ] {
            #expect(try #require(Password(one)).bytes == #require(Password(other)).bytes)
        }
        for (one, other) in [("a", "A"), ("a", "a "), ("a", " a"), ("e", "é")] {
            #expect(try #require(Password(one)).bytes != #require(Password(other)).bytes)
        }
    }

    /// One letter that is eighteen once it is normalised.
    @Test func aLetterIsNoSentence() throws {
        #expect(try weakness("\u{FDFA}", for: .alone) == .tooShort(lengthMin: 15))
    }

    @Test(arguments: [
        "password", "PassWord", "password1234", "passwordpassword", "1234567890", "123456789012345",
        "aaaaaaaaaaaaaaa", "abababababababa", "abcdefghijklmnop", "ponmlkjihgfedcba",
        "sunshine2026!",
        "--sunshine--", "1q2w3e4r5t6y", "qwertyuiop", "s.u.n.s.h.i.n.e", "111222333444555",
        "zzzzzzzz", "!@#$%^!@#$%^",
    ])
    func theFirstGuessesAreRefused(_ typed: String) throws {
        #expect(try weakness(typed) == .common)
    }

    @Test func theWordsOfTheListAreRefused() throws {
        let words = try Self.words()
        #expect(words.count > 35_000)
        let some =
            words.enumerated().filter { $0.offset % 16 == 0 }.map(\.element)
            + words.prefix(3) + words.suffix(3)
        #expect(some.filter { !GuessedPasswords.contain($0.utf8) } == [])
        for other in ["", "a", "password\n", "\n", "zzzzzzzzzzz", "!", "~~~~~", "пароль"] {
            #expect(!GuessedPasswords.contain(other.utf8), "\(other)")
        }
    }

    private static func words() throws -> [String] {
        let root = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
            .deletingLastPathComponent().deletingLastPathComponent()
        let source = try String(
            contentsOf: root.appending(path: "Sources/CPasswordList/list.c"), encoding: .utf8)
        let literals = source.split(separator: "\n").filter { $0.hasPrefix("    \"") }
        return literals.flatMap { literal in
            literal.dropFirst(5).dropLast().replacing("\\?", with: "?").replacing(
                "\\\"", with: "\""
            )
            .replacing("\\\\", with: "\u{1}").replacing("\\n", with: "\n")
            .replacing("\u{1}", with: "\\").split(separator: "\n").map(String.init)
        }
    }

    @Test(arguments: [
        "ada.lovelace", "AdaLovelace", "lovelace1815", "lovelacelovelace", "difference", "acme2026",
        "Acme-Corp!!", "acmecorp", "ostiary!", "ostiaryostiary",
    ])
    func whatBelongsToThePersonOrThePlaceIsRefused(_ typed: String) throws {
        let address = "ada.lovelace@difference.engine.test"
        #expect(try weakness(typed, address: address, names: ["Acme Corp"]) == .ofContext)
        guard !typed.lowercased().contains("ostiary") else { return }
        #expect(try weakness(typed) == nil, "another person's")
    }

    @Test func passwordsStandInNoLog() throws {
        let password = try #require(Password("correct horse battery staple"))
        var dumped = ""
        dump(password, to: &dumped)
        for text in ["\(password)", String(reflecting: password), dumped] {
            #expect(!text.contains("horse"), "\(text)")
        }
    }
}
