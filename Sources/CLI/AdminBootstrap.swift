import ArgumentParser
import Identity
import Storage

/// `ostiary admin bootstrap`: a link that makes the first administrator.
struct AdminBootstrap: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "bootstrap",
        abstract: "Print a link that makes the first administrator.",
        discussion: """
            Whoever opens the link within a day sets up the account of that address,
            once. A link that was printed before is of no use any more. Where there is
            an administrator already, none is made.

              ostiary migrate --data-dir data
              ostiary admin bootstrap --email ada@example.com --data-dir data

            Exit status: 0; 2 for errors.
            """)

    @OptionGroup var flags: InstallationFlags

    @Option(help: ArgumentHelp("Of the administrator.", valueName: "address"))
    var email: String

    @Option(help: ArgumentHelp("Where the link leads.", valueName: "url"))
    var issuer = "http://localhost:8080"

    private static let addressBytesMax = 254

    func validate() throws {
        let parts = email.split(separator: "@", omittingEmptySubsequences: false)
        let isPrintable = email.unicodeScalars.allSatisfy {
            $0.value > 0x20 && !(0x7F...0x9F).contains($0.value)
        }
        guard parts.count == 2, parts.allSatisfy({ !$0.isEmpty }), isPrintable,
            email.utf8.count <= Self.addressBytesMax
        else { throw ValidationError("--email is no address such as ada@example.com") }
        guard issuer.hasPrefix("https://") || issuer.hasPrefix("http://"), !issuer.hasSuffix("/")
        else { throw ValidationError("--issuer is no URL such as https://id.example.com") }
    }

    func run() async throws {
        let address = email
        let link = try await Installation.with(flags) { installation in
            let links = SetupLinks(installation.host)
            return try await installation.recording(
                "setup:bootstrap", details: Self.details(address)
            ) { transaction in
                guard let link = try await links.link(for: address, in: transaction) else {
                    throw Problems(clause: "there is an administrator already")
                }
                return link
            }
        }
        Standard.output(Array("\(link.text(issuer: issuer))\n".utf8))
        Standard.error("good for one use, until \(Instant.text(link.expiresAt))\n")
    }

    private static func details(_ address: String) -> String {
        var value = JSONLayout()
        value.string(address)
        return #"{"email":\#(String(decoding: value.bytes, as: UTF8.self))}"#
    }
}
