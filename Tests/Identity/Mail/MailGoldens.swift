import Foundation
import Testing

@testable import Identity

/// What readers of our mails read: each of them as text and as HTML, and once more with values that
/// somebody chose to do harm. `UPDATE_GOLDEN=1` rewrites them; the difference is to be read as
/// changed behaviour.
@Suite struct MailGoldens {
    private static let folder = URL(filePath: #filePath).deletingLastPathComponent()
        .appending(path: "Goldens")
    private static let product = "Ostiary"
    private static let at: Int64 = 1_700_000_000_000_000
    private static let asked = Circumstances(
        at: at, address: "203.0.113.7", device: "Firefox on Linux")

    /// Every template.
    private static let mails: [any MailTemplate] = [
        VerifyEmailMail(
            link: "https://door.test/verify?token=abc&next=/", code: "12345678", validMinutes: 1_440
        ),
        AlreadyRegisteredMail(
            signInLink: "https://door.test/sign-in", resetLink: "https://door.test/forgotten",
            asked: asked),
        FirstAdministratorMail(link: "https://door.test/setup#abc", validMinutes: 1_440),
        ResetPasswordMail(link: "https://door.test/reset#abc", validMinutes: 60, asked: asked),
        MagicLinkMail(
            link: "https://door.test/link#abc", code: "12345678", validMinutes: 10, asked: asked),
        EmailChangedMail(
            former: "ann@example.org", current: "ann@example.net", changed: asked,
            undoLink: "https://door.test/undo#abc", undoMinutes: 10_080),
        AddAddressMail(link: "https://door.test/verify-address#abc", validMinutes: 60),
        AddressTakenMail(), AccountDeletedMail(deleted: asked),
        NewDeviceMail(signedIn: asked, sessionsLink: "https://door.test/sessions"),
        SecurityAlertMail(
            finding: "Ten sign-ins with a wrong password were followed by a right one.",
            happened: asked, link: "https://door.test/account"),
        PasswordChangedMail(
            changed: Circumstances(at: at, address: nil, device: nil), endsSessions: true,
            resetLink: "https://door.test/reset"),
        TokenReuseMail(
            client: "Invoices", used: asked, sessionsLink: "https://door.test/sessions"),
        InvitationMail(
            organization: "Acme & Söhne", inviter: "Ann O’Hara", roles: ["member", "auditor"],
            link: "https://door.test/invitations/abc", validMinutes: 10_080),
        RoleChangedMail(
            organization: "Acme", added: ["auditor"], removed: [], changedBy: "Ann O’Hara", at: at),
        DomainCheckFailedMail(
            organization: "Acme", domain: "acme.example", finding: "the TXT record is gone",
            lastVerifiedAt: at, link: "https://door.test/domains"),
        DomainLostMail(
            organization: "Acme", domain: "acme.example", link: "https://door.test/domains"),
        WebhookDisabledMail(
            organization: "Acme", endpoint: "https://hooks.example/a?b=1",
            lastError: "the server answered 500", failingSince: at,
            link: "https://door.test/webhooks"),
    ]

    /// Those whose words are others under another condition.
    private static let others: [String: any MailTemplate] = [
        "password_changed-sessions_kept": PasswordChangedMail(
            changed: asked, endsSessions: false, resetLink: "https://door.test/reset")
    ]

    private static let evil =
        "<script>alert(1)</script>\"'&\r\nBcc: eve@example.org\r\n\r\n\u{202E}"

    /// Those that hold what other people chose.
    private static let hostile: [any MailTemplate] = [
        InvitationMail(
            organization: evil, inviter: evil, roles: [evil, ""], link: "javascript:alert(1)",
            validMinutes: 1),
        NewDeviceMail(
            signedIn: Circumstances(at: at, address: evil, device: evil), sessionsLink: evil),
        WebhookDisabledMail(
            organization: String(repeating: "a", count: 300), endpoint: evil, lastError: evil,
            failingSince: at, link: "https://door.test/\" onclick=\"alert(1)"),
    ]

    @Test func mailsReadAsTheyDid() throws {
        for mail in Self.mails { try check(mail, "\(type(of: mail).name)") }
        for (name, mail) in Self.others { try check(mail, name) }
        for mail in Self.hostile { try check(mail, "hostile-\(type(of: mail).name)") }
    }

    @Test func noTwoMailsShareAName() {
        #expect(Set(Self.mails.map { type(of: $0).name }).count == Self.mails.count)
    }

    @Test func everyGoldenIsSomeMails() throws {
        let files = try FileManager.default.contentsOfDirectory(atPath: Self.folder.path)
        #expect(files.count == 2 * (Self.mails.count + Self.others.count + Self.hostile.count))
    }

    /// Nothing that was typed is markup, a header or a paragraph of its own.
    @Test func whatSomebodyTypedIsTextOnly() {
        for mail in Self.hostile {
            let page = mail.page(of: Self.evil)
            let (text, html) = (page.text(of: Self.evil), page.html(of: Self.evil))
            #expect(!html.contains("<script") && !html.contains("onclick=\""))
            #expect(!html.contains("href=\"javascript") && !html.contains("\u{202E}"))
            #expect(!page.subject.contains { $0.isNewline } && !html.contains("<img"))
            #expect(!text.split(separator: "\n").contains { $0.hasPrefix("Bcc:") })
        }
    }

    private func check(_ mail: any MailTemplate, _ name: String) throws {
        let page = mail.page(of: Self.product)
        let text = "Subject: \(page.subject)\n\n" + page.text(of: Self.product)
        for (found, kind) in [(text, "txt"), (page.html(of: Self.product), "html")] {
            let golden = Self.folder.appending(path: "\(name).\(kind)")
            if ProcessInfo.processInfo.environment["UPDATE_GOLDEN"] == "1" {
                try found.write(to: golden, atomically: true, encoding: .utf8)
            }
            let wanted = try String(contentsOf: golden, encoding: .utf8)
            #expect(found == wanted, "\(name).\(kind)")
        }
    }
}
