import Identity
import Servers
import Synchronization
import Testing

/// Where a server's mails arrive.
final class Mailbox: MailSender {
    private let mails = Mutex<[Mail]>([])

    func send(_ mail: Mail) async -> MailOutcome {
        mails.withLock { $0.append(mail) }
        return .accepted
    }

    var all: [Mail] { mails.withLock { $0 } }

    /// The last mail to an address whose subject holds some words; waits until it is there.
    /// - Parameter count: So many mails were there before.
    func mail(
        to address: String, _ words: String, after count: Int = 0
    ) async throws -> Mail {
        for _ in 0..<500 {
            if let mail = all.dropFirst(count).last(where: {
                $0.recipient.text == address && $0.subject.contains(words)
            }) {
                return mail
            }
            try await Task.sleep(for: .milliseconds(20))
        }
        throw ServerFault(message: "no mail to \(address): \(words); \(all.map(\.subject))")
    }
}

extension Mail {
    /// The secret of the link that it holds.
    var secret: String {
        get throws { String(try #require(text.firstMatch(of: /#(osm_\w+)/)).1) }
    }

    /// The code that it holds.
    var code: String {
        get throws { String(try #require(text.firstMatch(of: /Code:?\s+(\d{8})/)).1) }
    }
}
