/// SplitMix64: the same numbers for the same seed.
struct Seeded {
    var state: UInt64

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var mixed = state
        mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
        return mixed ^ (mixed >> 31)
    }

    mutating func below(_ count: Int) -> Int { Int(next() % UInt64(count)) }

    mutating func pick<T>(_ choices: [T]) -> T { choices[below(choices.count)] }
}

/// A module, and what it is asked: rules that an index can tell apart, rules of few values, rules
/// that others read again and again, loops that may end early, conflicts and failing builtins.
struct GeneratedProgram {
    let module: String
    let data: String
    let inputs: [String]

    static let rules = 6

    init(seed: UInt64) {
        var random = Seeded(state: seed)
        var text = "package gen\n"
        for number in 0..<Self.rules {
            for _ in 0..<(1 + random.below(5)) { text += "\n" + Self.rule(number, &random) }
        }
        module = text
        data = #"{"xs": [1, 2, 3, 2], "o": {"a": 1, "b": [2, "a"], "c": {"a": 1}}}"#
        inputs = (0..<4).map { _ in Self.input(&random) }
    }

    private static func input(_ random: inout Seeded) -> String {
        let fields = ["a", "b", "c", "k"].compactMap { name -> String? in
            random.below(5) == 0 ? nil : #""\#(name)": \#(scalar(&random))"#
        }
        let list = (0..<random.below(4)).map { _ in scalar(&random) }.joined(separator: ", ")
        return "{\((fields + [#""list": [\#(list)]"#]).joined(separator: ", "))}"
    }

    private static func scalar(_ random: inout Seeded) -> String {
        random.pick(["1", "2", "3", #""a""#, #""b""#, "true", "false", "null", "[1]", "{}"])
    }

    // MARK: Rules

    /// Rules read those of smaller numbers only.
    private static func rule(_ number: Int, _ random: inout Seeded) -> String {
        let body = self.body(number, &random)
        switch number % 6 {
        case 0: return "r\(number) := \(random.pick(["1", "true", "x"])) if { x := 1; \(body) }\n"
        case 1: return "r\(number) contains \(value(number, &random)) if { \(body) }\n"
        case 2:
            let source = collection(number, &random)
            return "r\(number)[k] := v if { some k, v in \(source); \(body) }\n"
        case 3:
            return "r\(number) := \(value(number, &random)) if { \(body) } else := "
                + "\(value(number, &random)) if { \(self.body(number, &random)) }\n"
        case 4: return "f(x) := \(value(number, &random)) if { x == \(scalar(&random)); \(body) }\n"
        default:
            return "r\(number) := [y | some y in \(collection(number, &random)); \(body)] if "
                + "{ \(self.body(number, &random)) }\n"
        }
    }

    private static func body(_ number: Int, _ random: inout Seeded) -> String {
        (0...random.below(3)).map { _ in condition(number, &random) }.joined(separator: "; ")
    }

    private static func condition(_ number: Int, _ random: inout Seeded) -> String {
        let field = "input." + random.pick(["a", "b", "c"])
        switch random.below(13) {
        case 0, 1, 2: return "\(field) == \(scalar(&random))"
        case 3: return "\(field) in [\(scalar(&random)), \(scalar(&random))]"
        case 4: return "not \(value(number, &random))"
        case 5: return "some _ in \(collection(number, &random))"
        case 6: return "every e in \(collection(number, &random)) { e != \(scalar(&random)) }"
        case 7: return "[\(field), _] = [\(scalar(&random)), \(value(number, &random))]"
        case 8: return "\(value(number, &random)) with input.a as \(scalar(&random))"
        case 9: return "\(value(number, &random)) != \(value(number, &random))"
        case 10: return "data.xs[_] == \(field)"
        case 11: return "startswith(\(field), \"a\")"
        default: return "count(\(collection(number, &random))) > \(random.below(3))"
        }
    }

    private static func value(_ number: Int, _ random: inout Seeded) -> String {
        switch random.below(7) {
        case 0: return scalar(&random)
        case 1: return "input.k"
        case 2: return "data.o[input.k]"
        case 3 where number > 4: return "f(\(scalar(&random)))"
        case 4 where number > 2: return "r2[\(random.pick(["input.k", "0", #""a""#]))]"
        case 5: return #"{"k": input.a, "l": [\#(scalar(&random))]}"#
        default: return number == 0 ? "input.list" : "r\(random.below(min(number, 4)))"
        }
    }

    private static func collection(_ number: Int, _ random: inout Seeded) -> String {
        switch random.below(5) {
        case 0: return "data.xs"
        case 1: return "data.o"
        case 2: return "input.list"
        case 3 where number > 1: return "r1"
        case 4 where number > 2: return "r2"
        default: return "{1, input.a, \"a\"}"
        }
    }
}
