import Foundation
import Synchronization

/// An SMTP server of this machine that keeps what it is given; Python's `aiosmtpd`, which nobody
/// here wrote. What it does with a mail depends on the recipient: see `MailServer.program`.
package final class MailServer: Sendable {
    /// `nil` where the package is not installed.
    package static let python: String? = {
        let run = try? ServerProcess.run(
            ["/usr/bin/python3", "-c", "import aiosmtpd.smtp"], user: user)
        return run == nil ? nil : "/usr/bin/python3"
    }()

    /// How its clients reach it.
    package enum Mode: String, Sendable {
        case clear, startTLS, tls
        /// STARTTLS, and nothing before a login: `relay` with `secret "'\`.
        case login
    }

    /// What it was given.
    package struct Letter: Sendable, Hashable {
        package let sender: String
        package let recipient: String
        /// Header and body, lines ending with CR LF.
        package let bytes: [UInt8]

        package init(sender: String, recipient: String, bytes: [UInt8]) {
            self.sender = sender
            self.recipient = recipient
            self.bytes = bytes
        }

        package var text: String { String(decoding: bytes, as: UTF8.self) }
    }

    /// One of each kind, started by the first test that asks for it and left for all: each test
    /// has recipients of its own.
    package static func shared(_ mode: Mode) throws -> MailServer {
        switch mode {
        case .clear: try clear.get()
        case .startTLS: try startTLS.get()
        case .tls: try tls.get()
        case .login: try login.get()
        }
    }

    private static let clear = Result { try MailServer(.clear) }
    private static let startTLS = Result { try MailServer(.startTLS) }
    private static let tls = Result { try MailServer(.tls) }
    private static let login = Result { try MailServer(.login) }

    private static let user = "daemon"
    private let process: Mutex<ServerProcess>
    private let folder: String
    package let port: Int

    package static let password = "secret \"'\\"

    private init(_ mode: Mode) throws {
        guard let python = Self.python else {
            throw ServerFault(message: "aiosmtpd is not installed")
        }
        let folder = try ServerProcess.makeFolder("mail", user: Self.user)
        self.folder = folder
        if mode != .clear { try Self.makeCertificate(in: folder) }
        process = Mutex(
            try ServerProcess(
                folder: folder, user: Self.user,
                [python, "-c", Self.program, folder, mode.rawValue, Self.password]))
        var found: Int?
        try ServerProcess.wait(for: "the mail server") {
            found = (try? String(contentsOfFile: "\(folder)/port", encoding: .utf8)).flatMap {
                Int($0)
            }
            return found != nil
        }
        port = found ?? 0
    }

    /// Of the certificate that it shows as `localhost`, which it signed itself.
    package var root: [UInt8] {
        get throws {
            [UInt8](try Data(contentsOf: URL(filePath: "\(folder)/root.pem")))
        }
    }

    /// Those to one recipient, in the order in which they came.
    package func letters(to recipient: String) throws -> [Letter] {
        let names = try FileManager.default.contentsOfDirectory(atPath: folder)
        return try names.filter { $0.hasSuffix(".mail") }.sorted().map { name in
            let data = try Data(contentsOf: URL(filePath: "\(folder)/\(name)"))
            let parts = [UInt8](data).split(
                separator: UInt8(ascii: "\n"), maxSplits: 2, omittingEmptySubsequences: false)
            return Letter(
                sender: String(decoding: parts[0], as: UTF8.self),
                recipient: String(decoding: parts[1], as: UTF8.self), bytes: Array(parts[2]))
        }.filter { $0.recipient == recipient }
    }

    private static func makeCertificate(in folder: String) throws {
        try ServerProcess.run(
            [
                "/usr/bin/openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2",
                "-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost", "-keyout",
                "\(folder)/key.pem", "-out", "\(folder)/root.pem",
            ], user: user)
    }

    private static let program = """
        import asyncio, os, ssl, sys
        from aiosmtpd.smtp import SMTP, AuthResult
        folder, mode, password = sys.argv[1:]

        class Keeper:
            count = 0
            async def handle_RCPT(self, server, session, envelope, address, options):
                answer = {
                    'unknown': '550 5.1.1 no such mailbox',
                    'busy': '451 4.3.0 try again later',
                    'relay': '554 5.7.1 relaying denied',
                }.get(address.split('@')[0])
                if answer: return answer
                envelope.rcpt_tos.append(address)
                return '250 OK'
            async def handle_DATA(self, server, session, envelope):
                name = envelope.rcpt_tos[0].split('@')[0]
                if name == 'spam': return '552 5.7.0 the content is not wanted'
                if name == 'full': return '452 4.2.2 no room now'
                if name == 'slow': await asyncio.sleep(60)
                if name == 'gone':
                    server.transport.close()
                    return '451 gone'
                self.count += 1
                path = '%s/%06d.mail' % (folder, self.count)
                with open(path + '.new', 'wb') as file:
                    head = '%s\\n%s\\n' % (envelope.mail_from, envelope.rcpt_tos[0])
                    file.write(head.encode() + envelope.original_content)
                os.rename(path + '.new', path)
                return '250 OK'

        def login(server, session, envelope, mechanism, data):
            isKnown = (data.login, data.password) == (b'relay', password.encode())
            return AuthResult(success=isKnown, handled=isKnown)

        async def serve():
            keeper, secure = Keeper(), None
            if mode != 'clear':
                secure = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
                secure.load_cert_chain(folder + '/root.pem', folder + '/key.pem')
            upgrades = mode in ('startTLS', 'login')
            def session():
                return SMTP(keeper, hostname='localhost', enable_SMTPUTF8=False,
                    data_size_limit=1 << 22,
                    tls_context=secure if upgrades else None, require_starttls=upgrades,
                    authenticator=login if mode == 'login' else None,
                    auth_required=mode == 'login')
            server = await asyncio.get_running_loop().create_server(
                session, '127.0.0.1', 0, ssl=secure if mode == 'tls' else None)
            with open(folder + '/port.new', 'w') as file:
                file.write(str(server.sockets[0].getsockname()[1]))
            os.rename(folder + '/port.new', folder + '/port')
            await server.serve_forever()

        asyncio.run(serve())
        """
}
