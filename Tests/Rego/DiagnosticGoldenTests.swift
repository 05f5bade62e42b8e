import Foundation
import Rego
import RegoMachine
import RegoSyntax
import Testing

/// What the author of a faulty module reads: each `Diagnostics/*.rego` has one mistake that people
/// make (`right-…` has none), and the `.diagnostics` beside it the text with place, underline and
/// hint. `UPDATE_GOLDEN=1` rewrites them; the difference is to be read as changed behaviour.
@Suite struct DiagnosticGoldens {
    private static let folder = URL(filePath: #filePath).deletingLastPathComponent()
        .appending(path: "Diagnostics")

    static let names: [String] = {
        let files = (try? FileManager.default.contentsOfDirectory(atPath: folder.path)) ?? []
        return files.filter { $0.hasSuffix(".rego") }.map { String($0.dropLast(5)) }.sorted()
    }()

    @Test func coverManyMistakes() {
        #expect(Self.names.count >= 70)
    }

    @Test(arguments: names) func reads(_ name: String) throws {
        let text = try String(
            contentsOf: Self.folder.appending(path: "\(name).rego"), encoding: .utf8)
        let found = Self.shown(Source(name: "\(name).rego", text: text))
        let golden = Self.folder.appending(path: "\(name).diagnostics")
        if ProcessInfo.processInfo.environment["UPDATE_GOLDEN"] == "1" {
            try found.write(to: golden, atomically: true, encoding: .utf8)
        }
        let wanted = try String(contentsOf: golden, encoding: .utf8)
        #expect(found == wanted)
        #expect(found.isEmpty == name.hasPrefix("right-"))
    }

    private static func shown(_ source: Source) -> String {
        let found: [Diagnostic]
        switch Parser.module(source) {
        case .failure(let refusal): found = refusal.all
        case .success(let module):
            let compiler = Compiler(builtins: BuiltinTable(Builtin.all))
            guard case .failure(let refusal) = compiler.compile([module]) else { return "" }
            found = refusal.all
        }
        return found.map { $0.rendered(source: source) + "\n" }.joined()
    }
}
