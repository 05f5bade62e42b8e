import Testing

@testable import RegoMachine

/// A value written as a Swift literal, so that tests read like Rego.
indirect enum Term: Equatable, Sendable {
    case undefined, null
    case boolean(Bool)
    case number(String)
    case string(String)
    case array([Term])
    case set([Term])
    case object([Entry])

    struct Entry: Equatable, Sendable {
        let key: Term
        let value: Term
    }
}

extension Term: ExpressibleByBooleanLiteral, ExpressibleByIntegerLiteral,
    ExpressibleByStringLiteral, ExpressibleByArrayLiteral, ExpressibleByDictionaryLiteral,
    ExpressibleByNilLiteral
{
    init(booleanLiteral value: Bool) { self = .boolean(value) }
    init(integerLiteral value: Int64) { self = .number(String(value)) }
    init(stringLiteral value: String) { self = .string(value) }
    init(arrayLiteral elements: Term...) { self = .array(elements) }
    init(nilLiteral: ()) { self = .null }
    init(dictionaryLiteral elements: (Term, Term)...) {
        self = .object(elements.map { Entry(key: $0.0, value: $0.1) })
    }
}

extension Term {
    func value(in arena: Arena) throws -> RegoMachine.Value {
        switch self {
        case .undefined: return .undefined
        case .null: return .null
        case .boolean(let flag): return .boolean(flag)
        case .number(let text):
            if let integer = Int64(text) { return .integer(integer) }
            return try .decimal(text.utf8, in: arena)
        case .string(let text): return try .string(text, in: arena)
        case .array(let elements):
            return try .array(elements.map { try $0.value(in: arena) }, in: arena)
        case .set(let members):
            return try .set(members.map { try $0.value(in: arena) }, in: arena)
        case .object(let entries):
            let object = try RegoMachine.Value.object(in: arena)
            for entry in entries {
                try object.insert(
                    entry.key.value(in: arena), entry.value.value(in: arena), in: arena)
            }
            return object
        }
    }

    /// Objects and sets in Rego's order; strings that are no UTF-8 with U+FFFD.
    init(_ value: RegoMachine.Value) {
        switch value.kind {
        case .undefined: self = .undefined
        case .null: self = .null
        case .boolean: self = .boolean(value.isTrue)
        case .integer: self = .number(String(value.integer ?? 0))
        case .decimal: self = .number(value.bytes.string)
        case .string: self = .string(value.bytes.string)
        case .array: self = .array(value.elements.map { Term($0) })
        case .set: self = .set(value.members.map { Term($0) })
        case .object:
            self = .object(
                value.entries.map { Entry(key: Term($0.key), value: Term($0.value)) })
        }
    }
}

/// Calls one row as the machine does, in an arena of its own.
struct Calls {
    let rows: [Builtin]
    var host = Host.still
    var limits = Limits()

    func callAsFunction(_ name: String, _ operands: Term...) throws -> Term {
        try inQuery { call in try call(name, operands) }
    }

    /// Calls that share what one query remembers.
    func inQuery(
        _ body: ((String, [Term]) throws -> Term) throws -> Term
    ) throws -> Term {
        let arena = Arena.make(bytesMax: limits.memoryBytes)
        defer { arena.destroy() }
        let context = BuiltinContext(arena: arena, host: host, limits: limits)
        context.begin()
        return try body { name, operands in
            guard let row = rows.first(where: { $0.name == name }) else {
                throw NoSuchRow(name: name)
            }
            let values = try operands.map { try $0.value(in: arena) }
            for (type, value) in zip(row.arguments, values)
            where !row.traits.contains(.checksOperands) && !type.admits(value.kind) {
                throw NoSuchRow(name: "\(name) with a \(value.typeName)")
            }
            // One more than needed, so that there is an address for no operands too.
            return try unsafe (values + [.undefined]).withUnsafeBufferPointer { buffer in
                let start = try unsafe #require(buffer.baseAddress)
                let operands = unsafe Operands(start: start, count: values.count)
                return try Term(row.run(operands, context))
            }
        }
    }

    struct NoSuchRow: Error { let name: String }
}

extension Host {
    /// A world that stands still: 2017-11-06T20:31:29.5Z, bytes that count up, no network.
    static let still = Host(
        now: { 1_510_000_289_500_000_000 }, monotonic: { 0 },
        randomBytes: { count in (0..<count).map { UInt8(truncatingIfNeeded: $0) } },
        timeZone: { _ in nil }, lookUp: { _ in .failure("no network") }, print: { _ in })
}
