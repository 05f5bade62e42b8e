import Rego

/// Which lines tests reached, for people and for machines.
struct CoverageReport {
    let files: [Coverage.File]

    private var covered: Int { files.reduce(0) { $0 + $1.covered.count } }
    private var notCovered: Int { files.reduce(0) { $0 + $1.notCovered.count } }

    /// 0 to 100, of all lines together.
    var percent: Double {
        let count = covered + notCovered
        return count == 0 ? 100 : 100 * Double(covered) / Double(count)
    }

    /// Each file with the lines that were not reached.
    var pretty: String {
        var table = TextTable(["FILE", "COVERAGE", "LINES NOT REACHED"])
        for file in files {
            let lines = Self.ranges(file.notCovered).map { $0 == $1 ? "\($0)" : "\($0)-\($1)" }
            table.rows.append([
                file.name, Self.text(file.percent) + " %", lines.joined(separator: ", "),
            ])
        }
        let reasons = files.flatMap { file in
            zip(file.notCovered, file.reasons).map { "\(file.name):\($0): \($1)\n" }
        }
        let count = covered + notCovered
        return table.text + reasons.joined()
            + "coverage: \(Self.text(percent)) % of \(count) lines\n"
    }

    /// In OPA's form.
    var json: [UInt8] {
        var layout = JSONLayout()
        write(to: &layout)
        layout.newLine()
        return layout.bytes
    }

    func write(to layout: inout JSONLayout) {
        layout.object { layout in
            layout.member("files") { layout in
                layout.object { layout in
                    for file in files {
                        layout.member(file.name) { Self.file(file, &$0) }
                    }
                }
            }
            layout.member("covered_lines") { $0.value(Self.bytes(covered)) }
            layout.member("not_covered_lines") { $0.value(Self.bytes(notCovered)) }
            layout.member("coverage") { $0.value(Array(Self.text(percent).utf8)) }
        }
    }

    private static func file(_ file: Coverage.File, _ layout: inout JSONLayout) {
        layout.object { layout in
            for (name, lines) in [("covered", file.covered), ("not_covered", file.notCovered)]
            where !lines.isEmpty {
                layout.member(name) { layout in
                    layout.array(ranges(lines)) { layout, range in
                        layout.object { layout in
                            for (end, row) in [("start", range.0), ("end", range.1)] {
                                layout.member(end) { layout in
                                    layout.object { $0.member("row") { $0.value(bytes(row)) } }
                                }
                            }
                        }
                    }
                }
            }
            layout.member("covered_lines") { $0.value(bytes(file.covered.count)) }
            layout.member("not_covered_lines") { $0.value(bytes(file.notCovered.count)) }
            layout.member("coverage") { $0.value(Array(text(file.percent).utf8)) }
        }
    }

    private static func bytes(_ number: Int) -> [UInt8] { Array(String(number).utf8) }

    /// Two digits after the point at most.
    static func text(_ percent: Double) -> String {
        let hundredths = Int((percent * 100).rounded(.down))
        if hundredths % 100 == 0 { return String(hundredths / 100) }
        let rest = hundredths % 100
        return "\(hundredths / 100).\(rest < 10 ? "0" : "")\(rest)"
    }

    /// Lines that follow each other, together.
    private static func ranges(_ lines: [Int]) -> [(Int, Int)] {
        lines.reduce(into: []) { ranges, line in
            if let last = ranges.last, last.1 + 1 == line {
                ranges[ranges.count - 1].1 = line
            } else {
                ranges.append((line, line))
            }
        }
    }
}
