import ArgumentParser
import Bundles
import Outbound
import Rego
import RegoMachine
import RegoSyntax

/// `ostiary explain`: why a decision came out as it did.
struct Explain: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Show why a decision came out as it did.",
        discussion: """
            The short answer comes first, in words: what was decided, and what,
            were it otherwise, would have turned it: rules that speak against it,
            or the nearest that would have spoken for it, and what they lack.
            Rules are called what their titles say. Below it stands how it came
            to that: each rule that the decision asked for, of one that did not
            succeed the first expression that was not fulfilled, with the values
            of its parts, and the rules that it reads. What decided nothing is
            left out, unless all is asked for.

              ostiary explain -d examples/invoicing/policies -d examples/invoicing/data \\
                -i examples/invoicing/inputs/approval.json data.invoicing.allow
              ostiary explain -d examples/invoicing/policies -d examples/invoicing/data \\
                -i examples/invoicing/inputs/approval.json --mask /input/subject \\
                data.invoicing.allow
              ostiary explain -d examples/invoicing/policies -f mermaid \\
                data.invoicing.allow

            A mask is a JSON pointer into input or data, as for decision logs. What
            stands there is shown as ***, also inside of other texts; what a policy
            computes from it, such as a digest, is not recognized.

            Exit status: 0 whatever the decision is; 2 for errors.
            """)

    @Argument(help: "The path of a rule, such as data.authz.allow, or another query.")
    var query: String

    @Option(
        name: [.customShort("i"), .long],
        help: ArgumentHelp(
            "The input document, JSON or YAML; - is standard input.", valueName: "file"))
    var input: String?

    @OptionGroup var policyFlags: PolicyFlags

    @Option(name: [.customShort("f"), .long], help: "How the explanation is printed.")
    var format = ExplanationFormat.pretty

    @Flag(help: "Tell also of rules that decided nothing, or that others spared.")
    var full = false

    @Option(
        help: ArgumentHelp("Show *** for what stands there; again for more.", valueName: "pointer"))
    var mask: [String] = []

    func run() throws {
        let json = try QueryFlags.inputJSON(input)
        let text = try LargeStack.run { () -> Result<[UInt8], Problems> in
            do throws(Problems) {
                return .success(format.text(try explanation(json)))
            } catch {
                return .failure(error)
            }
        }.get()
        Standard.output(text)
    }

    private func explanation(_ input: [UInt8]?) throws(Problems) -> Explanation {
        let loaded = try policyFlags.load()
        let sources = Sources(modules: loaded.modules, query: Source(name: "", text: query))
        guard loaded.plans.isEmpty else {
            throw Problems(clause: "plans have no rules to tell of: explain needs the sources")
        }
        let policy = try policyFlags.compile(loaded, sources: sources)
        var secrets = Secrets()
        for pointer in mask {
            guard secrets.add(pointer: pointer, input: input, data: loaded.data) else {
                throw Problems(
                    clause: "--mask \(pointer): not a pointer into /input or /data")
            }
        }
        let explainer = Explainer(
            policy: policy, data: loaded.data, input: input,
            host: try policyFlags.language.allowed().limiting(.system), limits: Limits(),
            isFull: full)
        do throws(CompileFailure) {
            return secrets.masking(
                try explainer.explanation(of: query, version: policyFlags.language.version))
        } catch {
            throw Problems(error.diagnostics, sources: sources)
        }
    }
}

/// How an explanation is printed.
enum ExplanationFormat: String, ExpressibleByArgument, CaseIterable {
    case pretty, json, mermaid, dot

    func text(_ explanation: Explanation) -> [UInt8] {
        switch self {
        case .pretty: return Array(ExplanationText(explanation).text.utf8)
        case .json: return ExplanationJSON.text(explanation)
        case .mermaid: return Array(ExplanationGraph(explanation).mermaid.utf8)
        case .dot: return Array(ExplanationGraph(explanation).dot.utf8)
        }
    }
}
