import CPQ

/// A server's report as a failure of this room.
enum PostgreSQLFailure {
    @unsafe static func of(_ result: OpaquePointer) -> StorageFailure {
        func field(_ letter: Character) -> String? {
            unsafe cpq_failure_field(result, CChar(letter.asciiValue ?? 0)).map {
                unsafe String(cString: $0)
            }
        }
        return of(
            state: field("C") ?? "", message: field("M") ?? "no message", constraint: field("n"),
            table: field("t"), column: field("c"))
    }

    /// - Parameter state: SQLSTATE (PostgreSQL documentation, "PostgreSQL Error Codes").
    static func of(
        state: String, message: String, constraint: String?, table: String?, column: String?
    ) -> StorageFailure {
        switch state {
        case "23505": return .constraint(.unique, name: constraint)
        case "23503": return .constraint(.foreignKey, name: nil)
        case "23502":
            return .constraint(.notNull, name: "\(table ?? "").\(column ?? "")")
        case "23514": return .constraint(.check, name: constraint)
        // Serialization, deadlock, a lock not given, a plan that a migration has outdated.
        case "40001", "40P01", "55P03", "0A000": return .conflict
        case "57014": return .timeout
        // A wrong number of parameters, by a class that else means the connection.
        case "08P01": return .invalid(message)
        default: break
        }
        switch state.prefix(2) {
        // Connection; resources such as memory, disk and connections; intervention; the disk.
        case "08", "53", "57", "58": return .unavailable(retryAfterSeconds: 1)
        default: return .invalid("\(message) (\(state))")
        }
    }
}
