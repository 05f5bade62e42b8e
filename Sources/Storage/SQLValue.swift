import Glibc

/// A value as both databases hold it. An instant is an integer: microseconds since 1970, UTC.
public enum SQLValue: Sendable, Hashable {
    case null
    /// Without U+0000, which PostgreSQL cannot hold.
    case text(String)
    case integer(Int64)
    /// Not a NaN, of which SQLite makes NULL.
    case real(Double)
    case boolean(Bool)
    case bytes([UInt8])

    /// What a message calls it.
    var kind: String {
        switch self {
        case .null: "NULL"
        case .text: "text"
        case .integer: "integer"
        case .real: "real"
        case .boolean: "boolean"
        case .bytes: "bytes"
        }
    }

    /// Why no database is asked to hold it; `nil` where nothing is wrong.
    var fault: String? {
        switch self {
        case .text(let text) where text.hasNull: "text holds a null character"
        case .real(let number) where number.isNaN: "a number is not a number"
        default: nil
        }
    }
}

extension SQLValue: ExpressibleByStringLiteral, ExpressibleByIntegerLiteral,
    ExpressibleByFloatLiteral, ExpressibleByBooleanLiteral, ExpressibleByNilLiteral
{
    public init(stringLiteral text: String) { self = .text(text) }
    public init(integerLiteral number: Int64) { self = .integer(number) }
    public init(floatLiteral number: Double) { self = .real(number) }
    public init(booleanLiteral isTrue: Bool) { self = .boolean(isTrue) }
    public init(nilLiteral: ()) { self = .null }
}

/// One SQL statement in the dialect that both databases share, and the values of its parameters.
///
/// `$1` is the first value; parameters may come in any order and more than once. Every value is
/// named by a parameter and the other way round.
public struct Statement: Sendable, Hashable {
    public let sql: String
    public let values: [SQLValue]

    public init(_ sql: String, _ values: [SQLValue] = []) {
        self.sql = sql
        self.values = values
    }

    /// - Throws: `StorageFailure.invalid` where a database would refuse, cut or change a value.
    func checkValues() throws(StorageFailure) {
        if sql.hasNull { throw .invalid("a statement holds a null character") }
        for (index, value) in values.enumerated() {
            if let fault = value.fault { throw .invalid("$\(index + 1): \(fault)") }
        }
        // PostgreSQL takes values that no parameter names. One missing between others is left to
        // SQLite, which counts.
        if !values.isEmpty, !hasParameter(values.count) {
            throw .invalid("there is no parameter $\(values.count)")
        }
    }

    /// Looks from the end, where the last one mostly stands.
    private func hasParameter(_ number: Int) -> Bool {
        let text = sql.utf8Span.span
        for mark in text.indices.reversed() where text[mark] == UInt8(ascii: "$") {
            var (read, next) = (0, mark + 1)
            while read <= number, next < text.count, (0x30...0x39).contains(text[next]) {
                read = read * 10 + Int(text[next] - 0x30)
                next += 1
            }
            if read == number { return true }
        }
        return false
    }
}

extension String {
    fileprivate var hasNull: Bool {
        unsafe utf8Span.span.withUnsafeBufferPointer { text in
            guard let start = text.baseAddress else { return false }
            return unsafe memchr(start, 0, text.count) != nil
        }
    }
}
