import Rego
import RegoSyntax

/// A page of the sources with the lines that tests reached: one file, nothing fetched.
struct CoveragePage {
    let report: CoverageReport
    /// The text of each file, by name.
    let texts: [String: String]

    var html: String {
        let rows = report.files.enumerated().map { number, file in
            """
            <tr><td><a href="#f\(number)">\(Self.escaped(file.name))</a></td>\
            <td>\(CoverageReport.text(file.percent))&nbsp;%</td>\
            <td>\(file.notCovered.count) of \(file.covered.count + file.notCovered.count)</td></tr>
            """
        }
        let total = CoverageReport.text(report.percent)
        return """
            <!doctype html>
            <html lang="en">
            <head>
            <meta charset="utf-8">
            <meta name="viewport" content="width=device-width">
            <title>Coverage \(total) %</title>
            <style>\(Self.style)</style>
            </head>
            <body>
            <h1>Coverage \(total)&nbsp;%</h1>
            <table><thead><tr><th>File</th><th>Coverage</th><th>Lines not reached</th></tr></thead>
            <tbody>\(rows.joined(separator: "\n"))</tbody></table>
            \(report.files.enumerated().map { section($0, $1) }.joined(separator: "\n"))
            </body>
            </html>

            """
    }

    private func section(_ number: Int, _ file: Coverage.File) -> String {
        let covered = Set(file.covered)
        let reasons = Dictionary(zip(file.notCovered, file.reasons)) { first, _ in first }
        let lines = (texts[file.name] ?? "").split(
            separator: "\n", omittingEmptySubsequences: false)
        let shown = lines.enumerated().map { position, line -> String in
            let row = position + 1
            let text = "<i>\(row)</i>\(Self.escaped(String(line)))"
            if let reason = reasons[row] {
                return "<b class=\"miss\">\(text) <em>✗ \(Self.escaped(reason))</em></b>"
            }
            return covered.contains(row) ? "<b class=\"hit\">\(text)</b>" : "<b>\(text)</b>"
        }
        return """
            <h2 id="f\(number)">\(Self.escaped(file.name)) · \
            \(CoverageReport.text(file.percent))&nbsp;%</h2>
            <pre>\(shown.joined(separator: "\n"))</pre>
            """
    }

    private static func escaped(_ text: String) -> String {
        text.reduce(into: "") { escaped, character in
            switch character {
            case "&": escaped += "&amp;"
            case "<": escaped += "&lt;"
            case ">": escaped += "&gt;"
            case "\"": escaped += "&quot;"
            default: escaped.append(character)
            }
        }
    }

    private static let style = """
        :root { color-scheme: light dark; --hit: #e6f4ea; --miss: #fde7e9; --faint: #5f6368; }
        @media (prefers-color-scheme: dark) {
          :root { --hit: #12351f; --miss: #4a1d22; --faint: #9aa0a6; }
        }
        body { font: 15px/1.5 system-ui, sans-serif; max-width: 70rem; margin: 2rem auto; }
        body { padding: 0 1rem; }
        table { border-collapse: collapse; }
        th, td { text-align: left; padding: .25rem 1.5rem .25rem 0; }
        th, td { border-bottom: 1px solid #8884; }
        pre { overflow-x: auto; font: 13px/1.6 ui-monospace, monospace; tab-size: 4; }
        pre b { font-weight: normal; display: inline-block; min-width: 100%; }
        pre i { display: inline-block; width: 3.5em; color: var(--faint); font-style: normal; }
        pre em { color: var(--faint); font-family: system-ui, sans-serif; }
        .hit { background: var(--hit); }
        .miss { background: var(--miss); }
        """
}
