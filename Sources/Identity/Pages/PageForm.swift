import Storage

/// A form of our own pages: what it asks for, and where it goes. It is shown empty, and again with
/// what was typed and what is wrong with it.
public struct PageForm: Sendable {
    let title: String
    let lead: String
    /// The path that takes it.
    let action: String
    let submit: String
    let fields: [PageField]
    /// A file of the assets.
    var script: String?
    /// What is said instead of an error's own title, where people need other words.
    var words: [ErrorCode: String] = [:]

    /// What its operation takes. An empty field that need not be filled is as none.
    var shape: Shape {
        .object(
            fields.map { field in
                let shape: Shape = .text((field.isRequired ? 1 : 0)...field.length)
                return .init(field.name, shape, isRequired: field.isRequired)
            })
    }

    /// The page, empty.
    var page: Page { page(typed: nil, problem: nil, faults: []) }

    /// The page once more, after what was sent could not be done.
    /// - Parameter typed: What was sent; secrets are typed again.
    public func page(_ fault: Fault, typed: JSON?) -> Page {
        let problem = words[fault.code] ?? fault.detail ?? fault.code.title
        return page(typed: typed, problem: problem, faults: fault.fields)
    }

    private func page(typed: JSON?, problem: String?, faults: [Fault.Field]) -> Page {
        let shown = fields.map { field -> JSON in
            let fault = faults.first { $0.pointer == "/\(field.name)" }
            return .object(present: [
                ("name", .text(field.name)), ("label", .text(field.label)),
                ("type", .text(field.kind.rawValue)), ("hint", field.hint.map(JSON.text)),
                ("autocomplete", .text(field.autocomplete)),
                ("maxlength", .integer(Int64(field.length))),
                ("required", .boolean(field.isRequired)), ("plain", .boolean(field.isPlain)),
                ("value", field.kind == .password ? "" : .text(typed?[field.name]?.text ?? "")),
                ("fault", fault.map { .text("This \($0.detail).") }),
            ])
        }
        return Page(
            template: .form,
            values: .object(present: [
                ("title", .text(title)), ("lead", .text(lead)), ("action", .text(action)),
                ("submit", .text(submit)), ("fields", .array(shown)),
                ("problem", problem.map(JSON.text)), ("script", script.map(JSON.text)),
            ]))
    }
}

/// One field of a form.
struct PageField: Sendable {
    enum Kind: String, Sendable {
        case text, email, password
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
}

extension Operation {
    /// Shows a form, at the path that takes it.
    static func showing(_ form: PageForm) -> Operation {
        Operation(
            .get, form.action, "service:page", "\(form.title): a page", answer: .page(),
            loader: Loader("page"), work: .read { _, _ in Reply(.page(form.page)) }
        ).with { $0.form = form }
    }

    /// Does what a form is for. Whatever is wrong, the form is shown again.
    static func taking(
        _ form: PageForm, _ action: String, status: Int, loader: Loader,
        work: @escaping @Sendable (OperationCall, Transaction) async throws -> Reply
    ) -> Operation {
        Operation(
            .post, form.action, action, "\(form.title): its form", answer: .page(status),
            loader: loader, work: .write(work)
        ).with {
            $0.form = form
            $0.body = form.shape
        }
    }
}
