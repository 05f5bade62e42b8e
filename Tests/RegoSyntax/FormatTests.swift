import Foundation
import Testing

@testable import RegoSyntax

private func formatted(
    _ text: String, _ target: FormatTarget = .v1, _ version: LanguageVersion = .v1
) throws -> String {
    let source = Source(name: "test.rego", text: text)
    let bytes = try Formatter.formatted(source, target: target, version: version).get()
    return String(decoding: bytes, as: UTF8.self)
}

@Suite struct FormatTests {
    @Test func spacingIsSetAnew() throws {
        let text = "package  a\nimport data.b\nimport data.a\np:=[1,2] if{x}\n"
        let wanted =
            "package a\n\nimport data.a\nimport data.b\n\np := [1, 2] if {\n\tx\n}\n"
        #expect(try formatted(text) == wanted.replacing(" if {\n\tx\n}", with: " if x"))
    }

    /// Found by `make fuzz`.
    @Test func aRuleWithoutANameKeepsItsUnderscore() throws {
        #expect(try formatted("package a\n\n_(h) := 1\n") == "package a\n\n_(h) := 1\n")
    }

    @Test func commentsStayWithTheirExpressions() throws {
        let text = "package a\n\np if {\n# above\nx # beside\n# last\n}\n"
        let wanted = "package a\n\np if {\n\t# above\n\tx # beside\n\t# last\n}\n"
        #expect(try formatted(text) == wanted)
    }

    @Test func commentsWithoutAPlaceKeepTheirTermAsItIs() throws {
        let text = "package a\n\np := [\n  # why\n  1,\n]\n"
        #expect(try formatted(text).contains("# why"))
    }

    @Test func modulesOfV0GainTheImportOfV1() throws {
        let text = "package a\n\np[x] { x := 1 }\n"
        let wanted = "package a\n\nimport rego.v1\n\np contains x if x := 1\n"
        #expect(try formatted(text, .v0AndV1, .v0) == wanted)
    }

    @Test func whatV1HasNoLongerIsRefused() {
        #expect(throws: Diagnostics.self) {
            try formatted("package a\n\np { any([true]) }\n", .v0AndV1, .v0)
        }
    }
}

/// OPA's formatter's own cases and generated ones.
@Suite(.enabled(if: Corpus.isPresent, "needs ../shared/conformance beside the project"))
struct FormatCorpusTests {
    private struct Pair: Decodable {
        var note: String
        var source: String
        var formatted: String
    }

    /// - Parameter passing: How many are formatted exactly as OPA does; only ever raised.
    @Test(arguments: [
        ("v0", FormatTarget.v0, 39), ("v1", .v1, 59), ("v0_to_v1", .v0AndV1, 8),
    ])
    func casesAreFormattedAsOPADoes(
        _ folder: String, _ target: FormatTarget, _ passing: Int
    ) throws {
        var passed = 0
        for file in try Corpus.files("format/\(folder)") where file.hasSuffix(".rego") {
            guard let wanted = try? read(file + ".formatted") else { continue }
            let text = try? formatted(try read(file), target, target == .v1 ? .v1 : .v0)
            if text == wanted { passed += 1 }
        }
        #expect(passed >= passing)
    }

    @Test func generatedCasesAreFormattedAsOPADoes() throws {
        let pairs = try read("generated/format.jsonl").split(separator: "\n").map {
            try JSONDecoder().decode(Pair.self, from: Data($0.utf8))
        }
        var passed = 0
        for pair in pairs {
            let text = try formatted(pair.source)
            if text == pair.formatted { passed += 1 }
            #expect(comments(text) == comments(pair.source), "\(pair.note)")
        }
        #expect(passed >= 196)
    }

    /// Formatting again changes nothing, and what is formatted is Rego.
    @Test func formattingSettlesAtOnce() throws {
        var unsettled = 0
        for file in try Corpus.files("eval/v1") {
            for example in try Corpus.cases(file) {
                for text in example.modules ?? [] {
                    guard let once = try? formatted(text) else { continue }
                    let again = try? formatted(once)
                    if once != again { unsettled += 1 }
                }
            }
        }
        #expect(unsettled <= 1)
    }

    private func comments(_ text: String) -> Int? {
        try? module(text).comments.count
    }

    private func read(_ path: String) throws -> String {
        try String(contentsOf: Corpus.root.appending(path: path), encoding: .utf8)
    }
}
