import ArgumentParser
import Identity

/// `ostiary audit verify`: whether the record is whole.
struct AuditVerify: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "verify",
        abstract: "Tell whether the record is whole, and what is wrong with it.",
        discussion: """
            Finds changed, forged, exchanged and deleted rows, rows that were not
            sealed in time, and a tail that was cut off. Writes nothing.

              ostiary audit verify --data-dir /var/lib/ostiary

            Exit status: 0 where it is whole; 1 with findings; 2 for errors.
            """)

    @OptionGroup var flags: InstallationFlags

    @Option(name: [.customShort("f"), .long], help: "How findings are printed.")
    var format = Format.pretty

    enum Format: String, ExpressibleByArgument, CaseIterable {
        case pretty, json
    }

    func run() async throws {
        let report = try await Installation.with(flags) { installation in
            try await AuditVerification(key: try installation.files.key()).report(
                installation.database, heads: try installation.files.heads(),
                now: installation.now)
        }
        switch format {
        case .pretty: Standard.output(Array(Self.text(report).utf8))
        case .json: Standard.output(Self.json(report))
        }
        if !report.findings.isEmpty { throw ExitCode(Status.usage) }
    }

    private static func text(_ report: AuditVerification.Report) -> String {
        let findings = report.findings.map { finding in
            let row = finding.seq.map { " row \($0)" } ?? ""
            let id = finding.id.map { " (\($0))" } ?? ""
            return "\(finding.chain)\(row)\(id): \(finding.fault.rawValue)\n"
        }
        let verdict = findings.isEmpty ? "whole" : "not whole"
        return findings.joined()
            + "\(verdict): \(report.rows) rows, \(report.chains) chains,"
            + " \(report.findings.count) findings\n"
    }

    private static func json(_ report: AuditVerification.Report) -> [UInt8] {
        var layout = JSONLayout()
        layout.object { layout in
            layout.member("rows") { $0.integer(report.rows) }
            layout.member("chains") { $0.integer(report.chains) }
            layout.member("findings") { layout in
                layout.array(report.findings) { layout, finding in
                    layout.object { layout in
                        layout.member("chain") { $0.string(finding.chain) }
                        if let seq = finding.seq { layout.member("row") { $0.integer(seq) } }
                        if let id = finding.id { layout.member("id") { $0.string(id) } }
                        layout.member("fault") { $0.string(finding.fault.rawValue) }
                    }
                }
            }
        }
        layout.newLine()
        return layout.bytes
    }
}
