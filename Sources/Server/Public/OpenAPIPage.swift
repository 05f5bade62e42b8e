import Identity

/// The description of the API as a page: plain HTML, for it is read more than it is clicked.
enum OpenAPIPage {
    static func html(_ operations: [Operation]) -> [UInt8] {
        var areas: [String] = []
        for operation in operations where !areas.contains(operation.area) {
            areas.append(operation.area)
        }
        let sections = areas.map { area in
            let rows = operations.filter { $0.area == area }.map(row).joined(separator: "\n")
            return "<section><h2>\(area)</h2>\n\(rows)</section>"
        }
        return Array((opening + sections.joined(separator: "\n") + closing).utf8)
    }

    private static func row(_ operation: Operation) -> String {
        """
        <article><h3><code><b>\(operation.method.rawValue)</b>
        \(escaped(operation.path.text))</code></h3>
        <p>\(escaped(operation.summary)). Decided as <code>\(operation.action)</code>.</p>
        \(table("Query", queryFields(operation)))
        \(operation.body.map { table("Body", fields($0)) } ?? "")
        \(operation.answer.shape.map { table("Answer", fields($0)) } ?? "")</article>
        """
    }

    private static func queryFields(_ operation: Operation) -> [Shape.Field] {
        operation.query + (operation.traits.contains(.paged) ? Paging.fields : [])
    }

    private static func fields(_ shape: Shape) -> [Shape.Field] {
        if case .object(let fields) = shape { fields } else { [] }
    }

    private static func table(_ title: String, _ fields: [Shape.Field]) -> String {
        guard !fields.isEmpty else { return "" }
        let rows = fields.map { field in
            """
            <tr><th scope="row"><code>\(field.name)</code>
            \(field.isRequired ? "" : " <i>optional</i>")</th>
            <td>\(words(field.shape))</td><td>\(escaped(field.summary ?? ""))</td></tr>
            """
        }
        return """
            <table><caption>\(title)</caption><tbody>\(rows.joined())</tbody></table>
            """
    }

    private static func words(_ shape: Shape) -> String {
        switch shape {
        case .text(let count), .name(let count):
            "text of \(count.lowerBound) to \(count.upperBound) characters"
        case .choice(let choices): choices.map { "<code>\($0)</code>" }.joined(separator: ", ")
        case .identifier(let kind): "id <code>\(kind.rawValue)_…</code>"
        case .actionPattern: "<code>*</code>, <code>area:*</code> or <code>area:verb</code>"
        case .instant: "time (RFC 3339, UTC)"
        case .integer(let range): "integer from \(range.lowerBound) to \(range.upperBound)"
        case .boolean: "boolean"
        case .array(let shape, _): "list of \(words(shape))"
        case .object(let fields):
            "object of " + fields.map { "<code>\($0.name)</code>" }.joined(separator: ", ")
        case .anyObject: "object"
        case .nullable(let shape): "\(words(shape)), or null"
        }
    }

    private static func escaped(_ text: String) -> String {
        text.replacing("&", with: "&amp;").replacing("<", with: "&lt;").replacing(">", with: "&gt;")
    }

    private static let opening = """
        <!doctype html>
        <html lang="en"><head><meta charset="utf-8"><title>Ostiary: the API</title>
        <meta name="viewport" content="width=device-width">
        <link rel="stylesheet" href="/assets/pages.css"></head>
        <body class="wide"><main><h1>Ostiary: the API</h1>
        <p>Every operation is decided by a policy under the action that it names here. Errors are
        <code>application/problem+json</code>. For programs:
        <a href="/openapi.json">openapi.json</a>.</p>

        """

    private static let closing = "\n</main></body></html>\n"
}
