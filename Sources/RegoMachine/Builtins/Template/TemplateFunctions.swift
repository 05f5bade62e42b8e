/// The functions that Go predeclares in templates. `and` and `or` are the run's: they need not
/// evaluate all of their operands.
enum TemplateFunctions {
    static let names: Set<String> = [
        "and", "or", "not", "len", "index", "slice", "print", "printf", "println", "html", "js",
        "urlquery", "eq", "ne", "lt", "le", "gt", "ge",
    ]

    static func call(
        _ name: String, _ operands: [TemplateValue], _ context: BuiltinContext
    ) throws(BuiltinError) -> TemplateValue {
        switch name {
        case "not": return .boolean(!(try only(operands).isTrue))
        case "len": return .integer(try length(only(operands)))
        case "index": return try index(operands, context)
        case "slice": return try slice(operands)
        case "print": return .text(try print(operands, isLine: false, context))
        case "println": return .text(try print(operands, isLine: true, context))
        case "printf": return .text(try printf(operands, context))
        case "html", "js", "urlquery":
            return .text(try escape(name, print(operands, isLine: false, context), context))
        default: return .boolean(try compare(name, operands))
        }
    }

    private static func only(_ operands: [TemplateValue]) throws(BuiltinError) -> TemplateValue {
        guard operands.count == 1 else {
            throw .failed("wrong number of args: want 1 got \(operands.count)")
        }
        return operands[0]
    }

    private static func length(_ value: TemplateValue) throws(BuiltinError) -> Int64 {
        switch value {
        case .text(let text): return Int64(text.count)
        case .number(let number): return Int64(Numbers.text(number).count)
        case .collection(let collection): return Int64(collection.count ?? 0)
        case .missing: throw .failed("len of nil pointer")
        default: throw .failed("len of a value without a length")
        }
    }

    private static func index(
        _ operands: [TemplateValue], _ context: BuiltinContext
    ) throws(BuiltinError) -> TemplateValue {
        guard var value = operands.first else { throw .failed("index of untyped nil") }
        for step in operands.dropFirst() {
            switch (value, step) {
            case (.collection(let object), .text(let key)) where object.kind == .object:
                value = TemplateValue(
                    object.element(.string(sharing: key), arena: context.arena))
            case (.collection(let list), .integer(let position)) where list.kind != .object:
                let items = list.items
                guard position >= 0, position < items.count else {
                    throw .failed("index out of range: \(position)")
                }
                value = TemplateValue(items[Int(position)])
            case (.text(let text), .integer(let position)):
                guard position >= 0, position < text.count else {
                    throw .failed("index out of range: \(position)")
                }
                value = .integer(Int64(text[Int(position)]))
            case (.missing, _): throw .failed("index of untyped nil")
            default: throw .failed("can't index item")
            }
        }
        return value
    }

    /// `slice x 1 2` is `x[1:2]`.
    private static func slice(_ operands: [TemplateValue]) throws(BuiltinError) -> TemplateValue {
        guard let value = operands.first else { throw .failed("slice of untyped nil") }
        var bounds: [Int64] = []
        for operand in operands.dropFirst() {
            guard case .integer(let bound) = operand else {
                throw .failed("cannot index slice/array with a value that is no integer")
            }
            bounds.append(bound)
        }
        guard bounds.count < 3 else { throw .failed("too many slice indexes: \(bounds.count)") }
        let count = try length(value)
        let start = bounds.first ?? 0
        let end = bounds.count == 2 ? bounds[1] : count
        guard start >= 0, end <= count else { throw .failed("index out of range: \(end)") }
        guard start <= end else { throw .failed("invalid slice index: \(start) > \(end)") }
        switch value {
        case .text(let text): return .text(text[Int(start)..<Int(end)])
        case .collection(let list) where list.kind == .array:
            return .collection(.array(viewing: list.elements, Int(start)..<Int(end)))
        default: throw .failed("can't slice item")
        }
    }
}

extension TemplateFunctions {
    /// `print` puts spaces between operands of which neither is a string, `println` between all.
    private static func print(
        _ operands: [TemplateValue], isLine: Bool, _ context: BuiltinContext
    ) throws(BuiltinError) -> Bytes {
        if !isLine, operands.count == 1, case .text(let text) = operands[0] { return text }
        var text = try TextBuilder(in: context.arena)
        for (position, operand) in operands.enumerated() {
            if position > 0, isLine || !operand.isText && !operands[position - 1].isText {
                try text.append(" ")
            }
            try text.append(template: operand)
        }
        if isLine { try text.append("\n") }
        return text.bytes
    }

