public import RegoMachine

/// Values that an explanation must not show, wherever they turn up in it: as a value, or within a
/// longer text. What a policy computes from a secret, such as its digest, is not recognized; nor
/// are `true`, `false`, `null` and empty strings, which say nothing.
public struct Secrets: Sendable {
    /// Of strings, as they stand between quotes in JSON.
    private var texts: Set<[UInt8]> = []
    private var numbers: Set<[UInt8]> = []
    /// As an author writes what is secret: `input.password`.
    private var names: [String] = []

    private static let mask = Array("***".utf8)
    /// A shorter text is masked where it is the whole value alone.
    private static let partBytesMin = 4

    public init() {}

    public var isEmpty: Bool { names.isEmpty }

    /// - Parameters:
    ///   - pointer: As decision logs have them: `/input/password`, `/data/keys` (RFC 6901).
    ///   - input: As JSON.
    /// - Returns: Whether it is a pointer into `input` or `data`. Nothing need be there.
    public mutating func add(pointer: String, input: [UInt8]?, data: Document) -> Bool {
        let parts = pointer.split(separator: "/", omittingEmptySubsequences: false).map { part in
            String(part).replacing("~1", with: "/").replacing("~0", with: "~")
        }
        guard parts.count > 1, parts[0].isEmpty, ["input", "data"].contains(parts[1]) else {
            return false
        }
        names.append(parts.dropFirst().joined(separator: "."))
        let path = Array(parts.dropFirst(2))
        let json =
            parts[1] == "data"
            ? data.json(at: path)
            : input.flatMap { (try? Document.parse(json: $0))?.json(at: path) }
        if let json, let document = try? Document.parse(json: json) {
            document.withRoot { add($0) }
        }
        return true
    }

    private mutating func add(_ value: Value) {
        switch value.kind {
        case .string:
            let json = Secrets.json(value)
            if json.count > 2 { texts.insert(Array(json.dropFirst().dropLast())) }
        case .integer, .decimal: numbers.insert(Secrets.json(value))
        case .array, .set: for element in value.elements { add(element) }
        case .object: for entry in value.entries { add(entry.value) }
        default: break
        }
    }

    private static func json(_ value: Value) -> [UInt8] {
        Document.copy(of: value)?.json(at: []) ?? []
    }

    // MARK: Masking

    /// The same explanation without them.
    public func masking(_ explanation: Explanation) -> Explanation {
        guard !isEmpty else { return explanation }
        var explanation = explanation
        mask(&explanation.root)
        if var summary = explanation.summary {
            mask(&summary)
            explanation.summary = summary
        }
        return explanation
    }

    private func mask(_ summary: inout ExplanationSummary) {
        summary.reasons = summary.reasons.map(masked)
        summary.input = summary.input.map(masked)
        for cause in summary.causes.indices {
            summary.causes[cause].document = masked(summary.causes[cause].document)
            for rule in summary.causes[cause].rules.indices {
                mask(&summary.causes[cause].rules[rule])
            }
        }
        for rule in summary.others.indices { mask(&summary.others[rule]) }
    }

    private func mask(_ document: inout ExplainedDocument) {
        document.json = document.json.map(masked)
        document.name = masked(document.name)
        for index in document.rules.indices { mask(&document.rules[index]) }
    }

    private func mask(_ rule: inout ExplainedRule) {
        switch rule.outcome {
        case .holds(let values, var conditions):
            for index in conditions.indices { mask(&conditions[index]) }
            rule.outcome = .holds(values: values.map(masked), conditions: conditions)
        case .fails(var expression):
            mask(&expression)
            rule.outcome = .fails(expression)
        case .standsIn(let json): rule.outcome = .standsIn(masked(json))
        case .notNeeded, .unknown: break
        }
        for index in rule.reads.indices { mask(&rule.reads[index]) }
    }

    private func mask(_ expression: inout EvaluatedExpression) {
        expression.values = expression.values.map(masked)
        expression.variables = expression.variables.map(masked)
        expression.claim.subject = masked(expression.claim.subject)
        expression.claim.object = expression.claim.object.map(masked)
        expression.claim.arguments = expression.claim.arguments.map(masked)
    }

    private func masked(
        _ value: (text: String, json: [UInt8]?)
    ) -> (text: String, json: [UInt8]?) {
        let isNamed = names.contains { value.text == $0 || value.text.hasPrefix($0 + ".") }
        let json = value.json.map { isNamed ? Array("\"***\"".utf8) : masked($0) }
        return (masked(value.text), json)
    }

    private func masked(_ operand: Claim.Operand) -> Claim.Operand {
        var operand = operand
        operand.values = operand.values.compactMap { masked((operand.text, $0)).json }
        operand.text = masked(operand.text)
        return operand
    }

    private func masked(_ text: String) -> String {
        String(decoding: masked(Array(text.utf8)), as: UTF8.self)
    }

    /// - Parameter json: Any JSON text.
    private func masked(_ json: [UInt8]) -> [UInt8] {
        var json = json
        for text in texts {
            if text.count < Secrets.partBytesMin {
                let quote = [UInt8(ascii: "\"")]
                json = Secrets.replacing(quote + text + quote, in: json) { _, _ in true }
            } else {
                json = Secrets.replacing(text, in: json) { _, _ in true }
            }
        }
        for number in numbers {
            json = Secrets.replacing(number, in: json) { before, after in
                !Secrets.continuesNumber(before) && !Secrets.continuesNumber(after)
            }
        }
        return json
    }

    private static func continuesNumber(_ byte: UInt8?) -> Bool {
        guard let byte else { return false }
        switch byte {
        case UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "."), UInt8(ascii: "-"),
            UInt8(ascii: "+"), UInt8(ascii: "e"), UInt8(ascii: "E"):
            return true
        default: return false
        }
    }

    private static func replacing(
        _ secret: [UInt8], in json: [UInt8], where isIt: (UInt8?, UInt8?) -> Bool
    ) -> [UInt8] {
        var result: [UInt8] = []
        var index = 0
        while index < json.count {
            let end = index + secret.count
            let before = index > 0 ? json[index - 1] : nil
            let after = end < json.count ? json[end] : nil
            if end <= json.count, json[index..<end].elementsEqual(secret), isIt(before, after) {
                let isQuoted = secret.first == UInt8(ascii: "\"")
                result += isQuoted ? Array("\"***\"".utf8) : mask
                index = end
            } else {
                result.append(json[index])
                index += 1
            }
        }
        return result
    }
}
