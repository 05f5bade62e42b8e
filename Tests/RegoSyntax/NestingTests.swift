import Testing

@testable import RegoSyntax

/// No text exhausts the stack, and none takes long.
struct NestingTests {
    static let openings = [
        "[", "(", "{", "{a: ", "[x | ", "{x | ", "{a: b | ", "f(", "a[", "$\"{", "((", "{ {",
        "a + (", "not (", "{a} and (", "every x in ", "some x in [",
    ]

    @Test(arguments: openings) func endlessNestingIsRefused(_ opening: String) {
        let nested = String(repeating: opening, count: 100_000)
        for beginning in ["x := ", "x if "] {
            let text = "package test\nimport future.keywords\n\(beginning)\(nested)"
            #expect(!faults(text).isEmpty)
        }
    }

    @Test func theFaultNamesTheLimit() throws {
        let brackets = String(repeating: "[", count: 100_000)
        #expect(try refusal(ofTerm: brackets) == "max parsing recursion depth exceeded")
    }

    @Test(arguments: ["+", "|", "==", "in", "and", "or"])
    func endlessChainsOfOperatorsAreRefused(_ symbol: String) {
        let chain = String(repeating: " \(symbol) a", count: 100_000)
        let text = "package test\nimport future.keywords\nx if a\(chain)"
        #expect(faults(text).first?.hasSuffix("max parsing recursion depth exceeded") == true)
    }

    /// Parentheses around chains: the term is deep though neither is.
    @Test func chainsWithinChainsCountTogether() throws {
        var text = "a"
        for _ in 0..<10 { text = "(\(text))" + String(repeating: " + a", count: 100) }
        #expect(try refusal(ofTerm: text) == "max parsing recursion depth exceeded")
    }

    @Test func whatPeopleNestIsRead() throws {
        let arrays = String(repeating: "[", count: 400) + String(repeating: "]", count: 400)
        _ = try term(arrays)
        _ = try term("a" + String(repeating: " + a", count: 400))
    }

    /// Each level of these is read in two ways; without memory that is 2^30 readings.
    @Test(arguments: ["[a | ", "{a | ", "{a: b | ", "{ ", "( ", "{a} and {"])
    func ambiguityIsNotPaidForAtEveryLevel(_ opening: String) {
        let nested = String(repeating: opening, count: 60)
        _ = faults("package test\nimport future.keywords\nx if \(nested), b")
    }
}
