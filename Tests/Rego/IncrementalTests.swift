import RegoMachine
import RegoSyntax
import Testing

@testable import Rego

/// Replacing modules compiles what has to be, finds what is wrong, and answers as if all had been
/// compiled anew.
@Suite struct IncrementalTests {
    private static func module(_ name: String, _ text: String) throws -> Module {
        try Parser.module(Source(name: name, text: text)).get()
    }

    private static let library = """
        package lib

        owns(user, thing) if thing.owner == user

        limit := 100

        """

    /// A library, readers of it, and as many modules that know nothing of it.
    private static func modules(_ readers: Int, library: String = library) throws -> [Module] {
        var result = [try module("lib.rego", library)]
        for number in 0..<readers {
            result.append(
                try module(
                    "reader\(number).rego",
                    """
                    package reader\(number)

                    import data.lib

                    allow if lib.owns(input.user, input.thing)

                    small if input.count < lib.limit
                    """))
            result.append(
                try module("other\(number).rego", "package other\(number)\n\nallow := \(number)\n"))
        }
        return result
    }

    private static func replaced(
        _ before: Policy, _ name: String, by text: String
    ) throws -> Policy {
        try before.replacing(
            modules: before.modules.map { $0.source.name == name ? try module(name, text) : $0 })
    }

    /// What compiling says, or `fine`.
    private static func said(_ compile: () throws -> Policy) -> [String] {
        do {
            _ = try compile()
            return ["fine"]
        } catch let failure as CompileFailure {
            return failure.diagnostics.map { "\($0.file):\($0.span.row) \($0.message)" }
        } catch { return ["\(error)"] }
    }

    @Test func aLeafIsCompiledAlone() throws {
        let before = try Policy(modules: Self.modules(500))
        #expect(before.compiledModules == 1_001)
        let after = try Self.replaced(
            before, "other7.rego", by: "package other7\n\nallow := 8\n\nmore := allow\n")
        #expect(after.compiledModules == 1)
    }

    @Test func ofALibraryThatKeepsItsNamesNothingElseIs() throws {
        let before = try Policy(modules: Self.modules(20))
        let after = try Self.replaced(
            before, "lib.rego", by: Self.library.replacing("100", with: "200"))
        #expect(after.compiledModules == 1)
    }

    @Test func ofALibraryThatChangesItsNamesItsReadersAre() throws {
        let before = try Policy(modules: Self.modules(500))
        let after = try Self.replaced(
            before, "lib.rego",
            by: Self.library.replacing("limit := 100", with: "limit.of.all := 100"))
        #expect(after.compiledModules == 501)
    }

