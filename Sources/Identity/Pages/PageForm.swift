import Storage

/// A form of our own pages: what it asks for, and where it goes. It is shown empty, and again with
/// what was typed and what is wrong with it.
public struct PageForm: Sendable {
    let title: String
    var lead: String
    /// The path that takes it.
    let action: String
    let submit: String
    let fields: [PageField]
    /// Where else somebody may want to go.
    var links: [Link] = []
    /// What is said instead of an error's own title, where people need other words.
    var words: [ErrorCode: String] = [:]
    /// Whether it is sent as soon as it is shown, where scripts run.
    var isSentAtOnce = false
    /// Origins beside the issuer's that the answer to it may lead to.
    var sentTo: [String] = []

    struct Link: Sendable {
        let label: String
        let path: String
        /// Whether who follows it still wants to get where they were going.
        var keepsReturn = false

        func json(returningTo place: String?) -> JSON {
            let query = keepsReturn ? place.flatMap(ReturnPath.checked).map(ReturnPath.query) : nil
            return ["label": .text(label), "path": .text(path + (query ?? ""))]
        }

        /// As templates take them; `nil`: there are none.
        static func json(_ links: [Link], returningTo place: String?) -> JSON? {
            guard !links.isEmpty else { return nil }
            return ["list": .array(links.map { $0.json(returningTo: place) })]
        }
    }

    /// What its operation takes. An empty field that need not be filled is as none.
    var shape: Shape {
        .object(
            fields.map { field in
                let count = (field.isRequired ? 1 : 0)...field.length
                return .init(
                    field.name, field.isName ? .name(count) : .text(count),
                    isRequired: field.isRequired)
            })
    }

    /// The page, empty.
    /// - Parameter query: What hidden fields begin with.
    func page(_ query: [String: String] = [:]) -> Page {
        let hidden = fields.filter { $0.kind == .hidden }
        let typed = hidden.compactMap { field -> JSON.Member? in
            query[field.name].map { JSON.Member(field.name, .text($0)) }
        }
        return page(typed: .object(typed), problem: nil, faults: [])
    }

    /// The page with what is there already.
    func page(filled values: [String: String]) -> Page {
        let members = values.map { JSON.Member($0.key, .text($0.value)) }
        return page(typed: .object(members), problem: nil, faults: [])
    }

    /// What a page that shows it takes in its query.
    var query: [Shape.Field] {
        fields.filter { $0.kind == .hidden }.map {
            .init($0.name, .text(0...$0.length), isRequired: false)
        }
    }

    /// The page once more, after what was sent could not be done.
    /// - Parameter typed: What was sent; secrets are typed again.
    public func page(_ fault: Fault, typed: JSON?) -> Page {
        let problem = words[fault.code] ?? fault.detail ?? fault.code.title
        return page(typed: typed, problem: problem, faults: fault.fields)
    }

    private func page(typed: JSON?, problem: String?, faults: [Fault.Field]) -> Page {
        let shown = fields.map { field -> JSON in
            let detail = faults.first { $0.pointer == "/\(field.name)" }?.detail
            let fault = detail.map { field.words($0, typed: typed?[field.name]?.text ?? "") }
            let described = [
                field.hint.map { _ in "\(field.name)-hint" },
                fault.map { _ in "\(field.name)-fault" },
            ].compactMap(\.self).joined(separator: " ")
            return .object(present: [
                ("name", .text(field.name)), ("label", .text(field.label)),
                ("type", .text(field.kind.rawValue)), ("hint", field.hint.map(JSON.text)),
                ("autocomplete", .text(field.autocomplete)),
                ("maxlength", .integer(Int64(field.length))),
                ("required", .boolean(field.isRequired)), ("plain", .boolean(field.isPlain)),
                ("value", field.kind == .password ? "" : .text(typed?[field.name]?.text ?? "")),
                ("fault", fault.map(JSON.text)),
                ("described", described.isEmpty ? nil : .text(described)),
                ("hidden", .boolean(field.kind == .hidden)),
                ("fragment", .boolean(field.isFromFragment)),
            ])
        }
        return Page(
            template: .form, sentTo: sentTo,
            values: .object(present: [
                ("title", .text(title)), ("lead", .text(lead)), ("action", .text(action)),
                ("at_once", .boolean(isSentAtOnce && problem == nil)),
                ("submit", .text(submit)), ("fields", .array(shown)),
                ("problem", problem.map(JSON.text)),
                ("links", Link.json(links, returningTo: typed?["return_to"]?.text)),
            ]))
    }
}

/// One field of a form.
struct PageField: Sendable {
    enum Kind: String, Sendable {
        case text, email, password, hidden
    }

    let name: String
    let label: String
    var kind = Kind.text
    /// Under the label, in a sentence.
    var hint: String?
    /// As browsers understand it.
    /// - Source: HTML Standard, "Autofill".
    var autocomplete = "off"
    /// The most characters.
    var length = 100
    var isRequired = true
    /// No word of a language: neither capitals nor spelling are mended.
    var isPlain = false
    /// Whether a link brings it behind its `#`, which browsers keep to themselves.
    var isFromFragment = false
    /// Whether it is what somebody is called, and so no blanks alone.
    var isName = false

    static let displayName = PageField(
        name: "display_name", label: "Your name", autocomplete: "name", isName: true)

    /// What is wrong with it, in a sentence. That nothing was typed, or too much, is said as people
    /// who fill in forms say it.
    /// - Parameter detail: Of the fault.
    fileprivate func words(_ detail: String, typed: String) -> String {
        if isRequired, typed.isEmpty { return "Fill this in." }
        return typed.unicodeScalars.count > length
            ? "This is longer than \(length) characters." : "This \(detail)."
    }
}

extension Operation {
    /// Shows a form, at the path that takes it.
    /// - Parameter action: What permits to see it.
    /// - Parameter loader: Of what the policy wants to know for that.
    static func showing(
        _ form: PageForm, _ action: String = "service:page", loader: Loader = Loader("page")
    ) -> Operation {
        Operation(
            .get, form.action, action, "\(form.title): a page", answer: .page(),
            loader: loader,
            work: .read { call, _ in Reply(.page(form.page(call.request.query))) }
        ).with {
            $0.form = form
            $0.query = form.query
        }
    }

    /// Does what a form is for. Whatever is wrong, the form is shown again.
    static func taking(
        _ form: PageForm, _ action: String, status: Int = 303, loader: Loader, work: Work
    ) -> Operation {
        Operation(
            .post, form.action, action, "\(form.title): its form", answer: .page(status),
            loader: loader, work: work
        ).with {
            $0.form = form
            $0.body = form.shape
        }
    }
}
