import ArgumentParser
import Rego
import RegoSyntax

/// What `ostiary check` found, for people, for scripts, or for code scanning.
struct CheckReport {
    enum Format: String, ExpressibleByArgument, CaseIterable {
        case pretty, json, sarif
    }

    struct Finding {
        let finding: LintFinding
        let level: LintSettings.Level
        let text: String
    }

    let format: Format
    /// Why the policy cannot be used; lints are only looked for where there are none.
    var errors: [Problem] = []
    private(set) var findings: [Finding] = []

    init(format: Format) { self.format = format }

    /// Whether a lint that the settings make an error found something.
    var hasErrors: Bool { findings.contains { $0.level == .error } }

    mutating func add(_ found: [LintFinding], _ settings: LintSettings, _ sources: Sources) {
        findings += found.map { finding in
            Finding(
                finding: finding, level: settings.level(of: finding.code),
                text: finding.rendered(source: sources.source(named: finding.file)))
        }
    }

    /// Errors go where OPA has them, to standard error; all else to standard output.
    func print() {
        switch format {
        case .pretty: printPretty()
        case .json: printJSON()
        case .sarif: Standard.output(sarif)
        }
    }

    private func printPretty() {
        if !errors.isEmpty { Standard.error(Problems(errors).text + "\n") }
        guard !findings.isEmpty else { return }
        let head = findings.count == 1 ? "1 finding:" : "\(findings.count) findings:"
        let text = ([head] + findings.map(\.text)).joined(separator: "\n")
        Standard.output(Array((text + "\n").utf8))
    }

    private func printJSON() {
        if !errors.isEmpty {
            var layout = JSONLayout()
            layout.object { layout in layout.member("errors") { $0.problems(errors) } }
            layout.newLine()
            Standard.error(String(decoding: layout.bytes, as: UTF8.self))
        }
        guard !findings.isEmpty else { return }
        var layout = JSONLayout()
        layout.object { layout in
            layout.member("lints") { layout in
                layout.array(findings) { layout, found in
                    layout.object { layout in
                        layout.member("code") { $0.string(found.finding.code) }
                        layout.member("level") { $0.string(found.level.rawValue) }
                        layout.member("message") { $0.string(found.finding.message) }
                        layout.member("hint") { $0.string(found.finding.hint) }
                        layout.location(of: Problem(found.finding))
                    }
                }
            }
        }
        layout.newLine()
        Standard.output(layout.bytes)
    }

    // MARK: SARIF

    /// - Source: OASIS, "Static Analysis Results Interchange Format (SARIF) Version 2.1.0".
    private var sarif: [UInt8] {
        var layout = JSONLayout()
        layout.object { layout in
            layout.member("$schema") {
                $0.string("https://json.schemastore.org/sarif-2.1.0.json")
            }
            layout.member("version") { $0.string("2.1.0") }
            layout.member("runs") { layout in
                layout.array([0]) { layout, _ in
                    layout.object { layout in
                        layout.member("tool") { Self.tool(&$0) }
                        layout.member("columnKind") { $0.string("unicodeCodePoints") }
                        layout.member("results") { results(&$0) }
                    }
                }
            }
        }
        layout.newLine()
        return layout.bytes
    }

    private static func tool(_ layout: inout JSONLayout) {
        layout.object { layout in
            layout.member("driver") { layout in
                layout.object { layout in
                    layout.member("name") { $0.string("ostiary") }
                    layout.member("version") { $0.string(Version.number) }
                    layout.member("rules") { layout in
                        layout.array(Lint.all) { rule($1, &$0) }
                    }
                }
            }
        }
    }

    private static func rule(_ lint: Lint, _ layout: inout JSONLayout) {
        layout.object { layout in
            layout.member("id") { $0.string(lint.code) }
            let texts = [
                ("shortDescription", "Finds \(lint.finds)"), ("fullDescription", lint.why),
                ("help", lint.fix),
            ]
            for (name, text) in texts {
                layout.member(name) { $0.object { $0.member("text") { $0.string(text) } } }
            }
        }
    }

    private func results(_ layout: inout JSONLayout) {
        let errors = self.errors.map { (code: $0.code ?? "error", level: "error", problem: $0) }
        let lints = findings.map {
            (code: $0.finding.code, level: $0.level.rawValue, problem: Problem($0.finding))
        }
        layout.array(errors + lints) { layout, result in
            layout.object { layout in
                layout.member("ruleId") { $0.string(result.code) }
                layout.member("level") { $0.string(result.level) }
                layout.member("message") { layout in
                    layout.object { $0.member("text") { $0.string(result.problem.message) } }
                }
                guard let location = result.problem.location, location.row > 0 else { return }
                layout.member("locations") { layout in
                    layout.array([location]) { Self.place($1, &$0) }
                }
            }
        }
    }

    private static func place(_ place: Problem.Location, _ layout: inout JSONLayout) {
        layout.object { layout in
            layout.member("physicalLocation") { layout in
                layout.object { layout in
                    layout.member("artifactLocation") { layout in
                        layout.object { $0.member("uri") { $0.string(uri(place.file)) } }
                    }
                    layout.member("region") { layout in
                        layout.object { layout in
                            layout.member("startLine") { $0.integer(place.row) }
                            layout.member("startColumn") { $0.integer(max(place.column, 1)) }
                        }
                    }
                }
            }
        }
    }

    /// A path as a reference of RFC 3986.
    private static func uri(_ path: String) -> String {
        let plain = Set("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-._~/".utf8)
        var text = path.hasPrefix("/") ? "file://" : ""
        for byte in (path.hasPrefix("./") ? path.dropFirst(2) : path[...]).utf8 {
            if plain.contains(byte) {
                text.unicodeScalars.append(Unicode.Scalar(byte))
            } else {
                text += (byte < 16 ? "%0" : "%") + String(byte, radix: 16, uppercase: true)
            }
        }
        return text
    }
}

extension Problem {
    init(_ found: LintFinding) {
        self.init(
            message: found.message, code: found.code,
            location: Location(
                file: found.file, row: Int(found.span.row), column: Int(found.span.column)),
            text: found.message)
    }
}
