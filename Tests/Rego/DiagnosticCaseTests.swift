import Foundation
import Rego
import RegoMachine
import RegoSyntax
import Testing

/// What is to be found wrong with modules: OPA's 14 cases, all of which must hold, and generated
/// ones, a ratchet: `diagnostics-passing.txt` holds the numbers of those that do, and only grows
/// (`UPDATE_RATCHET=1`). Without the cases beside the project the tests say so and end.
@Suite struct DiagnosticCases {
    @Test func ofOPAHold() throws {
        let files = ["v0/safety", "v1/print", "v1/safety"]
        let cases = try files.flatMap { try Self.cases("compile/\($0).jsonl") }
        guard !cases.isEmpty else { return Self.skip() }
        for test in cases {
            let found = try test.found()
            #expect(test.isMet(by: found), "\(test.note): \(found)")
        }
    }

    @Test func generatedOnesThatHeldStillHold() throws {
        let cases = try Self.cases("generated/diagnostics.jsonl")
        guard !cases.isEmpty else { return Self.skip() }
        let list = URL(filePath: #filePath).deletingLastPathComponent()
            .appending(path: "diagnostics-passing.txt")
        let text = (try? String(contentsOf: list, encoding: .utf8)) ?? ""
        let held = Set(text.split(whereSeparator: \.isWhitespace).compactMap { Int($0) })
        var holding = Set<Int>()
        for (number, test) in cases.enumerated() where test.isMet(by: try test.found()) {
            holding.insert(number)
        }
        print("diagnostics: \(holding.count) of \(cases.count) generated cases hold")
        if ProcessInfo.processInfo.environment["UPDATE_RATCHET"] == "1" {
            let lines = holding.union(held).sorted().map { "\($0)\n" }.joined()
            try lines.write(to: list, atomically: true, encoding: .utf8)
        }
        #expect(held.subtracting(holding).sorted() == [])
    }

    private static func skip() { print("diagnostics: SKIPPED, no cases in \(place.path)") }

    private static let place: URL = {
        if let path = ProcessInfo.processInfo.environment["OSTIARY_CONFORMANCE"] {
            return URL(filePath: path)
        }
        return URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
            .deletingLastPathComponent().deletingLastPathComponent()
            .appending(path: "shared/conformance")
    }()

    private static func cases(_ path: String) throws -> [DiagnosticCase] {
        let url = place.appending(path: path)
        guard let lines = try? Data(contentsOf: url) else { return [] }
        return try lines.split(separator: UInt8(ascii: "\n")).map {
            try JSONDecoder().decode(DiagnosticCase.self, from: $0)
        }
    }
}

private struct DiagnosticCase: Decodable {
    struct Mistake: Decodable, Hashable {
        var module: Int?
        let code: String
        let row: Int
        let col: Int
        let message: String
    }

    enum CodingKeys: String, CodingKey {
        case note, modules, strict, v0, exhaustive
        case version = "rego_version"
        case prints = "print_statements"
        case wanted = "want_errors"
    }

    let note: String
    let modules: [String]
    let strict: Bool?
    let v0: Bool?
    let version: String?
    let prints: Bool?
    /// Absent: nothing else may be found.
    let exhaustive: Bool?
    let wanted: [Mistake]

    func isMet(by found: Set<Mistake>) -> Bool {
        let wanted = Set(wanted.map { Mistake(module: $0.module ?? 0, $0) })
        return exhaustive ?? true ? wanted == found : wanted.isSubset(of: found)
    }

    func found() throws -> Set<Mistake> {
        let options = ParserOptions(version: v0 == true || version == "v0" ? .v0 : .v1)
        var parsed: [Module] = []
        var wrong: [Diagnostic] = []
        for (index, text) in modules.enumerated() {
            switch Parser.module(Source(name: "test-\(index).rego", text: text), options: options) {
            case .success(let module): parsed.append(module)
            case .failure(let found): wrong += found.all
            }
        }
        if wrong.isEmpty {
            let compiler = Compiler(
                builtins: BuiltinTable(Builtin.all),
                options: CompilerOptions(printEnabled: prints ?? false, strict: strict ?? false))
            if case .failure(let found) = compiler.compile(parsed) { wrong = found.all }
        }
        return Set(wrong.map(Mistake.init))
    }
}

extension DiagnosticCase.Mistake {
    fileprivate init(module: Int, _ other: Self) {
        self = other
        self.module = module
    }

    fileprivate init(_ found: Diagnostic) {
        self.init(
            module: Int(found.file.filter(\.isNumber)) ?? 0, code: found.code.rawValue,
            row: Int(found.span.row), col: Int(found.span.column), message: found.message)
    }
}