    private static func printf(
        _ operands: [TemplateValue], _ context: BuiltinContext
    ) throws(BuiltinError) -> Bytes {
        guard case .text(let format)? = operands.first else {
            throw .failed("printf needs a format")
        }
        var arguments: [FormatArgument] = []
        for operand in operands.dropFirst() {
            switch operand {
            case .integer(let number): arguments.append(.int(number))
            case .float(let number): arguments.append(.float(number))
            case .boolean(let flag): arguments.append(.boolean(flag))
            default:
                var text = try TextBuilder(in: context.arena)
                try text.append(template: operand)
                arguments.append(.string(text.bytes))
            }
        }
        return try Format.text(format, arguments, context).bytes
    }

    /// Characters that mean something in HTML, in a JavaScript string, or in a URL's query.
    private static func escape(
        _ name: String, _ text: Bytes, _ context: BuiltinContext
    ) throws(BuiltinError) -> Bytes {
        var escaped = try TextBuilder(in: context.arena, capacity: text.count)
        try context.charge(text.count)
        for byte in text {
            switch name {
            case "html": try escaped.append(html(byte) ?? [byte])
            case "js": try escaped.append(script(byte) ?? [byte])
            default: try escaped.append(query(byte))
            }
        }
        return escaped.bytes
    }

    private static func html(_ byte: UInt8) -> [UInt8]? {
        switch byte {
        case 0x00: Array("\u{FFFD}".utf8)
        case 0x22: Array("&#34;".utf8)
        case 0x27: Array("&#39;".utf8)
        case 0x26: Array("&amp;".utf8)
        case 0x3C: Array("&lt;".utf8)
        case 0x3E: Array("&gt;".utf8)
        default: nil
        }
    }

    private static func script(_ byte: UInt8) -> [UInt8]? {
        switch byte {
        case 0x22, 0x27, 0x5C: [0x5C, byte]
        case 0x00..<0x20, 0x26, 0x3C, 0x3D, 0x3E: Array("\\u00".utf8) + hex(byte)
        default: nil
        }
    }

    private static func query(_ byte: UInt8) -> [UInt8] {
        if byte == 0x20 { return [0x2B] }
        let isLetter = (byte | 0x20) &- 0x61 < 26
        let isKept = isLetter || byte &- 0x30 < 10 || [0x2D, 0x2E, 0x5F, 0x7E].contains(byte)
        return isKept ? [byte] : [0x25] + hex(byte)
    }

    private static func hex(_ byte: UInt8) -> [UInt8] {
        [byte >> 4, byte & 15].map { $0 < 10 ? 0x30 + $0 : 0x37 + $0 }
    }
}

extension TemplateFunctions {
    /// `eq` compares its first operand with each of the others.
    private static func compare(
        _ name: String, _ operands: [TemplateValue]
    ) throws(BuiltinError) -> Bool {
        guard operands.count >= 2, operands.count == 2 || name == "eq" else {
            throw .failed("missing argument for comparison")
        }
        switch name {
        case "eq":
            for other in operands.dropFirst() where try areEqual(operands[0], other) {
                return true
            }
            return false
        case "ne": return try !areEqual(operands[0], operands[1])
        case "lt": return try isLess(operands[0], operands[1])
        case "le": return try !isLess(operands[1], operands[0])
        case "gt": return try isLess(operands[1], operands[0])
        default: return try !isLess(operands[0], operands[1])
        }
    }

    private static func areEqual(
        _ left: TemplateValue, _ right: TemplateValue
    ) throws(BuiltinError) -> Bool {
        switch (left, right) {
        case (.missing, .missing): return true
        case (.missing, _), (_, .missing): return false
        case (.boolean(let a), .boolean(let b)): return a == b
        case (.integer(let a), .integer(let b)): return a == b
        case (.float(let a), .float(let b)): return a == b
        case (.collection, .collection): throw .failed("non-comparable types")
        default:
            guard let (a, b) = texts(left, right) else {
                throw .failed("incompatible types for comparison")
            }
            return a.elementsEqual(b)
        }
    }

    private static func isLess(
        _ left: TemplateValue, _ right: TemplateValue
    ) throws(BuiltinError) -> Bool {
        switch (left, right) {
        case (.integer(let a), .integer(let b)): return a < b
        case (.float(let a), .float(let b)): return a < b
        case (.boolean, _), (.collection, _), (.missing, _):
            throw .failed("invalid type for comparison")
        default:
            guard let (a, b) = texts(left, right) else {
                throw .failed("incompatible types for comparison")
            }
            return a.lexicographicallyPrecedes(b)
        }
    }

    /// The texts of two strings; a number of the object is one.
    private static func texts(
        _ left: TemplateValue, _ right: TemplateValue
    ) -> ([UInt8], [UInt8])? {
        guard let a = text(left), let b = text(right) else { return nil }
        return (a, b)
    }

    private static func text(_ value: TemplateValue) -> [UInt8]? {
        switch value {
        case .text(let text): Array(text)
        case .number(let number): Numbers.text(number)
        default: nil
        }
    }
}
