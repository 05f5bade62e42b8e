import Rego
import RegoMachine

/// Claims in words.
struct ClaimText {
    private let claim: Claim
    private static let valueCharactersMax = 72
    private static let valuesMax = 5

    private let title: String

    /// - Parameter title: Of the document that is spoken of; empty without any.
    init(_ claim: Claim, title: String) {
        self.claim = claim
        self.title = title
    }

    /// `scope is "a" or "b"`.
    static func value(of operand: Claim.Operand) -> String {
        let values = operand.values.isEmpty ? "missing" : choice(operand.values)
        return "\(ExplanationText.onOneLine(operand.text)) is \(values)"
    }

    /// Of one that holds: `input.status is "suspended", not "active"`.
    var fact: String {
        switch (claim.relation, claim.isNegated) {
        case (.holds, false), (.exists, _):
            return "\(subject) is \(isList || isObject ? "there" : plainValue ?? "there")"
        case (.holds, true):
            return "\(subject) is \(claim.subject.values.isEmpty ? "missing" : "false")"
        case (.equal, true):
            let value = claim.subject.values.isEmpty ? "" : "\(Self.choice(claim.subject.values)), "
            return "\(subject) is \(value)not \(object)"
        case (.equal, false), (.empty, _): return "\(subject) \(words)"
        case (.contains, false) where isList: return "\(subject) \(words)"
        default: return "\(subject) \(words)\(values(claim.subject, before: ": it is "))"
        }
    }

    /// Of one that does not: `input.roles would have to contain "editor"; it is []`.
    var requirement: String {
        let isMissing = claim.subject.values.isEmpty
        switch (claim.relation, claim.isNegated) {
        case (.holds, false) where isCall: return "\(subject) would have to be so"
        case (.holds, false):
            return "\(subject) would have to be true; it is \(plainValue ?? "missing")"
        case (.holds, true), (.exists, true):
            let isFlag = claim.subject.values == [Array("true".utf8)]
            return "\(subject) must not be \(isFlag ? "true" : "there")"
        case (.exists, false) where isMissing, (.empty, true) where isMissing:
            return "\(subject) would have to be there"
        case (.equal, true): return "\(subject) would have to be other than \(object)"
        default:
            let needed = claim.isNegated ? "must not \(phrase.be)" : "would have to \(phrase.be)"
            return "\(subject) \(needed); it is " + (plainValue ?? "missing")
        }
    }

    private var subject: String {
        title.isEmpty ? ExplanationText.onOneLine(claim.subject.text) : "“\(title)”"
    }

    private var words: String { claim.isNegated ? phrase.isNot : phrase.is }
    private var isCall: Bool { claim.subject.text.hasSuffix(")") }

    /// Whether the subject's members are what is meant, not a part of its text.
    private var isList: Bool {
        claim.subject.values.allSatisfy { $0.first == UInt8(ascii: "[") }
    }

    private var isObject: Bool {
        claim.subject.values.allSatisfy { $0.first == UInt8(ascii: "{") }
    }

    /// Of the subject, where it can be shown.
    private var plainValue: String? {
        claim.subject.values.isEmpty ? nil : Self.choice(claim.subject.values)
    }

    private func values(_ operand: Claim.Operand, before: String) -> String {
        guard !operand.values.isEmpty, !operand.isLiteral else { return "" }
        let all = Self.choice(operand.values)
        return all == operand.text ? "" : before + all
    }

    /// `1, 2 or 3`.
    static func choice(_ values: [[UInt8]]) -> String {
        var texts = values.prefix(valuesMax).map(shown)
        if values.count > valuesMax { texts.append("\(values.count - valuesMax) more") }
        guard let last = texts.popLast() else { return "" }
        return texts.isEmpty ? last : "\(texts.joined(separator: ", ")) or \(last)"
    }

    static func shown(_ json: [UInt8]) -> String {
        let text = String(decoding: json, as: UTF8.self)
        return text.count > valueCharactersMax ? text.prefix(valueCharactersMax) + "…" : text
    }

    private static func members(_ json: [UInt8]) -> [[UInt8]]? {
        guard let document = try? Document.parse(json: json) else { return nil }
        let count = document.withRoot { $0.kind == .array ? $0.elements.count : nil }
        return count.map { count in (0..<count).compactMap { document.json(at: [String($0)]) } }
    }

    // MARK: Phrases

    private struct Phrase {
        let `is`: String
        let isNot: String
        let be: String

        /// `is at least 3`.
        init(being words: String) {
            self.is = "is \(words)"
            isNot = "is not \(words)"
            be = "be \(words)"
        }

        /// `starts with "a"`.
        init(_ verb: String, _ words: String) {
            self.is = "\(verb)s \(words)"
            isNot = "does not \(verb) \(words)"
            be = "\(verb) \(words)"
        }
    }

    private var phrase: Phrase {
        switch claim.relation {
        case .holds: Phrase(being: "so")
        case .exists: Phrase(being: "there")
        case .empty: Phrase(being: "empty")
        case .equal: Phrase(being: object)
        case .below: Phrase(being: "below \(object)")
        case .atMost: Phrase(being: "at most \(object)")
        case .above: Phrase(being: "above \(object)")
        case .atLeast: Phrase(being: "at least \(object)")
        case .among: Phrase(being: among)
        case .contains: Phrase("contain", object)
        case .startsWith: Phrase("start", "with \(object)")
        case .endsWith: Phrase("end", "with \(object)")
        }
    }

    private var object: String {
        guard let object = claim.object else { return "" }
        if object.isLiteral { return Self.choice(object.values) }
        let name = ExplanationText.onOneLine(object.text)
        let value = values(object, before: "")
        if value.isEmpty { return name }
        return name.contains("(") ? value : "\(name) (\(value))"
    }

    /// `"read" or "write"`, for `{"read", "write"}`.
    private var among: String {
        guard let json = claim.object?.values.first, let members = Self.members(json) else {
            return "in \(object)"
        }
        let choice = Self.choice(members)
        return members.count == 1 ? choice : "one of \(choice)"
    }
}
