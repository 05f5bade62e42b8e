import Testing

@testable import RegoSyntax

/// Broken text is refused or read, but never crashes or hangs the parser.
struct MutationTests {
    /// A generator whose failures can be repeated.
    struct SplitMix: RandomNumberGenerator {
        var state: UInt64

        mutating func next() -> UInt64 {
            state &+= 0x9E37_79B9_7F4A_7C15
            var mixed = (state ^ (state >> 30)) &* 0xBF58_476D_1CE4_E5B9
            mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
            return mixed ^ (mixed >> 31)
        }
    }

    static let samples = [
        """
        package a.b["c"]

        import rego.v1
        import future.keywords.or
        import data.x as y

        # METADATA
        # title: p
        p contains {"k": v} if {
        \tsome k, v in input.xs with input as {1, 2}
        \tnot v == k or { v > 1; k < 2 }
        }

        default f(_) := [1.5e3, -2, "a\\u00e9\\n", `raw`, $"t {x.y[_]} \\{"]
        f(x) := x + 1 * (2 - 3) if every z in x { z in {1} } else := {a: b | a := b[_]}
        q[x].r := [y | y := data.a[x]; y != null] if { x := {"a": {}}; x.a[1](2) }
        """,
        """
        package a
        import future.keywords.in
        p[x] { x = [1, 2][_] } { not q[x] }
        q = x { x := 1 | {2} & set() } else = 2 { true }
        r[x][y] = z { some x, y; z := input[x][y] }
        """,
    ]

    private static let pieces: [String] = [
        "{", "}", "[", "]", "(", ")", "|", ":", ":=", "=", ",", ";", ".", "\"", "`", "$\"", "\n",
        " ", "#", "\\", "if", "else", "some", "every", "in", "not", "with", "as", "and", "or",
        "default", "contains", "1", "e", "_", "\u{0}", "é", "import", "package",
    ]

    @Test func mutatedModulesAreSurvived() {
        let seed = UInt64.random(in: 0...UInt64.max)
        var generator = SplitMix(state: seed)
        for round in 0..<2000 {
            var bytes = Array(Self.samples[round % Self.samples.count].utf8)
            for _ in 0..<Int.random(in: 1...6, using: &generator) {
                mutate(&bytes, &generator)
            }
            let source = Source(name: "seed \(seed), round \(round)", bytes: bytes)
            let options = ParserOptions(version: round % 3 == 0 ? .v0 : .v1)
            if case .success(let module) = Parser.module(source, options: options) {
                _ = TreeJSON.module(module)
                _ = TreeText.module(module)
            } else if case .failure(let refusal) = Parser.module(source, options: options) {
                _ = Diagnostic.rendered(refusal.all) { _ in source }
                #expect(refusal.all.allSatisfy { !$0.message.isEmpty }, "seed \(seed)")
            }
            _ = Parser.query(source, options: ParserOptions(keywords: [.not, .and, .or]))
        }
    }

    private func mutate(_ bytes: inout [UInt8], _ generator: inout SplitMix) {
        guard !bytes.isEmpty else { return }
        let index = Int.random(in: 0..<bytes.count, using: &generator)
        switch Int.random(in: 0..<5, using: &generator) {
        case 0: bytes.remove(at: index)
        case 1: bytes.removeLast(bytes.count - index)
        case 2: bytes[index] = UInt8.random(in: 0...255, using: &generator)
        case 3:
            let piece = Self.pieces.randomElement(using: &generator) ?? ""
            bytes.insert(contentsOf: piece.utf8, at: index)
        default:
            let end = Int.random(in: index...bytes.count, using: &generator)
            let copy = Array(bytes[index..<min(end, index + 40)])
            bytes.insert(contentsOf: copy, at: Int.random(in: 0...bytes.count, using: &generator))
        }
    }

    @Test(arguments: samples) func everyPrefixIsSurvived(_ sample: String) {
        let bytes = Array(sample.utf8)
        for end in 0...bytes.count {
            let source = Source(name: "", bytes: Array(bytes[..<end]))
            _ = Parser.module(source)
            _ = Parser.module(source, options: ParserOptions(version: .v0))
        }
    }
}
