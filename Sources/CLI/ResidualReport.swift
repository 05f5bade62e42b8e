import Rego
import RegoSyntax

/// What partial evaluation left, as OPA prints it.
struct ResidualReport {
    let residual: Residual

    /// The members of `partial`.
    func write(to layout: inout JSONLayout) {
        layout.object { layout in
            if !residual.queries.isEmpty {
                layout.member("queries") { layout in
                    layout.array(residual.queries) { layout, query in
                        layout.value(Array(TreeJSON.body(query.body, of: query.source).utf8))
                    }
                }
            }
            if !residual.support.isEmpty {
                layout.member("support") { layout in
                    layout.array(residual.support) { layout, module in
                        layout.value(Array(TreeJSON.module(module, isIndented: false).utf8))
                    }
                }
            }
        }
    }

    /// A row for each query and each module.
    var table: String {
        if residual.queries.isEmpty && residual.support.isEmpty { return "undefined\n" }
        let queries = residual.queries.enumerated().map {
            ("Query \($0.offset + 1)", $0.element.body.map(RegoText.expression))
        }
        let modules = residual.support.enumerated().map { number, module in
            ("Support \(number + 1)", Self.lines(of: module))
        }
        return TextTable.ofBlocks(queries + modules)
    }

    /// Rego, with comments that say where what begins.
    var source: String {
        let queries = residual.queries.enumerated().map { number, query in
            "# Query \(number + 1)\n"
                + query.body.map { RegoText.expression($0) + "\n" }.joined()
        }
        let modules = residual.support.enumerated().map { number, module in
            "# Module \(number + 1)\n" + Self.lines(of: module).map { $0 + "\n" }.joined()
        }
        return (queries + modules).joined(separator: "\n")
    }

    private static func lines(of module: Module) -> [String] {
        let text = String(decoding: module.source.bytes, as: UTF8.self)
        var lines = text.split(separator: "\n", omittingEmptySubsequences: false).map(String.init)
        while lines.last?.isEmpty == true { lines.removeLast() }
        return lines
    }
}
