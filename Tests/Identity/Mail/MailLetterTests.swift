import Foundation
import Servers
import Testing

@testable import Identity

/// A mail on the wire, as Python's own library reads it.
@Suite struct MailLetterTests {
    private static let origin = try! MailOrigin(
        name: "Ostiary, Zürich", address: MailAddress("door@example.org")!)
    private static let now: Int64 = 1_700_000_000_000_000_000

    private func mail(_ subject: String, text: String = "a", html: String = "b") throws -> Mail {
        try Mail(
            id: "msg_1", recipient: MailAddress("ann@example.org")!, subject: subject, text: text,
            html: html)
    }

    private func letter(_ mail: Mail) -> String {
        String(
            decoding: MailLetter(mail, from: Self.origin, at: Self.now).bytes, as: UTF8.self)
    }

    /// - Parameter question: An expression over `mail`.
    private func read(_ letter: String, _ question: String) throws -> String {
        let program = """
            import email, email.policy, sys
            mail = email.message_from_bytes(sys.stdin.buffer.read(), policy=email.policy.default)
            sys.stdout.buffer.write(str(\(question)).encode())
            """
        return try ServerProcess.run(
            ["/usr/bin/python3", "-c", program], user: "daemon", input: letter)
    }

    @Test func theHeaderIsWhatMailProgramsExpect() throws {
        let lines = letter(try mail("Hello")).split(
            separator: "\r\n", omittingEmptySubsequences: false)
        #expect(lines[0].hasPrefix("From: =?utf-8?B?") && lines[0].hasSuffix(" <door@example.org>"))
        #expect(
            lines[1...7].map(String.init) == [
                "To: <ann@example.org>", "Subject: Hello",
                "Date: Tue, 14 Nov 2023 22:13:20 +0000", "Message-ID: <msg_1@example.org>",
                "Auto-Submitted: auto-generated", "MIME-Version: 1.0",
                "Content-Type: multipart/alternative; boundary=\"=_msg_1\"",
            ])
    }

    @Test(arguments: [
        "Hello", "Grüezi", "", " a ", "a=?utf-8?B?YQ==?=b", "“Acme”: one, two; <three>",
        String(repeating: "wörd ", count: 60) + "end", String(repeating: "👩‍🚀", count: 40),
        String(repeating: "long ", count: 60) + "end",
    ])
    func subjectsArriveAsTheyAre(_ subject: String) throws {
        let letter = letter(try mail(subject))
        #expect(try read(letter, "mail['subject']") == subject)
        #expect(try read(letter, "mail['from'].addresses[0].display_name") == Self.origin.name)
        #expect(letter.utf8.allSatisfy { $0 < 0x80 })
        #expect(!letter.split(separator: "\r\n").contains { $0.utf8.count > 76 })
    }

    @Test(arguments: [
        "one\ntwo", "", "trailing \nblank\t", "ümläut = é", String(repeating: "x", count: 75),
        String(repeating: "x", count: 76), String(repeating: "x", count: 77),
        String(repeating: "é=", count: 100), ".\n..\n--=_msg_1\n",
        String(repeating: "x", count: 75) + " ",
    ])
    func bodiesArriveAsTheyAre(_ text: String) throws {
        let letter = letter(try mail("a", text: text, html: "<p>\(text)</p>"))
        let body = "mail.get_body(('plain',)).get_payload(decode=True).decode()"
        #expect(try read(letter, body).replacing("\r\n", with: "\n") == text)
        let page = "mail.get_body(('html',)).get_payload(decode=True).decode()"
        #expect(try read(letter, page).replacing("\r\n", with: "\n") == "<p>\(text)</p>")
        #expect(!letter.split(separator: "\r\n").contains { $0.utf8.count > 76 })
    }

    @Test(arguments: ["a\r\nBcc: eve@example.org", "a\nb", "a\rb", "a\u{0}b", "a\u{85}b"])
    func aLineEndIsNoPartOfAHeader(_ text: String) {
        #expect(throws: Mail.Fault(field: "subject")) { try mail(text) }
        #expect(throws: Mail.Fault(field: "sender's name")) {
            try MailOrigin(name: text, address: MailAddress("door@example.org")!)
        }
        #expect(throws: Mail.Fault(field: "id")) {
            try Mail(
                id: text, recipient: MailAddress("ann@example.org")!, subject: "", text: "",
                html: "")
        }
    }

    @Test(arguments: [
        "", "a", "@", "a@", "@b", "a@b@c", "a b@c", "a@b c", "a@b\r\nBcc: c@d", "a@-b", "a@b-",
        "a..b@c", ".a@b", "a.@b", "a@b..c", "a@b.", "<a@b>", "\"a\"@b", "ü@b", "a@ü", "a,b@c",
        "a@[127.0.0.1]", "\(String(repeating: "a", count: 65))@b",
        "a@\(String(repeating: "b", count: 64))",
    ])
    func whatIsNoAddressIsRefused(_ text: String) {
        #expect(MailAddress(text) == nil)
    }

    @Test(arguments: ["a@b", "ann.o'hara+tag@mail.example.org", "a_b/c=d@xn--bcher-kva.example"])
    func addressesAreKeptAsTheyAre(_ text: String) {
        #expect(MailAddress(text)?.text == text)
    }
}
