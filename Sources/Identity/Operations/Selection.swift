import Storage

/// Conditions of a statement that are there or not, with their values in step.
struct Selection {
    private var conditions: [String] = []
    private var values: [SQLValue] = []

    /// - Parameter conditions: Each `?` is the next value.
    init(_ conditions: [(String, SQLValue)] = []) {
        for (condition, value) in conditions { demand(condition, value) }
    }

    /// Nothing where the value is `nil`.
    mutating func demand(_ condition: String, _ value: SQLValue?) {
        if let value { add(condition, [value]) }
    }

    mutating func demand(_ condition: String, _ first: SQLValue, _ second: SQLValue) {
        add(condition, [first, second])
    }

    private mutating func add(_ condition: String, _ added: [SQLValue]) {
        var text = ""
        var next = values.count
        for character in condition {
            if character == "?" { next += 1 }
            text += character == "?" ? "$\(next)" : String(character)
        }
        values += added
        conditions.append(text)
    }

    /// Rows of an organization, or those of none.
    mutating func demand(organization: String?) {
        guard let organization else { return add("organization_id IS NULL", []) }
        add("organization_id = ?", [.text(organization)])
    }

    func statement(_ select: String, _ rest: String) -> Statement {
        let demanded = conditions.isEmpty ? "" : "WHERE " + conditions.joined(separator: " AND ")
        return Statement("\(select) \(demanded) \(rest)", values)
    }
}
