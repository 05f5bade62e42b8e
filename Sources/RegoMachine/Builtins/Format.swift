/// `sprintf`: Go's `fmt.Sprintf`, its words for mistakes included.
///
/// Numbers are an int, a big int or a float64, whichever first holds them; strings are strings;
/// all else is its Rego term as a string.
/// - Source: Go's `fmt`, `(*pp).doPrintf`; OPA's `builtinSprintf`.
struct Format {
    private let format: Bytes
    private let arguments: [FormatArgument]
    private let context: BuiltinContext
    private var text: TextBuilder
    private var position = 0
    private var next = 0
    /// An index such as `[3]` stood somewhere: surplus arguments are no mistake then.
    private var isReordered = false
    private var isIndexGood = true
    private var isAfterIndex = false
    private var directive = FormatDirective()

    static func sprintf(
        _ operands: Operands, _ context: BuiltinContext
    ) throws(BuiltinError) -> Value {
        var arguments: [FormatArgument] = []
        for element in operands[1].elements {
            arguments.append(try FormatArgument(element, context))
        }
        return try text(operands[0].bytes, arguments, context)
    }

    static func text(
        _ format: Bytes, _ arguments: [FormatArgument], _ context: BuiltinContext
    ) throws(BuiltinError) -> Value {
        try context.charge(format.count / 16 + arguments.count)
        var run = try Format(format, arguments, context)
        while run.position < format.count { try run.step() }
        try run.reportSurplus()
        return run.text.value
    }

    private init(
        _ format: Bytes, _ arguments: [FormatArgument], _ context: BuiltinContext
    ) throws(BuiltinError) {
        self.format = format
        self.arguments = arguments
        self.context = context
        text = try TextBuilder(in: context.arena, capacity: format.count + 16 * arguments.count)
    }

    private var byte: UInt8? { position < format.count ? format[position] : nil }

    /// Copies up to the next `%`, and carries out what follows it.
    private mutating func step() throws(BuiltinError) {
        let start = position
        while let byte, byte != 0x25 { position += 1 }
        try text.append(format[start..<position])
        if position == format.count { return }
        position += 1
        directive = FormatDirective()
        isIndexGood = true
        isAfterIndex = false
        parseFlags()
        parseIndex()
        try parseWidth()
        try parsePrecision()
        if !isAfterIndex { parseIndex() }
        guard position < format.count else { return try text.append("%!(NOVERB)") }
        let (verb, width) = format.scalar(at: position)
        position += width
        directive.verb = verb
        try carryOut()
    }

    private mutating func carryOut() throws(BuiltinError) {
        if directive.verb == "%" { return try text.append("%") }
        if !isIndexGood { return try append(complaint: "BADINDEX") }
        if next >= arguments.count { return try append(complaint: "MISSING") }
        if directive.verb == "v" {
            (directive.isGoSyntax, directive.isSharp) = (directive.isSharp, false)
            directive.isPlusValue = directive.isPlus
            directive.isPlus = false
        }
        try context.charge(directive.size / 16)
        try text.append(directive.text(arguments[next]))
        next += 1
    }

    private mutating func append(complaint: String) throws(BuiltinError) {
        try text.append("%!")
        try text.append(scalar: directive.verb)
        try text.append("(\(complaint))")
    }

    private mutating func reportSurplus() throws(BuiltinError) {
        guard !isReordered, next < arguments.count else { return }
        try text.append("%!(EXTRA ")
        for (number, argument) in arguments[next...].enumerated() {
            if number > 0 { try text.append(", ") }
            try text.append("\(argument.typeName)=")
            try text.append(FormatDirective().text(argument))
        }
        try text.append(")")
    }
}

extension Format {
    private mutating func parseFlags() {
        while let byte {
            switch byte {
            case 0x23: directive.isSharp = true
            case 0x30: directive.isZero = true
            case 0x2B: directive.isPlus = true
            case 0x2D: directive.isMinus = true
            case 0x20: directive.isSpace = true
            default: return
            }
            position += 1
        }
    }

