import Mustache

/// A page of the server's own: a template, and what stands in it. Every value is escaped.
public struct Page: Sendable {
    let template: Template
    /// Origins beside the issuer's that the answer to its form may lead to.
    public private(set) var sentTo: [String] = []
    private(set) var values: JSON

    /// The templates, by their files' names.
    enum Template: String, CaseIterable {
        case account, form, outcome
    }

    /// Whether something on it is sent.
    public var isForm: Bool { template != .outcome }

    /// Ties a form to the browser that it is shown in.
    /// - Parameter token: Of `FormBinding`.
    public mutating func bind(_ token: String) {
        guard case .object(let members) = values else { return }
        values = .object(members + [.init("form_token", .text(token))])
    }

    /// - Throws: `MustacheTemplate.Error` where a template is not one: a mistake of this version's.
    public var html: [UInt8] {
        get throws {
            let page = try Page.library.get().render(
                values.rendered, withTemplate: template.rawValue)
            return Array((page ?? "").utf8)
        }
    }

    /// What a page says when something has come to its end, well or not.
    static func outcome(
        _ title: String, _ paragraphs: [String], facts: [Fact] = [],
        links: [PageForm.Link] = [], reference: String? = nil
    ) -> Page {
        let list = facts.map { fact -> JSON in
            ["name": .text(fact.name), "value": .text(fact.value), "code": .boolean(fact.isCode)]
        }
        let values = JSON.object(present: [
            ("title", .text(title)), ("paragraphs", .array(paragraphs.map(JSON.text))),
            ("facts", list.isEmpty ? nil : ["list": .array(list)]),
            ("links", PageForm.Link.json(links, returningTo: nil)),
            ("reference", reference.map(JSON.text)),
        ])
        return Page(template: .outcome, values: values)
    }

    /// - Parameter request: Its id, by which the log has it.
    public static func outcome(_ fault: Fault, request: String) -> Page {
        outcome(
            fault.code.title, [fault.detail, wait(fault)].compactMap(\.self),
            reference: "Request \(request), \(fault.status) \(fault.code.rawValue)")
    }

    /// What a browser is told where there is no page, or none that is asked for so.
    /// - Parameter request: Its id, by which the log has it.
    public static func nowhere(_ fault: Fault, request: String) -> Page {
        let words =
            fault.status == 405
            ? "There is something at this address, but nothing that takes what was sent to it."
            : "The address may be mistyped, or what was there is gone."
        return outcome(
            "There is no such page", [words],
            links: [.init(label: "Your account", path: "/account")],
            reference: "Request \(request), \(fault.status) \(fault.code.rawValue)")
    }

    /// When to come back, where the whole service is closed until then.
    private static func wait(_ fault: Fault) -> String? {
        guard fault.code == .maintenance, let seconds = fault.retryAfterSeconds else { return nil }
        let minutes = (seconds + 59) / 60
        if minutes < 2 { return "Try again in a minute." }
        return minutes < 120
            ? "Try again in \(minutes) minutes." : "Try again in \(minutes / 60) hours."
    }

    /// One thing and what it is called.
    struct Fact {
        let name: String
        let value: String
        /// Whether it is to be copied letter by letter.
        var isCode = false
    }

    private static let library = Result<MustacheLibrary, any Error> {
        var library = MustacheLibrary()
        try library.register(text(PackageResources.layout_mustache), named: "layout")
        try library.register(text(PackageResources.account_mustache), named: "account")
        try library.register(text(PackageResources.form_mustache), named: "form")
        try library.register(text(PackageResources.outcome_mustache), named: "outcome")
        return library
    }

    private static func text(_ bytes: [UInt8]) -> String { String(decoding: bytes, as: UTF8.self) }
}

extension JSON {
    /// As the templates take it.
    fileprivate var rendered: Any {
        switch self {
        case .null: Optional<String>.none as Any
        case .boolean(let isTrue): isTrue
        case .integer(let number): number
        case .text(let text): text
        case .array(let elements): elements.map(\.rendered)
        case .object(let members):
            Dictionary(members.map { ($0.name, $0.value.rendered) }) { first, _ in first }
        case .real(let number): number
        }
    }
}
