import Dispatch
public import Outbound
public import RegoMachine

/// Sends mails through a server that takes them for delivery.
public struct SMTPSender: MailSender {
    private let server: SMTPServer
    private let origin: MailOrigin
    private let host: Host

    /// - Parameter host: Its clock dates the mails.
    public init(server: SMTPServer, origin: MailOrigin, host: Host) {
        self.server = server
        self.origin = origin
        self.host = host
    }

    public func send(_ mail: Mail) async -> MailOutcome {
        let letter = MailLetter(mail, from: origin, at: host.now()).bytes
        let transfer = SMTPTransfer(
            sender: origin.address.text, recipient: mail.recipient.text, letter: letter)
        let (server, cancellation) = (server, Cancellation())
        let outcome = await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                // The transfer waits for the network, and Swift's own threads may not.
                DispatchQueue.global().async {
                    continuation.resume(
                        returning: transfer.run(to: server, cancellation: cancellation))
                }
            }
        } onCancel: {
            cancellation.request()
        }
        return switch outcome {
        case .accepted: .accepted
        case .refused(let reason): .refused(reason)
        case .failed(let reason): .failed(reason)
        }
    }
}
