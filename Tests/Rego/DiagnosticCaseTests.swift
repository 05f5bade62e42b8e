import Foundation
import Rego
import RegoMachine
import RegoSyntax
import Testing

/// What is to be found wrong with modules: OPA's 14 cases, all of which must hold, and generated
/// ones, a ratchet: `diagnostics-passing.txt` holds the numbers of those that do, and only grows
/// (`UPDATE_RATCHET=1`); `diagnostics-differing.txt` says where OPA 1.20 points elsewhere than they
/// do. Without the cases beside the project the tests say so and end.
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
        let cases = try Self.generated()
        guard !cases.isEmpty else { return Self.skip() }
        let list = Self.list("diagnostics-passing.txt")
        let text = (try? String(contentsOf: list, encoding: .utf8)) ?? ""
        let held = Set(text.split(whereSeparator: \.isWhitespace).compactMap { Int($0) })
        var holding = Set<Int>()
        for (number, test) in cases.enumerated() where test.isMet(by: try test.found()) {
            holding.insert(number)
        }
        print("diagnostics: \(holding.count) of \(cases.count) generated cases hold to the letter")
        if ProcessInfo.processInfo.environment["UPDATE_RATCHET"] == "1" {
            let lines = holding.union(held).sorted().map { "\($0)\n" }.joined()
            try lines.write(to: list, atomically: true, encoding: .utf8)
        }
        #expect(held.subtracting(holding).sorted() == [])
    }

    @Test func placesOfGeneratedOnesAreThoseOfOPA() throws {
        let cases = try Self.generated()
        guard !cases.isEmpty else { return Self.skip() }
        var rows = 0
        var columns = 0
        for test in cases {
            let found = try test.found()
            if Set(found.map(\.line)) == Set(test.wanted.map(\.line)) { rows += 1 }
            if Set(found.map(\.place)) == Set(test.wanted.map(\.place)) { columns += 1 }
            if test.wanted.isEmpty {
                #expect(found.isEmpty, "nothing is wrong with \(test.note)")
            }
        }
        print("diagnostics: \(rows) of \(cases.count) in code and row, \(columns) in column too")
        #expect(rows >= 291)
        #expect(columns >= 273)
    }

    /// The generated cases, as OPA 1.20 would have them.
    private static func generated() throws -> [DiagnosticCase] {
        var cases = try cases("generated/diagnostics.jsonl")
        guard !cases.isEmpty else { return [] }
        let text = try String(contentsOf: list("diagnostics-differing.txt"), encoding: .utf8)
        for line in text.split(separator: "\n") where !line.hasPrefix("#") {
            let parts = line.split(separator: " ")
            let number = try #require(Int(parts[0]))
            let isMoved = cases[number].move(from: parts[1], to: parts[2])
            #expect(isMoved, "case \(number) has nothing at \(parts[1])")
        }
        return cases
    }

    private static func list(_ name: String) -> URL {
        URL(filePath: #filePath).deletingLastPathComponent().appending(path: name)
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
        var row: Int
        var col: Int
        let message: String

        var line: String { "\(module ?? 0) \(code) \(row)" }
        var place: String { "\(line):\(col)" }
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
    var wanted: [Mistake]

    /// Moves the mistakes at a place such as `3:1`; to `-`, there are none.
    mutating func move(from: Substring, to: Substring) -> Bool {
        let parts = to.split(separator: ":").compactMap { Int($0) }
        let before = wanted
        wanted = wanted.compactMap { mistake in
            guard "\(mistake.row):\(mistake.col)" == from else { return mistake }
            guard parts.count == 2 else { return nil }
            var moved = mistake
            moved.row = parts[0]
            moved.col = parts[1]
            return moved
        }
        return wanted != before
    }

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
