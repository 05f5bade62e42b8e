import CSQLite

/// Values into a compiled statement.
enum SQLiteParameters {
    /// - Parameter slots: Of `$1`, `$2` and so on.
    @unsafe static func bind(
        _ values: [SQLValue], to compiled: OpaquePointer, at slots: [Int32]
    ) throws(StorageFailure) {
        guard slots.count == values.count else {
            throw .invalid("\(slots.count) parameters and \(values.count) values")
        }
        for (index, value) in values.enumerated() {
            let slot = slots[index]
            guard slot > 0 else { throw .invalid("there is no parameter $\(index + 1)") }
            guard unsafe bind(value, compiled, slot) == SQLITE_OK else {
                throw .invalid("$\(index + 1): the \(value.kind) is too long")
            }
        }
    }

    /// Where SQLite has the parameters of these names: it numbers `$2, $1` by first occurrence.
    @unsafe static func slots(of compiled: OpaquePointer) -> [Int32] {
        let count = unsafe sqlite3_bind_parameter_count(compiled)
        return (0..<count).map { unsafe sqlite3_bind_parameter_index(compiled, "$\($0 + 1)") }
    }

    @unsafe private static func bind(
        _ value: SQLValue, _ compiled: OpaquePointer, _ slot: Int32
    ) -> Int32 {
        switch value {
        case .null: return unsafe sqlite3_bind_null(compiled, slot)
        case .integer(let number): return unsafe sqlite3_bind_int64(compiled, slot, number)
        case .real(let number): return unsafe sqlite3_bind_double(compiled, slot, number)
        case .boolean(let isTrue): return unsafe sqlite3_bind_int64(compiled, slot, isTrue ? 1 : 0)
        case .text(var text):
            return text.withUTF8 { utf8 in
                unsafe utf8.withMemoryRebound(to: CChar.self) { text in
                    unsafe csqlite_bind_text(compiled, slot, text.baseAddress, text.count)
                }
            }
        case .bytes(let bytes):
            return unsafe bytes.withUnsafeBufferPointer { bytes in
                unsafe csqlite_bind_bytes(compiled, slot, bytes.baseAddress, bytes.count)
            }
        }
    }
}

/// Columns out of a compiled statement.
enum SQLiteColumns {
    @unsafe static func names(of compiled: OpaquePointer) -> [String] {
        (0..<(unsafe sqlite3_column_count(compiled))).map { index in
            unsafe sqlite3_column_name(compiled, index).map { unsafe String(cString: $0) } ?? ""
        }
    }

    @unsafe static func values(of compiled: OpaquePointer) -> [SQLValue] {
        (0..<(unsafe sqlite3_column_count(compiled))).map { unsafe value(compiled, $0) }
    }

    @unsafe private static func value(_ compiled: OpaquePointer, _ index: Int32) -> SQLValue {
        switch unsafe sqlite3_column_type(compiled, index) {
        case SQLITE_INTEGER: return .integer(unsafe sqlite3_column_int64(compiled, index))
        case SQLITE_FLOAT: return .real(unsafe sqlite3_column_double(compiled, index))
        case SQLITE_TEXT:
            // The text before its size: asking for it may convert.
            let text = unsafe sqlite3_column_text(compiled, index)
            let count = unsafe Int(sqlite3_column_bytes(compiled, index))
            let utf8 = unsafe UnsafeBufferPointer(start: text, count: text == nil ? 0 : count)
            return .text(unsafe String(decoding: utf8, as: UTF8.self))
        case SQLITE_BLOB:
            let blob = unsafe sqlite3_column_blob(compiled, index)
            let count = unsafe Int(sqlite3_column_bytes(compiled, index))
            // There is no address for no bytes.
            let bytes = unsafe UnsafeRawBufferPointer(start: blob, count: blob == nil ? 0 : count)
            return .bytes(unsafe [UInt8](bytes))
        default: return .null
        }
    }
}
