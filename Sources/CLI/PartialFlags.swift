import ArgumentParser
import Rego

/// The flags of a query that is evaluated without knowing all.
struct PartialFlags: ParsableArguments {
    @Flag(
        name: .shortAndLong,
        help: ArgumentHelp(
            "Evaluate what is known, and print what is left.",
            discussion: "Queries, of which any answer is one, and the modules that they read."))
    var partial = false

    @Option(
        name: .shortAndLong,
        help: ArgumentHelp(
            "What is not known; again for more, or after commas. input unless named.",
            valueName: "reference"))
    var unknowns: [String] = []

    @Option(
        help: ArgumentHelp(
            "Keep these rules as rules; again for more, or after commas.", valueName: "reference"))
    var disableInlining: [String] = []

    @Flag(help: "Keep every rule that reads what is unknown as a rule.")
    var shallowInlining = false

    // OPA's own spelling.
    @Flag(
        name: .customLong("nondeterminstic-builtins"),
        help: "Call also what answers differently each time, such as time.now_ns.")
    var nondeterministicBuiltins = false

    func validate() throws {
        guard !partial else { return }
        if !unknowns.isEmpty { throw ValidationError("--unknowns is for --partial") }
        if !disableInlining.isEmpty { throw ValidationError("--disable-inlining is for --partial") }
        if shallowInlining { throw ValidationError("--shallow-inlining is for --partial") }
        if nondeterministicBuiltins {
            throw ValidationError("--nondeterminstic-builtins is for --partial")
        }
    }

    var options: PartialOptions {
        var options = PartialOptions()
        let named = Self.separated(unknowns)
        if !named.isEmpty { options.unknowns = named }
        options.disableInlining = Self.separated(disableInlining)
        options.shallowInlining = shallowInlining
        options.nondeterministicBuiltins = nondeterministicBuiltins
        return options
    }

    private static func separated(_ lists: [String]) -> [String] {
        lists.flatMap { $0.split(separator: ",").map(String.init) }
    }
}