    @Test func readersAreToldWhatTheyLost() throws {
        let before = try Policy(modules: Self.modules(2))
        let missing = Self.said {
            try Self.replaced(before, "lib.rego", by: "package lib\n\nlimit := 1\n")
        }
        #expect(
            missing == [
                "reader0.rego:5 undefined function data.lib.owns",
                "reader1.rego:5 undefined function data.lib.owns",
            ])
        let typed = Self.said {
            try Self.replaced(
                before, "lib.rego",
                by: Self.library.replacing("limit := 100", with: "limit(_) := 1"))
        }
        #expect(typed.count == 2)
    }

    @Test func aCircleThroughUnchangedModulesIsFound() throws {
        let before = try Policy(modules: [
            try Self.module("a.rego", "package a\n\np if data.b.p\n"),
            try Self.module("b.rego", "package b\n\np if data.c.p\n"),
            try Self.module("c.rego", "package c\n\np := true\n"),
        ])
        let text = "package c\n\np if data.a.p\n"
        let anew = Self.said {
            try Policy(modules: before.modules.dropLast() + [Self.module("c.rego", text)])
        }
        #expect(Self.said { try Self.replaced(before, "c.rego", by: text) } == anew)
        #expect(anew.count == 3)
    }

    @Test func conflictsWithUnchangedModulesAreFound() throws {
        let before = try Policy(modules: [
            try Self.module("a.rego", "package a\n\np.q := 1\n"),
            try Self.module("b.rego", "package a\n\nr := 1\n"),
        ])
        #expect(
            Self.said { try Self.replaced(before, "b.rego", by: "package a\n\np := 1\n") }
                == ["b.rego:3 rule data.a.p conflicts with [data.a.p.q]"])
        #expect(
            Self.said { try Self.replaced(before, "b.rego", by: "package a.p.q\n\nr := 1\n") }
                != ["fine"])
    }

    @Test func typesReachReadersOfReaders() throws {
        let before = try Policy(modules: [
            try Self.module("a.rego", "package a\n\np := 1\n"),
            try Self.module("b.rego", "package b\n\np := data.a.p\n"),
            try Self.module("c.rego", "package c\n\np := data.b.p + 1\n"),
            try Self.module("d.rego", "package d\n\np := 1\n"),
        ])
        #expect(
            Self.said { try Self.replaced(before, "a.rego", by: "package a\n\np := \"one\"\n") }
                == ["c.rego:3 plus: invalid argument(s)"])
        let after = try Self.replaced(before, "a.rego", by: "package a\n\np := 2.5\n")
        #expect(after.compiledModules == 1)
    }

    @Test func annotationsOfOthersAreReadAgain() throws {
        let before = try Policy(modules: [
            try Self.module("a.rego", "# METADATA\n# scope: package\n# title: one\npackage a\n"),
            try Self.module("b.rego", "package a\n\np := rego.metadata.chain()\n"),
        ])
        let after = try Self.replaced(
            before, "a.rego", by: "# METADATA\n# scope: package\n# title: two\npackage a\n")
        #expect(try Self.answer(after, ["a", "p"]).contains("two"))
    }

    /// Additions, removals and replacements at random: each policy says and answers what one
    /// compiled anew does.
    @Test(arguments: [11, 23, 37, 41] as [UInt64])
    func randomEditsAnswerAsACompileAnew(_ seed: UInt64) throws {
        var random = Seeded(state: seed)
        var modules: [String: Module] = [:]
        var policy = try Policy(modules: [])
        for step in 0..<120 {
            let name = "m\(random.next() % 12).rego"
            var next = modules
            if random.next() % 5 == 0 {
                next[name] = nil
            } else {
                next[name] = try Self.module(name, Self.text(&random))
            }
            let list = Array(next.values)
            let anew = Self.said { try Policy(modules: list) }
            let said = Self.said { try policy.replacing(modules: list) }
            #expect(said == anew, "seed \(seed), step \(step)")
            guard anew == ["fine"] else { continue }
            modules = next
            policy = try policy.replacing(modules: list)
            let fresh = try Policy(modules: list)
            for package in 0..<4 {
                #expect(
                    try Self.answer(policy, ["p\(package)"]) == Self.answer(fresh, ["p\(package)"]),
                    "seed \(seed), step \(step)")
            }
        }
    }

    private static func text(_ random: inout Seeded) -> String {
        func any() -> String { "data.p\(random.next() % 4).r\(random.next() % 5)" }
        let number = random.next() % 5
        let rules = [
            "r\(number) := \(any())", "r\(number) contains \(any())",
            "r\(number)[x] := y if some x, y in \(any())", "f\(number)(x) := x + 1",
            "f\(number)(x, y) := [x, y, \(any())]",
            "r\(number) := data.p\(random.next() % 4).f\(random.next() % 5)(1)",
            "r\(number).s := 1", "r\(number) := count(data.p\(random.next() % 4))",
            "default r\(number) := \"none\"", "r\(number) := \(random.next() % 3) + \(any())",
            "r\(number) := 1 if not \(any())", "r\(number) := [f\(number)(2)]",
        ]
        let count = 1 + Int(random.next() % 3)
        let chosen = (0..<count).map { _ in rules[Int(random.next() % UInt64(rules.count))] }
        return "package p\(random.next() % 4)\n\n" + chosen.joined(separator: "\n\n") + "\n"
    }

    private static func answer(_ policy: Policy, _ path: [String]) throws -> String {
        let evaluator = Evaluator(host: JSONCalls(rows: []).host)
        var output: [UInt8] = []
        do {
            let outcome = try unsafe evaluator.decide(
                try policy.prepare(path: path), data: .empty, input: .undefined, into: &output)
            return outcome.isDefined ? String(decoding: output, as: UTF8.self) : "undefined"
        } catch let failure as EvaluationFailure { return failure.message }
    }
}

/// SplitMix64: the same numbers for the same seed.
private struct Seeded {
    var state: UInt64

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var mixed = state
        mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
        return mixed ^ (mixed >> 31)
    }
}

extension String {
    fileprivate func replacing(_ part: String, with other: String) -> String {
        split(separator: part, omittingEmptySubsequences: false).joined(separator: other)
    }
}
