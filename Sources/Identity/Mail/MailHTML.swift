extension MailPage {
    /// As a page of its own: nothing is fetched from anywhere, and it is readable on light and on
    /// dark ground.
    /// - Parameter product: What the installation calls itself.
    func html(of product: String) -> String {
        let body = blocks.map(MailPage.html).joined(separator: "\n")
        return """
            <!doctype html>
            <html lang="en">
            <head>
            <meta charset="utf-8">
            <meta name="viewport" content="width=device-width">
            <meta name="color-scheme" content="light dark">
            <title>\(MailPage.escaped(subject))</title>
            <style>\(MailPage.style)</style>
            </head>
            <body>
            <div class="page">
            \(body)
            <p class="sender">\(MailPage.escaped(product))</p>
            </div>
            </body>
            </html>

            """
    }

    private static func html(_ block: Block) -> String {
        switch block {
        case .paragraph(let text): "<p>\(escaped(text))</p>"
        case .link(let label, let url): link(label, url)
        case .facts(let facts):
            "<table>\n"
                + facts.map {
                    "<tr><th>\(escaped($0.name))</th><td>\(escaped($0.value))</td></tr>\n"
                }.joined() + "</table>"
        }
    }

    /// The URL stands below its button for programs that show none. Only pages are linked to.
    private static func link(_ label: String, _ url: String) -> String {
        let shown = escaped(url)
        guard url.hasPrefix("https://") || url.hasPrefix("http://") else {
            return "<p>\(escaped(label)): \(shown)</p>"
        }
        return """
            <p><a class="button" href="\(shown)">\(escaped(label))</a></p>
            <p class="url">\(shown)</p>
            """
    }

    /// The one way of a value into HTML, as text or between double quotes.
    static func escaped(_ value: String) -> String {
        var text = ""
        for scalar in line(value).unicodeScalars {
            switch scalar {
            case "&": text += "&amp;"
            case "<": text += "&lt;"
            case ">": text += "&gt;"
            case "\"": text += "&quot;"
            case "'": text += "&#39;"
            default: text.unicodeScalars.append(scalar)
            }
        }
        return text
    }

    private static let style = """

        :root { color-scheme: light dark; }
        body { margin: 0; padding: 24px; font: 16px/1.5 system-ui, sans-serif; }
        .page { max-width: 36em; margin: 0 auto; }
        .button { display: inline-block; padding: 10px 18px; border-radius: 6px;
          background: #1d4ed8; color: #ffffff; text-decoration: none; font-weight: 600; }
        .url, .sender { font-size: 13px; opacity: 0.7; word-break: break-all; }
        .sender { border-top: 1px solid #8886; padding-top: 12px; margin-top: 32px; }
        th { text-align: left; font-weight: 400; opacity: 0.7; padding-right: 16px; }
        td, th { vertical-align: top; overflow-wrap: anywhere; }

        """
}