    private mutating func parseWidth() throws(BuiltinError) {
        if byte == 0x2A {
            position += 1
            directive.width = takeInteger()
            if directive.width == nil { try text.append("%!(BADWIDTH)") }
            if let width = directive.width, width < 0 {
                directive.width = -width
                directive.isMinus = true
                directive.isZero = false
            }
            isAfterIndex = false
        } else {
            directive.width = parseNumber()
            if isAfterIndex && directive.width != nil { isIndexGood = false }
        }
    }

    private mutating func parsePrecision() throws(BuiltinError) {
        guard byte == 0x2E else { return }
        position += 1
        if isAfterIndex { isIndexGood = false }
        parseIndex()
        if byte == 0x2A {
            position += 1
            directive.precision = takeInteger()
            if let precision = directive.precision, precision < 0 { directive.precision = nil }
            if directive.precision == nil { try text.append("%!(BADPREC)") }
            isAfterIndex = false
        } else {
            directive.precision = parseNumber() ?? 0
        }
    }

    /// `[n]`: the number of the argument, from 1.
    private mutating func parseIndex() {
        isAfterIndex = false
        guard byte == 0x5B else { return }
        isReordered = true
        let rest = format[position..<format.count]
        guard rest.count >= 3, let end = rest.firstIndex(of: 0x5D) else {
            isIndexGood = false
            position += 1
            return
        }
        let start = position + 1
        let close = position + end
        position = start
        let number = parseNumber(before: close)
        let isNumber = number != nil && position == close
        position = close + 1
        isAfterIndex = isNumber
        if isNumber, let number, number >= 1, number <= arguments.count {
            next = number - 1
        } else {
            isIndexGood = false
        }
    }

    /// Widths and precisions that a policy may ask for: beyond, Go gives up on the format.
    private static let numberMax = 1_000_000

    private mutating func parseNumber(before end: Int? = nil) -> Int? {
        let end = end ?? format.count
        var number: Int?
        while position < end, format[position] &- 0x30 < 10 {
            if let number, number > Format.numberMax {
                position = end
                return nil
            }
            number = (number ?? 0) * 10 + Int(format[position] - 0x30)
            position += 1
        }
        return number
    }

    /// The next argument as a width or precision.
    private mutating func takeInteger() -> Int? {
        guard next < arguments.count else { return nil }
        defer { next += 1 }
        guard case .int(let number) = arguments[next],
            number.magnitude <= UInt64(Format.numberMax)
        else { return nil }
        return Int(number)
    }
}

/// One argument of `sprintf`, of the type that Go would see.
enum FormatArgument {
    case int(Int64)
    case big(BigInteger)
    case float(Double)
    case string(Bytes)
    /// Of a template's own; `sprintf` shows a boolean as the string of its term.
    case boolean(Bool)

    init(_ value: Value, _ context: BuiltinContext) throws(BuiltinError) {
        switch value.kind {
        case .string: self = .string(value.bytes)
        case .integer, .decimal: self = try FormatArgument(number: value, context)
        default:
            var term = try TextBuilder(in: context.arena)
            try term.append(term: value)
            self = .string(term.bytes)
        }
    }

    private init(number: Value, _ context: BuiltinContext) throws(BuiltinError) {
        if let integer = Numbers.plainInteger(number) {
            self = .int(integer)
            return
        }
        let literal = number.bytes
        if literal.allSatisfy({ $0 == 0x2D || $0 &- 0x30 < 10 }) {
            try context.charge(number: number)
            if let big = try Numbers.bigInteger(number) {
                self = .big(big)
                return
            }
        }
        self = Numbers.double(number).map { .float($0) } ?? .string(literal)
    }

    var typeName: String {
        switch self {
        case .int: "int"
        case .big: "*big.Int"
        case .float: "float64"
        case .string: "string"
        case .boolean: "bool"
        }
    }
}
