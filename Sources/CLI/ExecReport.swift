/// What many decisions were, and how they are printed: OPA's form.
struct ExecReport {
    var answers: [Answer] = []

    struct Answer {
        /// The input's.
        let path: String
        let outcome: Outcome
    }

    enum Outcome {
        /// The decision as JSON.
        case defined([UInt8])
        /// The decision's path.
        case undefined(String)
        case failed(Problem)
    }

    /// What a build server takes for failure.
    enum Condition {
        case undefined, defined, nonEmpty
    }

    /// How many answers fail: none without a condition. What could not be decided fails each of
    /// them, since nobody knows whether it would hold.
    func failures(of condition: Condition?) -> Int {
        guard let condition else { return 0 }
        return answers.count { answer in
            switch answer.outcome {
            case .failed: true
            case .undefined: condition == .undefined
            case .defined(let json):
                switch condition {
                case .undefined: json == Self.null
                case .defined: json != Self.null
                case .nonEmpty: json != Self.null && json != Self.emptyArray
                }
            }
        }
    }

    private static let null = Array("null".utf8)
    private static let emptyArray = Array("[]".utf8)

    func printed(as format: Check.Format) -> [UInt8] {
        switch format {
        case .json: json
        case .pretty: Array(table.utf8)
        }
    }

    private var json: [UInt8] {
        var layout = JSONLayout()
        layout.object { layout in
            layout.member("result") { layout in
                layout.array(answers) { Self.answer($1, &$0) }
            }
        }
        layout.newLine()
        return layout.bytes
    }

    private static func answer(_ answer: Answer, _ layout: inout JSONLayout) {
        layout.object { layout in
            layout.member("path") { $0.string(answer.path) }
            switch answer.outcome {
            case .defined(let json): layout.member("result") { $0.value(json) }
            case .undefined(let path): layout.member("error") { $0.problem(undefined(path)) }
            case .failed(let problem): layout.member("error") { $0.problem(problem) }
            }
        }
    }

    private static func undefined(_ path: String) -> Problem {
        let clause = "\(path) decision was undefined"
        return Problem(message: clause, code: "opa_undefined_error", text: clause)
    }

    private var table: String {
        var table = TextTable(["Input", "Decision"])
        table.rows = answers.map { answer in
            switch answer.outcome {
            case .defined(let json): [answer.path, Self.cut(json)]
            case .undefined: [answer.path, "undefined"]
            case .failed(let problem): [answer.path, "error: \(problem.message)"]
            }
        }
        return table.text
    }

    private static let cellBytesMax = 100

    private static func cut(_ json: [UInt8]) -> String {
        let text = JSONLayout.escapingHTML(json)
        return String(decoding: text.prefix(cellBytesMax), as: UTF8.self)
            + (text.count > cellBytesMax ? "..." : "")
    }
}
