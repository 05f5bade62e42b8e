/// What a JSON value of the API looks like: what bodies are checked against, and what OpenAPI says
/// of them.
public indirect enum Shape: Sendable {
    /// Of so many characters (Unicode code points), none of them a control character.
    case text(ClosedRange<Int>)
    /// The same for what somebody is called: not blanks alone.
    case name(ClosedRange<Int>)
    /// One of these.
    case choice([String])
    /// An id of one kind.
    case identifier(Identifier.Kind)
    /// What a scope stands for: `*`, `area:*` or `area:verb`.
    case actionPattern
    /// RFC 3339, in UTC.
    case instant
    case integer(ClosedRange<Int64>)
    case boolean
    case array(of: Shape, count: ClosedRange<Int>)
    case object([Field])
    /// An object of any members.
    case anyObject
    case nullable(Shape)

    /// A member of an object.
    public struct Field: Sendable {
        public let name: String
        public let shape: Shape
        public let isRequired: Bool
        /// For people; `nil` where the name says it.
        public let summary: String?

        public init(
            _ name: String, _ shape: Shape, isRequired: Bool = true, _ summary: String? = nil
        ) {
            self.name = name
            self.shape = shape
            self.isRequired = isRequired
            self.summary = summary
        }
    }
}

extension Shape {
    /// Everything that is wrong with a value; nothing where it has this shape. Members that no
    /// field names are wrong: what is sent by mistake must not pass as done.
    public func faults(in value: JSON, at pointer: String = "") -> [Fault.Field] {
        switch (self, value) {
        case (.nullable, .null): []
        case (.nullable(let shape), _): shape.faults(in: value, at: pointer)
        case (.object(let fields), .object(let members)):
            Shape.faults(of: members, fields, pointer)
        case (.array(let shape, let count), .array(let elements)):
            Shape.faults(of: elements, shape, count, pointer)
        case (.anyObject, .object), (.boolean, .boolean): []
        case (.integer(let range), .integer(let number)):
            range.contains(number)
                ? []
                : [.init(pointer, "is not from \(range.lowerBound) to \(range.upperBound)")]
        case (_, .text(let text)): [fault(of: text).map { .init(pointer, $0) }].compactMap(\.self)
        default: [.init(pointer, "is \(value.kind), not \(wanted)")]
        }
    }

    /// The value without the members that no field names.
    public func known(of value: JSON) -> JSON {
        guard case .object(let fields) = self, case .object(let members) = value else {
            return value
        }
        return .object(members.filter { member in fields.contains { $0.name == member.name } })
    }

    /// What is wrong with a text that came in a path or a query; `nil`: nothing.
    public func fault(of text: String) -> String? {
        switch self {
        case .text(let count): return Shape.fault(of: text, count)
        case .name(let count):
            return Shape.fault(of: text, count)
                ?? (text.unicodeScalars.allSatisfy(Shape.isBlank) ? "is blank" : nil)
        case .choice(let choices):
            return choices.contains(text) ? nil : "is none of \(choices.joined(separator: ", "))"
        case .identifier(let kind):
            return Identifier.isOne(text, of: kind)
                ? nil : "is no id that begins with \(kind.rawValue)_"
        case .actionPattern:
            return ActionPattern.isOne(text)
                ? nil : "is neither `*` nor like `member:*` or `member:read`"
        case .instant:
            return Instant.microseconds(text) == nil
                ? "is no time such as 2026-01-31T08:00:00Z" : nil
        default: return "is a string, not \(wanted)"
        }
    }

    private static func fault(of text: String, _ count: ClosedRange<Int>) -> String? {
        guard count.contains(text.unicodeScalars.count) else {
            return "has not \(count.lowerBound) to \(count.upperBound) characters"
        }
        return text.unicodeScalars.contains { $0.value < 0x20 || $0.value == 0x7F }
            ? "holds a control character" : nil
    }

    /// Whether nobody sees it where it stands alone: also a space of no width.
    private static func isBlank(_ scalar: Unicode.Scalar) -> Bool {
        scalar.properties.isWhitespace || scalar.properties.isDefaultIgnorableCodePoint
    }

