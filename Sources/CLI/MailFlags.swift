import ArgumentParser
import Identity
import Outbound
import RegoMachine

/// How mails leave.
struct MailFlags: ParsableArguments {
    @Option(
        help: ArgumentHelp(
            "The server that takes mails: smtp://host:port or smtps://host:port.",
            discussion: "Without one they are printed, to develop with.", valueName: "url"))
    var smtp: String?

    @Flag(help: "Go over to TLS before anything is said to the mail server.")
    var smtpStarttls = false

    @Option(help: ArgumentHelp("Who sends, as the mail server knows it.", valueName: "name"))
    var smtpUser: String?

    @Option(
        help: ArgumentHelp(
            "Its password: the file's first line, which nobody else may read.", valueName: "file"))
    var smtpPasswordFile: String?

    @Option(
        help: ArgumentHelp(
            "The address that mails come from; --smtp needs one.", valueName: "address"))
    var mailFrom: String?

    @Option(help: ArgumentHelp("What mails call this installation.", valueName: "name"))
    var productName = "Ostiary"

    /// - Throws: `Problems` for what cannot send.
    func sender(_ host: RegoMachine.Host) throws(Problems) -> any MailSender {
        guard let smtp else {
            guard smtpUser == nil, smtpPasswordFile == nil, !smtpStarttls else {
                throw Problems(clause: "--smtp-… belong to --smtp")
            }
            return ConsoleSender { Standard.output(Array($0.utf8)) }
        }
        guard let address = mailFrom.flatMap(MailAddress.init) else {
            throw Problems(clause: "--smtp needs --mail-from, an address such as id@example.com")
        }
        do {
            return SMTPSender(
                server: try SMTPServer(smtp, startTLS: smtpStarttls, login: try login()),
                origin: try MailOrigin(name: productName, address: address), host: host)
        } catch let problems as Problems {
            throw problems
        } catch {
            throw Problems(clause: "\(error)")
        }
    }

    private func login() throws(Problems) -> SMTPServer.Login? {
        guard let smtpUser else {
            guard smtpPasswordFile == nil else {
                throw Problems(clause: "--smtp-password-file needs --smtp-user")
            }
            return nil
        }
        guard let smtpPasswordFile else {
            throw Problems(clause: "--smtp-user needs --smtp-password-file")
        }
        let text = String(decoding: try Standard.read(smtpPasswordFile), as: UTF8.self)
        guard let password = text.split(separator: "\n").first, !password.isEmpty else {
            throw Problems(clause: "\(smtpPasswordFile): no password in its first line")
        }
        return SMTPServer.Login(user: smtpUser, password: String(password))
    }
}
