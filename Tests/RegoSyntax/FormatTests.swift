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

    @Test(arguments: [
        (#"p := $"{"a{b"} {1} {true} {x}""#, #"p := $"a\{b 1 true {x}""#),
        (##"p := $`{"a\\"}{x}`"##, ##"p := $`{"a\\"}{x}`"##),
    ])
    func constantsOfTemplatesBecomeTextWhereTheyCan(_ text: String, _ wanted: String) throws {
        let found = try formatted("package a\n\n\(text)\n")
        #expect(found == "package a\n\n\(wanted)\n")
    }

    @Test(arguments: [
        "1 in (2 in xs)", "1, (2 in xs) in ys", "(1 in xs), 2 in ys", "1 in xs in ys",
    ])
    func nestedMembershipsKeepTheirMeaning(_ text: String) throws {
        #expect(try formatted("package a\n\np if \(text)\n") == "package a\n\np if \(text)\n")
    }

    /// OPA breaks the line after the colon, and mends it the next time.
    @Test func valuesOfComprehensionsStayWithTheirKeys() throws {
        let text = "package a\n\np := {\n  k: {\n    \"a\": 1\n  } | k := input[_]\n}\n"
        let once = try formatted(text)
        #expect(once.contains("p := {k: {\n\t\"a\": 1,\n} |"), "\(once)")
        #expect(try formatted(once) == once)
    }

    @Test func membershipCalledByNameGainsItsImport() throws {
        let text = "package a\n\np { x = internal.member_2(1, [1]) }\n"
        let wanted =
            "package a\n\nimport future.keywords.in\n\np {\n\tx = 1 in [1]\n}\n"
        #expect(try formatted(text, .v0, .v0) == wanted)
    }

    @Test func keywordsAreUsedBehindTheirImportAlone() throws {
        let text = "package a\nt.b\nimport future.keywords\n\nc.d contains 2 if true\n"
        let wanted = "package a\n\nt[\"b\"]\n\nimport future.keywords\n\nc.d contains 2\n"
        #expect(try formatted(text, .v0, .v0) == wanted)
        let oneLine = "package a\nimport future.keywords b.c\n"
        let twoLines = "package a\n\nimport future.keywords\n\nb contains \"c\"\n"
        #expect(try formatted(oneLine, .v0, .v0) == twoLines)
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

    @Test(arguments: [("v0", FormatTarget.v0), ("v1", .v1), ("v0_to_v1", .v0AndV1)])
    func everyPairIsFormattedAsOPADoes(_ folder: String, _ target: FormatTarget) throws {
        let version: LanguageVersion = target == .v1 ? .v1 : .v0
        for file in try Corpus.files("format/\(folder)") where file.hasSuffix(".formatted") {
            let source = try read(String(file.dropLast(".formatted".count)))
            #expect(try formatted(source, target, version) == read(file), "\(file)")
        }
    }

    @Test(arguments: ["v0", "v1", "v0_to_v1"])
    func whatOPARefusesIsRefused(_ folder: String) throws {
        let target: FormatTarget = folder == "v0" ? .v0 : folder == "v1" ? .v1 : .v0AndV1
        for file in try Corpus.files("format/\(folder)") where file.hasSuffix(".error") {
            let text = try read(file)
            #expect(throws: Diagnostics.self, "\(file)") {
                try formatted(text, target, target == .v1 ? .v1 : .v0)
            }
        }
    }

    @Test func everyGeneratedCaseIsFormattedAsOPADoes() throws {
        let pairs = try read("generated/format.jsonl").split(separator: "\n").map {
            try JSONDecoder().decode(Pair.self, from: Data($0.utf8))
        }
        for pair in pairs {
            let text = try formatted(pair.source)
            #expect(text == pair.formatted, "\(pair.note)")
            #expect(comments(text) == comments(pair.source), "\(pair.note)")
        }
    }

    /// Formatting again changes nothing, and what is formatted is Rego.
    @Test(arguments: ["eval/v0", "eval/v1", "generated/eval/v1"])
    func formattingSettlesAtOnce(_ folder: String) throws {
        let (target, version): (FormatTarget, LanguageVersion) =
            folder == "eval/v0" ? (.v0, .v0) : (.v1, .v1)
        for file in try Corpus.files(folder) {
            for example in try Corpus.cases(file) {
                for text in example.modules ?? [] {
                    let once = try formatted(text, target, version)
                    let again = try? formatted(once, target, version)
                    #expect(again == once, "\(file): \(example.note)")
                }
            }
        }
    }

    private func comments(_ text: String) -> Int? {
        try? module(text).comments.count
    }

    private func read(_ path: String) throws -> String {
        try String(contentsOf: Corpus.root.appending(path: path), encoding: .utf8)
    }
}
