import RegoMachine

/// A JSON value of the API: what a client sent, or what it is answered.
public enum JSON: Sendable, Hashable {
    case null
    case boolean(Bool)
    case integer(Int64)
    case real(Double)
    case text(String)
    case array([JSON])
    /// Names are unique; their order is kept.
    case object([Member])

    /// One name of an object, and its value.
    public struct Member: Sendable, Hashable {
        public let name: String
        public let value: JSON

        public init(_ name: String, _ value: JSON) {
            self.name = name
            self.value = value
        }
    }

    /// The value of an object's name; `nil` where there is none, or no object.
    public subscript(_ name: String) -> JSON? {
        guard case .object(let members) = self else { return nil }
        return members.first { $0.name == name }?.value
    }

    /// The text, where it is one.
    public var text: String? {
        if case .text(let text) = self { text } else { nil }
    }

    /// The integer, where it is one.
    public var integer: Int64? {
        if case .integer(let number) = self { number } else { nil }
    }

    /// The elements, where it is an array.
    public var elements: [JSON]? {
        if case .array(let elements) = self { elements } else { nil }
    }

    /// What a message calls it.
    var kind: String {
        switch self {
        case .null: "null"
        case .boolean: "a boolean"
        case .integer: "an integer"
        case .real: "a number"
        case .text: "a string"
        case .array: "an array"
        case .object: "an object"
        }
    }
}

extension JSON: ExpressibleByStringLiteral, ExpressibleByIntegerLiteral,
    ExpressibleByBooleanLiteral,
    ExpressibleByArrayLiteral, ExpressibleByDictionaryLiteral, ExpressibleByNilLiteral
{
    public init(stringLiteral text: String) { self = .text(text) }
    public init(integerLiteral number: Int64) { self = .integer(number) }
    public init(booleanLiteral isTrue: Bool) { self = .boolean(isTrue) }
    public init(nilLiteral: ()) { self = .null }
    public init(arrayLiteral elements: JSON...) { self = .array(elements) }
    public init(dictionaryLiteral members: (String, JSON)...) {
        self = .object(members.map { Member($0, $1) })
    }
}

extension JSON {
    /// `null` where there is none.
    public init(_ text: String?) { self = text.map(JSON.text) ?? .null }

    /// The object without the members that are `nil`.
    public static func object(present members: [(String, JSON?)]) -> JSON {
        .object(members.compactMap { name, value in value.map { Member(name, $0) } })
    }

    /// JSON on one line, in UTF-8.
    public var bytes: [UInt8] {
        // Of most documents: what a decision is made of has some hundreds of bytes.
        var text = JSONText(capacity: 1_024)
        text.append(self)
        return text.bytes
    }
}

extension JSONText {
    /// Writes a whole value.
    package mutating func append(_ value: JSON) {
        switch value {
        case .null: raw("null")
        case .boolean(let isTrue): raw(isTrue ? "true" : "false")
        case .integer(let number): raw(String(number))
        case .real(let number): raw(number.isFinite ? "\(number)" : "null")
        case .text(let text): string(text)
        case .array(let elements): array(elements) { $0.append($1) }
        case .object(let members):
            object { object in
                for member in members { object.member(member.name) { $0.append(member.value) } }
            }
        }
    }
}
