import ArgumentParser
import Bundles
import Rego
import RegoSyntax

/// `ostiary deps`: what a query's answer depends on.
struct Deps: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Show which documents a query depends on.",
        discussion: """
            Base documents come from the input and from data that was loaded;
            virtual documents are rules. All that the query reaches by way of
            rules counts; base documents are shown up to their first variable.

              ostiary deps -d examples/invoicing/policies data.invoicing.allow
              ostiary deps -d Policies/rbac --format json data.authorization.rbac.allow
            """)

    @Argument(help: "The query.")
    var query: String

    @OptionGroup var policyFlags: PolicyFlags

    @Option(name: [.customShort("f"), .long], help: "How the documents are printed.")
    var format = Format.pretty

    enum Format: String, ExpressibleByArgument, CaseIterable {
        case pretty, json
    }

    func run() throws {
        let found = try dependencies()
        switch format {
        case .pretty: Standard.output(Array(Self.table(found).utf8))
        case .json: Standard.output(Self.json(found))
        }
    }

    private func dependencies() throws(Problems) -> Dependencies {
        let loaded = try policyFlags.load()
        let sources = Sources(
            modules: loaded.modules, query: Source(name: "", text: query))
        let policy = try policyFlags.compile(loaded, sources: sources)
        do throws(CompileFailure) {
            return try policy.dependencies(of: query, version: policyFlags.language.version)
        } catch {
            throw Problems(error.diagnostics, sources: sources)
        }
    }

    private static func table(_ found: Dependencies) -> String {
        var table = TextTable(["BASE DOCUMENTS", "VIRTUAL DOCUMENTS"])
        for row in 0..<max(found.base.count, found.virtual.count) {
            let base = row < found.base.count ? found.base[row] : ""
            table.rows.append([base, row < found.virtual.count ? found.virtual[row] : ""])
        }
        return table.text
    }

    private static func json(_ found: Dependencies) -> [UInt8] {
        var layout = JSONLayout()
        layout.object { layout in
            layout.member("base") { $0.array(found.base) { $0.string($1) } }
            layout.member("virtual") { $0.array(found.virtual) { $0.string($1) } }
        }
        layout.newLine()
        return layout.bytes
    }
}
