import Foundation
import Outbound
import Servers
import Synchronization
import Testing

@testable import Identity

/// The ways to send a mail: the line to add for a new one.
enum MailWay: String, CustomTestStringConvertible {
    case console, smtp

    /// Those that can be tested here.
    static let all: [MailWay] = MailServer.python == nil ? [.console] : [.console, .smtp]

    var testDescription: String { rawValue }

    /// A sender, and what has reached the recipient.
    func open(
        for recipient: String
    ) throws -> (sender: any MailSender, arrived: () throws -> [String]) {
        switch self {
        case .console:
            let lines = Lines()
            return (ConsoleSender(write: lines.add), { lines.all })
        case .smtp:
            let server = try MailServer.shared(.clear)
            return (try MailWay.sender(server), { try server.letters(to: recipient).map(\.text) })
        }
    }

    static func sender(_ server: MailServer, timeoutSeconds: Int = 30) throws -> SMTPSender {
        var relay = try SMTPServer("smtp://127.0.0.1:\(server.port)", startTLS: false)
        relay.timeoutSeconds = timeoutSeconds
        return SMTPSender(
            server: relay,
            origin: try MailOrigin(name: "Ostiary", address: MailAddress("door@example.org")!),
            host: StillHost().host())
    }
}

/// Texts that come from several threads.
final class Lines: Sendable {
    private let texts = Mutex<[String]>([])
    var all: [String] { texts.withLock { $0 } }
    func add(_ text: String) { texts.withLock { $0.append(text) } }
}

@Suite struct MailSenderTests {
    private func mail(_ number: Int, to recipient: String) throws -> Mail {
        try Mail(
            id: "msg_\(number)", recipient: MailAddress(recipient)!, subject: "Number \(number)",
            text: "Words of \(number).\n.\nEnd", html: "<p>\(number)</p>")
    }

    @Test(arguments: MailWay.all)
    func aMailArrivesWithRecipientSubjectTextAndId(_ way: MailWay) async throws {
        let (sender, arrived) = try way.open(for: "one@example.org")
        #expect(await sender.send(try mail(1, to: "one@example.org")) == .accepted)
        let found = try #require(try arrived().first)
        for part in ["one@example.org", "Number 1", "Words of 1.", "msg_1"] {
            #expect(found.contains(part))
        }
    }

    @Test(arguments: MailWay.all)
    func mailsSentAtOnceAllArriveWhole(_ way: MailWay) async throws {
        let (sender, arrived) = try way.open(for: "many@example.org")
        let outcomes = try await withThrowingTaskGroup(of: MailOutcome.self) { group in
            for number in 1...12 {
                let mail = try mail(number, to: "many@example.org")
                group.addTask { await sender.send(mail) }
            }
            return try await group.reduce(into: []) { $0.append($1) }
        }
        #expect(outcomes == Array(repeating: .accepted, count: 12))
        let found = try arrived()
        #expect(found.count == 12)
        for number in 1...12 {
            #expect(found.count { $0.contains("Words of \(number).") } == 1)
        }
    }

    @Test(.enabled(if: MailServer.python != nil), arguments: [
        ("unknown@example.org", MailOutcome.refused("550 5.1.1 no such mailbox")),
        ("busy@example.org", .failed("451 4.3.0 try again later")),
    ])
    func theServersAnswerIsTheOutcome(_ recipient: String, _ outcome: MailOutcome) async throws {
        let sender = try MailWay.sender(try MailServer.shared(.clear))
        let found = await sender.send(try mail(1, to: recipient))
        #expect(found == outcome)
    }

    @Test(.enabled(if: MailServer.python != nil))
    func aCancelledTaskLeavesASlowServer() async throws {
        let sender = try MailWay.sender(try MailServer.shared(.clear), timeoutSeconds: 50)
        let mail = try mail(1, to: "slow@example.org")
        let task = Task { await sender.send(mail) }
        task.cancel()
        guard case .failed = await task.value else {
            Issue.record("it was sent")
            return
        }
    }
}
