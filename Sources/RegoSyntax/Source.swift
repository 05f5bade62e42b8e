/// One file of Rego text, or a query, with the name that diagnostics show.
public struct Source: Sendable {
    public let name: String
    /// UTF-8; checked by the lexer.
    public let bytes: [UInt8]

    public init(name: String, bytes: [UInt8]) {
        self.name = name
        self.bytes = bytes
    }

    public init(name: String, text: String) {
        self.init(name: name, bytes: Array(text.utf8))
    }
}

/// A stretch of a source: byte offsets, and the row and column people count (both from 1; a
/// column is one Unicode scalar).
public struct Span: Sendable, Hashable {
    public var start: Int32
    public var end: Int32
    public var row: Int32
    public var column: Int32

    public init(start: Int32, end: Int32, row: Int32, column: Int32) {
        self.start = start
        self.end = end
        self.row = row
        self.column = column
    }

    func holds(_ other: Span) -> Bool { start <= other.start && other.end <= end }
}

/// Which Rego a source is written in.
public enum LanguageVersion: Sendable, Hashable {
    /// Before OPA 1.0: `if` and `contains` are optional, bodies may be chained.
    case v0
    case v1
}
