/// One row of an answer. Values are asked for by column and type; an integer is never taken for a
/// text nor the other way round.
public struct Row: Sendable, Hashable {
    /// In the answer's order; the rows of one answer share them.
    public let columns: [String]
    public let values: [SQLValue]

    init(columns: [String], values: [SQLValue]) {
        self.columns = columns
        self.values = values
    }

    /// The value of a column; of the first, where several have the name.
    /// - Throws: `StorageFailure.column` where there is none, as does everything below.
    public func value(_ column: String) throws(StorageFailure) -> SQLValue {
        guard let index = columns.firstIndex(of: column) else {
            throw .column(column, expected: "a column of the answer", found: "none")
        }
        return values[index]
    }

    public func text(_ column: String) throws(StorageFailure) -> String {
        try required(column, "text", Row.text)
    }

    public func integer(_ column: String) throws(StorageFailure) -> Int64 {
        try required(column, "integer", Row.integer)
    }

    public func real(_ column: String) throws(StorageFailure) -> Double {
        try required(column, "real", Row.real)
    }

    public func boolean(_ column: String) throws(StorageFailure) -> Bool {
        try required(column, "boolean", Row.boolean)
    }

    public func bytes(_ column: String) throws(StorageFailure) -> [UInt8] {
        try required(column, "bytes", Row.bytes)
    }

    /// `nil` where the column is NULL, as in those below.
    public func text(orNull column: String) throws(StorageFailure) -> String? {
        try optional(column, "text", Row.text)
    }

    public func integer(orNull column: String) throws(StorageFailure) -> Int64? {
        try optional(column, "integer", Row.integer)
    }

    public func real(orNull column: String) throws(StorageFailure) -> Double? {
        try optional(column, "real", Row.real)
    }

    public func boolean(orNull column: String) throws(StorageFailure) -> Bool? {
        try optional(column, "boolean", Row.boolean)
    }

    public func bytes(orNull column: String) throws(StorageFailure) -> [UInt8]? {
        try optional(column, "bytes", Row.bytes)
    }

    private func required<Wanted>(
        _ column: String, _ expected: String, _ read: (SQLValue) -> Wanted?
    ) throws(StorageFailure) -> Wanted {
        let value = try value(column)
        guard let wanted = read(value) else {
            throw .column(column, expected: expected, found: value.kind)
        }
        return wanted
    }

    private func optional<Wanted>(
        _ column: String, _ expected: String, _ read: (SQLValue) -> Wanted?
    ) throws(StorageFailure) -> Wanted? {
        try value(column) == .null ? nil : required(column, expected, read)
    }

    private static func text(_ value: SQLValue) -> String? {
        if case .text(let text) = value { text } else { nil }
    }

    private static func integer(_ value: SQLValue) -> Int64? {
        if case .integer(let number) = value { number } else { nil }
    }

    private static func real(_ value: SQLValue) -> Double? {
        if case .real(let number) = value { number } else { nil }
    }

    /// SQLite has no booleans and answers with 0 and 1.
    private static func boolean(_ value: SQLValue) -> Bool? {
        switch value {
        case .boolean(let isTrue): isTrue
        case .integer(0): false
        case .integer(1): true
        default: nil
        }
    }

    private static func bytes(_ value: SQLValue) -> [UInt8]? {
        if case .bytes(let bytes) = value { bytes } else { nil }
    }
}
