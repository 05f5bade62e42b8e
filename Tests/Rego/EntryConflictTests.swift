import Outbound
import Rego
import RegoMachine
import RegoSyntax
import Testing

/// Two values at one key of a partial object end the evaluations that ask for that key, and no
/// others.
@Suite struct EntryConflictTests {
    private static let module = """
        package a

        p[k] := v if some k, v in {"one": 1, "two": 2}
        p["two"] := 3

        deep.x[k].y[l] := v if { some k in ["m", "n"]; some l, v in {"o": 1, "p": k} }
        deep.x.n.y.p := "other"

        reads_one := p.one
        reads_two := p["two"]
        reads_key := p[input.key]
        reads_all := count(p)
        iterates := [k | p[k]]
        nested := deep.x.m.y.p
        nested_conflict := deep.x.n.y.p
        nested_above := deep.x.n
        beside := {k: v | some k in ["one"]; v := p[k]}
        again := [p.one, p.one, p[input.key]]

        whole := data.b[name] if {
            some name
            data.b[name].ready
            data.absent.flag
        }
        """

    private static let other = """
        package b.c

        ready := true
        q[k] := v if some k, v in {"one": 1}
        q["one"] := 2
        """

    private static let conflict = "eval_conflict_error: object keys must be unique"

    /// The decision at a path below `data`.
    private static func said(_ path: String, key: String = "one") throws -> String {
        let modules = try [module, other].enumerated().map {
            try Parser.module(Source(name: "\($0).rego", text: $1)).get()
        }
        let prepared = try Policy(modules: modules)
            .prepare(path: path.split(separator: ".").map(String.init))
        let evaluator = Evaluator(host: .system)
        var output: [UInt8] = []
        let input = Array(#"{"key": "\#(key)"}"#.utf8)
        do {
            let outcome = try unsafe input.withUnsafeBytes { bytes in
                try unsafe evaluator.decide(
                    prepared, data: .empty, input: .json(bytes), into: &output)
            }
            return outcome.isDefined ? String(decoding: output, as: UTF8.self) : "undefined"
        } catch let error as EvaluationFailure {
            return "\(error.code.rawValue): \(error.message)"
        }
    }

    @Test(arguments: ["reads_two", "reads_all", "iterates", "nested_conflict", "nested_above", "p"])
    func readersOfTheKeyOrTheWholeAreTold(_ rule: String) throws {
        #expect(try Self.said("a.\(rule)") == Self.conflict)
    }

    @Test(arguments: [
        ("reads_one", "1"), ("nested", #""m""#), ("beside", #"{"one":1}"#), ("again", "[1,1,1]"),
    ])
    func readersOfOtherKeysGetTheirAnswer(_ rule: String, _ value: String) throws {
        #expect(try Self.said("a.\(rule)") == value)
    }

    @Test func theKeyOfTheInputDecides() throws {
        #expect(try Self.said("a.reads_key", key: "one") == "1")
        #expect(try Self.said("a.reads_key", key: "two") == Self.conflict)
        #expect(try Self.said("a.reads_key", key: "none") == "undefined")
    }

    @Test func aRuleThatLacksABaseValueDoesNotReadPackages() throws {
        #expect(try Self.said("a.whole") == "undefined")
        #expect(try Self.said("b") == Self.conflict)
    }
}
