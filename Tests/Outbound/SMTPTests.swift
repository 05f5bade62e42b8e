import Foundation
import Outbound
import RegoMachine
import Servers
import Testing

/// Mail over SMTP to a server that nobody here wrote.
@Suite(.enabled(if: MailServer.python != nil, "python3-aiosmtpd is not installed"))
struct SMTPTests {
    private static let letter = Array("Subject: a\r\n\r\none\r\n.two\r\n..\r\n".utf8)

    private func send(
        _ server: SMTPServer, to recipient: String,
        sender: String = "door@example.org", letter: [UInt8] = letter
    ) -> SMTPTransfer.Outcome {
        SMTPTransfer(sender: sender, recipient: recipient, letter: letter).run(to: server)
    }

    private func clear(_ server: MailServer) throws -> SMTPServer {
        try SMTPServer("smtp://127.0.0.1:\(server.port)", startTLS: false)
    }

    @Test func aLetterArrivesAsItIs() throws {
        let server = try MailServer.shared(.clear)
        #expect(send(try clear(server), to: "plain@example.org") == .accepted)
        let wanted = MailServer.Letter(
            sender: "door@example.org", recipient: "plain@example.org", bytes: Self.letter)
        #expect(try server.letters(to: "plain@example.org") == [wanted])
    }

    @Test(arguments: [
        ("unknown@example.org", SMTPTransfer.Outcome.refused("550 5.1.1 no such mailbox")),
        ("spam@example.org", .refused("552 5.7.0 the content is not wanted")),
        ("busy@example.org", .failed("451 4.3.0 try again later")),
        ("full@example.org", .failed("452 4.2.2 no room now")),
        ("relay@example.org", .failed("554 5.7.1 relaying denied")),
    ])
    func theServersWordsAreTheReason(
        _ recipient: String, _ outcome: SMTPTransfer.Outcome
    ) throws {
        let server = try MailServer.shared(.clear)
        #expect(send(try clear(server), to: recipient) == outcome)
        #expect(try server.letters(to: recipient).isEmpty)
    }

    @Test func aConnectionThatBreaksOffIsAFailure() throws {
        let server = try MailServer.shared(.clear)
        guard case .failed = send(try clear(server), to: "gone@example.org") else {
            Issue.record("a broken connection was taken for an answer")
            return
        }
    }

    @Test func aServerThatIsNotThereIsAFailure() throws {
        let server = try SMTPServer("smtp://127.0.0.1:1", startTLS: false)
        guard case .failed(let reason) = send(server, to: "ann@example.org") else {
            Issue.record("nobody took the letter")
            return
        }
        #expect(reason.contains("connect"))
    }

    @Test func aServerThatDoesNotAnswerIsLeft() throws {
        let server = try MailServer.shared(.clear)
        var relay = try clear(server)
        relay.timeoutSeconds = 1
        let started = RegoMachine.Host.system.monotonic()
        guard case .failed(let reason) = send(relay, to: "slow@example.org") else {
            Issue.record("nobody took the letter")
            return
        }
        #expect(reason == "the server did not answer in time")
        // Nor is it waited for when it is left; it would say nothing for a minute.
        #expect(RegoMachine.Host.system.monotonic() - started < 30_000_000_000)
    }

    @Test func aCancelledTransferEnds() throws {
        let server = try MailServer.shared(.clear)
        let cancellation = Cancellation()
        cancellation.request()
        let transfer = SMTPTransfer(
            sender: "door@example.org", recipient: "slow@example.org", letter: Self.letter)
        guard case .failed = transfer.run(to: try clear(server), cancellation: cancellation) else {
            Issue.record("it went on")
            return
        }
    }

    @Test(arguments: [MailServer.Mode.startTLS, .tls])
    func aServerProvesItsName(_ mode: MailServer.Mode) throws {
        let server = try MailServer.shared(mode)
        let scheme = mode == .tls ? "smtps" : "smtp"
        var relay = try SMTPServer(
            "\(scheme)://localhost:\(server.port)", startTLS: mode == .startTLS)
        guard case .failed(let reason) = send(relay, to: "ann@example.org") else {
            Issue.record("a stranger was trusted")
            return
        }
        #expect(reason.contains("certificate"))
        relay.roots = try server.root
        #expect(send(relay, to: "ann@example.org") == .accepted)
        #expect(try server.letters(to: "ann@example.org").count == 1)
    }

    @Test func aServerWithoutTLSIsToldNothing() throws {
        let server = try MailServer.shared(.clear)
        let relay = try SMTPServer("smtp://127.0.0.1:\(server.port)", startTLS: true)
        guard case .failed = send(relay, to: "secret@example.org") else {
            Issue.record("the letter was sent in clear")
            return
        }
        #expect(try server.letters(to: "secret@example.org").isEmpty)
    }

    @Test(arguments: [MailServer.password, "wrong"])
    func aLoginIsUsedBehindTLS(_ password: String) throws {
        let server = try MailServer.shared(.login)
        var relay = try SMTPServer(
            "smtp://localhost:\(server.port)", startTLS: true,
            login: SMTPServer.Login(user: "relay", password: password))
        relay.roots = try server.root
        let (isRight, recipient) = (password != "wrong", "\(password.utf8.count)@example.org")
        #expect((send(relay, to: recipient) == .accepted) == isRight)
        #expect(try server.letters(to: recipient).count == (isRight ? 1 : 0))
    }

    @Test(arguments: [
        "ann@example.org>\r\nRCPT TO:<bob@example.org", "ann@example.org\nDATA", "a b@example.org",
        "", "<ann@example.org>", "änn@example.org",
    ])
    func anAddressIsNoCommand(_ address: String) throws {
        let server = try MailServer.shared(.clear)
        for (sender, recipient) in [(address, "bob@example.org"), ("d@example.org", address)] {
            let outcome = send(try clear(server), to: recipient, sender: sender)
            #expect(outcome == .refused("an address of the envelope is none"))
        }
        #expect(try server.letters(to: "bob@example.org").isEmpty)
    }

    @Test func aLetterIsBounded() throws {
        let server = try MailServer.shared(.clear)
        let head = Array("Subject: a\r\n\r\n".utf8)
        let line = [UInt8](repeating: UInt8(ascii: "a"), count: 62) + [13, 10]
        let most = head + (0..<16_383).flatMap { _ in line }
        let (relay, recipient) = (try clear(server), "long@example.org")
        #expect(send(relay, to: recipient, letter: most) == .accepted)
        let outcome = send(relay, to: recipient, letter: most + line + line)
        #expect(outcome == .refused("the letter exceeds 1048576 bytes"))
        #expect(try server.letters(to: recipient).map(\.bytes.count) == [most.count])
    }

    @Test(arguments: [
        "http://localhost", "smtp:localhost", "smtp://", "smtp://a b", "smtp://user@host",
        "smtp://host:0", "smtp://host:99999", "smtp://host/path", "smtp://[::1", "smtp://host:",
        "smtp://ho\u{0}st",
    ])
    func otherURLsAreRefused(_ url: String) {
        #expect(throws: SMTPServer.Fault.self) { try SMTPServer(url, startTLS: true) }
    }

    @Test func aPasswordIsNotSentInClear() throws {
        let login = SMTPServer.Login(user: "a", password: "b")
        #expect(throws: SMTPServer.Fault.self) {
            try SMTPServer("smtp://relay.test", startTLS: false, login: login)
        }
        _ = try SMTPServer("smtps://relay.test:465/", startTLS: false, login: login)
        _ = try SMTPServer("smtp://[::1]:25", startTLS: false, login: login)
    }
}
