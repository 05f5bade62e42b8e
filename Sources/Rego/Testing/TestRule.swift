public import RegoSyntax

/// A rule that is a test: one whose name begins with `test_`, or with `todo_test_` for one that is
/// skipped until it is written.
///
/// A name with more behind it, such as `test_sum[note]`, has a sub-test for each of its keys.
/// - Source: OPA documentation, "Policy Testing".
public struct TestRule: Sendable {
    /// Such as `data.authz_test`.
    public let package: String
    /// Such as `test_read`; `test_read#01` for the second rule of that name in its package.
    public let name: String
    /// True for `todo_test_`.
    public let isSkipped: Bool
    public let file: String
    public let span: Span
    /// Of the rule's value in `data`.
    let path: [String]
    /// Which module of the suite, and which of its rules.
    let module: Int
    let rule: Int
    let hasCases: Bool

    public var fullName: String { "\(package).\(name)" }

    static let prefix = "test_"
    static let skippedPrefix = "todo_test_"
}

extension Rule.Head {
    /// How many elements of the name and path behind it lead to the test's name, that one included;
    /// `nil`: this is no test.
    var testNameLength: Int? {
        guard arguments == nil else { return nil }
        var names = [name]
        for case .string(let text) in path.prefix(while: \.isString).map(\.kind) {
            names.append(text)
        }
        let index = names.firstIndex {
            $0.hasPrefix(TestRule.prefix) || $0.hasPrefix(TestRule.skippedPrefix)
        }
        return index.map { $0 + 1 }
    }

    /// The first elements of the name and path.
    func names(_ length: Int) -> [String] {
        [name]
            + path.prefix(length - 1).map { term in
                if case .string(let text) = term.kind { text } else { "" }
            }
    }

    /// Gives the element that ends the test's name another text.
    mutating func rename(_ length: Int, to text: String) {
        if length == 1 {
            name = text
        } else {
            path[length - 2].kind = .string(text)
        }
    }
}

extension Term {
    fileprivate var isString: Bool { if case .string = kind { true } else { false } }

    /// A path as Rego writes it: `data.a["b-c"]`.
    static func path(_ names: [String], _ span: Span) -> Term {
        let head = Term(.variable(names[0]), span)
        if names.count == 1 { return head }
        return Term(.reference(head, names.dropFirst().map { Term(.string($0), span) }), span)
    }
}

extension Rule {
    static let testCaseName = ["internal", "test_case"]

    /// Puts a note of the sub-test into the body, as early as all its variables are known, so that
    /// one which fails later is known by name.
    /// - Parameter length: How long the test's name is; what follows names the sub-test.
    mutating func noteCases(after length: Int) {
        let terms = Array(head.path.dropFirst(length - 1))
        guard !terms.isEmpty, testCase == nil else { return }
        var mentions = Mentions()
        mentions.add(terms)
        let places = mentions.names.compactMap { name in
            body.firstIndex { $0.mentions(name) }
        }
        let call = Call(
            name: Rule.testCaseName, nameSpan: head.span,
            arguments: [Term(.array(terms), head.span)], notation: .call)
        let note = Expression(kind: .term(Term(.call(call), head.span)), span: head.span)
        body.insert(note, at: (places.max() ?? -1) + 1)
    }

    /// Where the body notes a sub-test, and the terms that name it.
    var testCase: (index: Int, terms: [Term])? {
        for (index, expression) in body.enumerated() {
            guard case .term(let term) = expression.kind, case .call(let call) = term.kind,
                call.name == Rule.testCaseName, case .array(let terms)? = call.arguments.first?.kind
            else { continue }
            return (index, terms)
        }
        return nil
    }
}
