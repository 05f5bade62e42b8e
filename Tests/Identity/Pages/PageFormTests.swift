import Testing

@testable import Identity

/// What a form says of its fields.
@Suite struct PageFormTests {
    /// Those that people see.
    private static var forms: [PageForm] {
        let flows: [any Flow] = [
            SetupFlow(), SignInPages(), HandoverFlow(), AccountPages(), AddressFlow(),
        ]
        return flows.flatMap(\.operations).compactMap(\.form)
    }

    private func html(_ page: Page) throws -> String {
        String(decoding: try page.html, as: UTF8.self)
    }

    /// The ids that each field is described by.
    private func described(_ html: String) -> [[Substring]] {
        html.matches(of: /aria-describedby="([^"]*)"/).map { $0.1.split(separator: " ") }
    }

    @Test func whatDescribesAFieldIsThereOnce() throws {
        for form in Self.forms {
            let faults = form.fields.map { Fault.Field("/\($0.name)", "is wrong") }
            let shown = form.fields.filter { $0.kind != .hidden }
            let empty = try html(form.page())
            #expect(described(empty).count == shown.count { $0.hint != nil }, "\(form.action)")
            let faulty = try html(form.page(.invalid(faults), typed: nil))
            #expect(described(faulty).count == shown.count, "\(form.action)")
            for page in [empty, faulty] {
                for id in described(page).joined() {
                    #expect(page.ranges(of: #" id="\#(id)""#).count == 1, "\(form.action): \(id)")
                }
            }
        }
    }

    @Test(arguments: [
        ("", "Fill this in."), ("\u{2003} ", "This is blank."),
        (String(repeating: "a", count: 101), "This is longer than 100 characters."),
        ("a\u{1}", "This holds a control character."),
    ])
    func whatIsWrongIsSaidAsPeopleSayIt(_ typed: String, _ words: String) throws {
        let form = PageForm(
            title: "Name", lead: "", action: "/name", submit: "Go on", fields: [.displayName])
        let sent: JSON = ["display_name": .text(typed)]
        let page = form.page(.invalid(form.shape.faults(in: sent)), typed: sent)
        #expect(try html(page).contains(">\(words)</p>"))
    }
}