    private static func faults(
        of members: [JSON.Member], _ fields: [Field], _ pointer: String
    ) -> [Fault.Field] {
        var faults: [Fault.Field] = []
        for member in members {
            let place = "\(pointer)/\(escaped(member.name))"
            guard let field = fields.first(where: { $0.name == member.name }) else {
                faults.append(.init(place, "is not known"))
                continue
            }
            faults += field.shape.faults(in: member.value, at: place)
        }
        for field in fields
        where field.isRequired && !members.contains(where: { $0.name == field.name }) {
            faults.append(.init("\(pointer)/\(field.name)", "is missing"))
        }
        return faults
    }

    private static func faults(
        of elements: [JSON], _ shape: Shape, _ count: ClosedRange<Int>, _ pointer: String
    ) -> [Fault.Field] {
        guard count.contains(elements.count) else {
            return [.init(pointer, "has not \(count.lowerBound) to \(count.upperBound) elements")]
        }
        return elements.enumerated().flatMap { index, element in
            shape.faults(in: element, at: "\(pointer)/\(index)")
        }
    }

    /// RFC 6901: `~` and `/` stand for themselves no longer.
    private static func escaped(_ name: String) -> String {
        guard name.utf8.contains(where: { $0 == UInt8(ascii: "~") || $0 == UInt8(ascii: "/") })
        else { return name }
        return name.replacing("~", with: "~0").replacing("/", with: "~1")
    }

    private var wanted: String {
        switch self {
        case .text, .name, .choice, .identifier, .actionPattern, .instant: "a string"
        case .integer: "an integer"
        case .boolean: "a boolean"
        case .array: "an array"
        case .object, .anyObject: "an object"
        case .nullable(let shape): "\(shape.wanted) or null"
        }
    }
}

extension Shape {
    /// What accounts are called.
    static let displayName = Shape.name(1...100)

    /// The same as JSON Schema (2020-12), for OpenAPI 3.1.
    public var schema: JSON {
        switch self {
        case .text(let count):
            [
                "type": "string", "minLength": .integer(Int64(count.lowerBound)),
                "maxLength": .integer(Int64(count.upperBound)),
            ]
        case .name(let count):
            [
                "type": "string", "minLength": .integer(Int64(count.lowerBound)),
                "maxLength": .integer(Int64(count.upperBound)), "pattern": #"\S"#,
            ]
        case .choice(let choices): ["type": "string", "enum": .array(choices.map(JSON.text))]
        case .identifier(let kind):
            ["type": "string", "pattern": .text("^\(kind.rawValue)_\(Identifier.digitPattern)$")]
        case .actionPattern:
            [
                "type": "string", "pattern": .text(ActionPattern.expression),
                "maxLength": .integer(Int64(ActionPattern.lengths.upperBound)),
            ]
        case .instant: ["type": "string", "format": "date-time"]
        case .integer(let range):
            [
                "type": "integer", "minimum": .integer(range.lowerBound),
                "maximum": .integer(range.upperBound),
            ]
        case .boolean: ["type": "boolean"]
        case .array(let shape, let count):
            [
                "type": "array", "items": shape.schema,
                "minItems": .integer(Int64(count.lowerBound)),
                "maxItems": .integer(Int64(count.upperBound)),
            ]
        case .anyObject: ["type": "object"]
        case .object(let fields): Shape.schema(fields)
        case .nullable(let shape): ["anyOf": [shape.schema, ["type": "null"]]]
        }
    }

    private static func schema(_ fields: [Field]) -> JSON {
        let properties = fields.map { field -> JSON.Member in
            guard case .object(var members) = field.shape.schema, let summary = field.summary else {
                return .init(field.name, field.shape.schema)
            }
            members.append(.init("description", .text(summary)))
            return .init(field.name, .object(members))
        }
        let required = fields.filter(\.isRequired).map { JSON.text($0.name) }
        return .object(present: [
            ("type", "object"), ("properties", .object(properties)),
            ("required", required.isEmpty ? nil : .array(required)),
            ("additionalProperties", false),
        ])
    }
}
