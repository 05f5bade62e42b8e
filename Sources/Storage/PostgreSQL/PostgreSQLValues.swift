import CPQ

/// Types of PostgreSQL by their numbers in its catalogue, as far as they are read or bound.
private enum TypeNumber {
    static let boolean: UInt32 = 16
    static let bytes: UInt32 = 17
    static let name: UInt32 = 19
    static let int8: UInt32 = 20
    static let int2: UInt32 = 21
    static let int4: UInt32 = 23
    static let text: UInt32 = 25
    static let float4: UInt32 = 700
    static let float8: UInt32 = 701
    static let varchar: UInt32 = 1043
    static let void: UInt32 = 2278
}

/// Values of a statement in the binary format, one after the other.
struct PostgreSQLParameters {
    /// The server infers a NULL's type from its surroundings.
    private(set) var types: [UInt32] = []
    private(set) var lengths: [Int32] = []
    private var bytes: [UInt8] = []
    /// Where each starts; negative for NULL.
    private var starts: [Int] = []

    init(_ values: [SQLValue]) {
        for value in values { add(value) }
        // One byte more: an empty value at the end needs an address too.
        bytes.append(0)
    }

    var count: Int32 { Int32(types.count) }

    private mutating func add(_ value: SQLValue) {
        let start = bytes.count
        switch value {
        case .null: types.append(0)
        case .text(let text):
            types.append(TypeNumber.text)
            bytes += text.utf8
        case .integer(let number):
            types.append(TypeNumber.int8)
            append(UInt64(bitPattern: number))
        case .real(let number):
            types.append(TypeNumber.float8)
            append(number.bitPattern)
        case .boolean(let isTrue):
            types.append(TypeNumber.boolean)
            bytes.append(isTrue ? 1 : 0)
        case .bytes(let value):
            types.append(TypeNumber.bytes)
            bytes += value
        }
        starts.append(value == .null ? -1 : start)
        lengths.append(Int32(clamping: bytes.count - start))
    }

    private mutating func append(_ bits: UInt64) {
        for shift in stride(from: 56, through: 0, by: -8) {
            bytes.append(UInt8(truncatingIfNeeded: bits >> UInt64(shift)))
        }
    }

    /// Lends the addresses of the values, null for NULL.
    @unsafe func withPointers<Result>(
        _ body: (UnsafePointer<UnsafePointer<CChar>?>?) -> Result
    ) -> Result {
        unsafe bytes.withUnsafeBytes { bytes in
            let pointers = unsafe starts.map { start in
                unsafe start < 0
                    ? nil
                    : bytes.baseAddress?.advanced(by: start).assumingMemoryBound(to: CChar.self)
            }
            return unsafe pointers.withUnsafeBufferPointer { unsafe body($0.baseAddress) }
        }
    }
}

/// Rows out of a result in the binary format.
enum PostgreSQLRows {
    /// - Throws: `invalid` where a column has a type that the shared dialect has not.
    @unsafe static func rows(of result: OpaquePointer) throws(StorageFailure) -> [Row] {
        let columnIndexes = 0..<(unsafe cpq_column_count(result))
        let columns = columnIndexes.map { index in
            unsafe cpq_column_name(result, index).map { unsafe String(cString: $0) } ?? ""
        }
        let types = columnIndexes.map { unsafe cpq_column_type(result, $0) }
        var rows: [Row] = []
        for row in 0..<(unsafe cpq_row_count(result)) {
            var values: [SQLValue] = []
            values.reserveCapacity(columns.count)
            for column in columnIndexes {
                var count = 0
                guard let start = unsafe cpq_value(result, row, column, &count) else {
                    values.append(.null)
                    continue
                }
                let bytes = unsafe UnsafeRawBufferPointer(start: start, count: count)
                let type = types[Int(column)]
                guard let value = unsafe value(bytes, type) else {
                    throw .invalid("column `\(columns[Int(column)])` has the type \(type)")
                }
                values.append(value)
            }
            rows.append(Row(columns: columns, values: values))
        }
        return rows
    }

    @unsafe private static func value(_ bytes: UnsafeRawBufferPointer, _ type: UInt32) -> SQLValue?
    {
        switch type {
        case TypeNumber.text, TypeNumber.varchar, TypeNumber.name:
            .text(unsafe String(decoding: bytes, as: UTF8.self))
        case TypeNumber.int8: .integer(Int64(bitPattern: unsafe bits(bytes)))
        case TypeNumber.int4: .integer(Int64(Int32(truncatingIfNeeded: unsafe bits(bytes))))
        case TypeNumber.int2: .integer(Int64(Int16(truncatingIfNeeded: unsafe bits(bytes))))
        case TypeNumber.float8: .real(Double(bitPattern: unsafe bits(bytes)))
        case TypeNumber.float4:
            .real(Double(Float(bitPattern: UInt32(truncatingIfNeeded: unsafe bits(bytes)))))
        case TypeNumber.boolean: .boolean(unsafe bits(bytes) != 0)
        case TypeNumber.bytes: .bytes(unsafe [UInt8](bytes))
        // What a function without a result gives.
        case TypeNumber.void: .null
        default: nil
        }
    }

    @unsafe private static func bits(_ bytes: UnsafeRawBufferPointer) -> UInt64 {
        unsafe bytes.reduce(0) { $0 << 8 | UInt64($1) }
    }
}
