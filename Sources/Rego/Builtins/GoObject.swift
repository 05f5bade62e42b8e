import RegoMachine

/// An object that is filled field by field, as Go's encoder writes a struct: every field is
/// there, an empty list is null, bytes are base 64.
struct GoObject {
    let value: Value
    let context: BuiltinContext
    private var arena: Arena { context.arena }

    init(_ context: BuiltinContext) throws(BuiltinError) {
        self.context = context
        value = try .object(capacity: 8, in: context.arena)
    }

    func set(_ name: String, _ field: Value) throws(BuiltinError) {
        try context.charge(1)
        try value.insert(.string(name, in: arena), field, in: arena)
    }

    func set(_ name: String, _ flag: Bool) throws(BuiltinError) { try set(name, .boolean(flag)) }
    func set(_ name: String, _ number: Int) throws(BuiltinError) {
        try set(name, .integer(Int64(number)))
    }
    func set(_ name: String, _ text: String) throws(BuiltinError) {
        try set(name, .string(text, in: arena))
    }

    func set(_ name: String, bytes: some RandomAccessCollection<UInt8>) throws(BuiltinError) {
        let field: Value =
            bytes.isEmpty
            ? .null : try .string(Base64.standard.encode(bytes, padded: true), in: arena)
        try set(name, field)
    }

    /// A number of any size by its digits.
    func set(_ name: String, digits: String) throws(BuiltinError) {
        try set(name, Numbers.parse(digits.utf8, in: arena))
    }

    func set(_ name: String, texts: [String]) throws(BuiltinError) {
        try set(name, list: texts) { text throws(BuiltinError) in
            try Value.string(text, in: context.arena)
        }
    }

    func set<Element>(
        _ name: String, list: [Element], _ field: (Element) throws(BuiltinError) -> Value
    ) throws(BuiltinError) {
        if list.isEmpty { return try set(name, .null) }
        var fields: [Value] = []
        for element in list { fields.append(try field(element)) }
        try set(name, .array(fields, in: arena))
    }

    func setNull(_ names: String...) throws(BuiltinError) {
        for name in names { try set(name, .null) }
    }

    static func identifier(
        _ arcs: [Int], _ context: BuiltinContext
    ) throws(BuiltinError) -> Value {
        try .array(arcs.map { .integer(Int64($0)) }, in: context.arena)
    }
}
