import Bundles
import Rego
import RegoSyntax

/// Why a command cannot do what it was asked: at least one problem, as JSON and as text.
struct Problems: Error {
    let all: [Problem]

    init(_ all: [Problem]) {
        precondition(!all.isEmpty, "a failure names at least one problem")
        self.all = all
    }

    init(clause: String) {
        self.init([Problem(message: clause, text: clause)])
    }

    init(_ diagnostics: [Diagnostic], sources: Sources) {
        self.init(diagnostics.map { Problem($0, sources: sources) })
    }

    init(_ failure: LoadFailure, sources: Sources = Sources()) {
        self.init(
            failure.problems.map { problem in
                switch problem {
                case .syntax(let found): Problem(found, sources: sources)
                case .file(let clause): Problem(message: clause, text: clause)
                }
            })
    }

    /// The first of them, and that there are more.
    /// - Parameter count: 0: all.
    func limited(to count: Int) -> Problems {
        guard count > 0, all.count > count else { return self }
        return Problems(Array(all[..<count]) + [Self.tooMany])
    }

    private static let tooMany = Problem(
        message: "error limit reached", code: "rego_compile_error",
        text: "rego_compile_error: error limit reached")

    /// Headed by their number, as OPA prints them.
    var text: String {
        guard all.count > 1 else { return "1 error occurred: \(all[0].text)" }
        return "\(all.count) errors occurred:\n" + all.map(\.text).joined(separator: "\n")
    }
}

/// One thing that went wrong.
struct Problem {
    let message: String
    /// OPA's, where it has one for this: `rego_parse_error`, `eval_conflict_error`, …
    var code: String?
    var location: Location?
    /// For people: with the place, and the source line where that is known.
    let text: String

    struct Location {
        var file: String
        var row: Int
        var column: Int
    }
}

extension Problem {
    init(_ found: Diagnostic, sources: Sources) {
        message = found.message
        code = found.code.rawValue
        location = Location(found.file, found.span)
        text = found.rendered(source: sources.source(named: found.file))
    }

    init(_ failure: EvaluationFailure) {
        guard failure.code != .input else {
            let clause = "unable to parse input: \(failure.message)"
            self.init(message: clause, text: clause)
            return
        }
        let place =
            failure.file.isEmpty
            ? "\(failure.span.row):\(failure.span.column)" : "\(failure.file):\(failure.span.row)"
        self.init(
            message: failure.message, code: failure.code.rawValue,
            location: Location(failure.file, failure.span),
            text: "\(place): \(failure.code.rawValue): \(failure.message)")
    }
}

extension Problem.Location {
    fileprivate init(_ file: String, _ span: Span) {
        self.init(file: file, row: Int(span.row), column: Int(span.column))
    }
}

/// Where diagnostics find the lines they underline: what was parsed, and otherwise the files.
struct Sources {
    var modules: [Module] = []
    /// The query of the command line, which has no file name.
    var query: Source?

    func source(named name: String) -> Source? {
        if let query, name == query.name || name.isEmpty { return query }
        if let module = modules.first(where: { $0.source.name == name }) { return module.source }
        return (try? Standard.read(name)).map { Source(name: name, bytes: $0) }
    }
}

extension JSONLayout {
    /// The member `location`, where the problem has a place.
    mutating func location(of problem: Problem) {
        guard let location = problem.location else { return }
        member("location") { layout in
            layout.object { layout in
                layout.member("file") { $0.string(location.file) }
                layout.member("row") { $0.integer(location.row) }
                layout.member("col") { $0.integer(location.column) }
            }
        }
    }

    /// The array of problems as OPA prints it.
    mutating func problems(_ problems: [Problem]) {
        array(problems) { $0.problem($1) }
    }

    mutating func problem(_ problem: Problem) {
        object { layout in
            layout.member("message") { $0.string(problem.message) }
            if let code = problem.code { layout.member("code") { $0.string(code) } }
            layout.location(of: problem)
        }
    }
}
