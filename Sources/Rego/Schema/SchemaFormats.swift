import RegoMachine

/// The formats that a string may be asked to have; an unknown one accepts everything.
enum SchemaFormats {
    private static let patterns: [String: StaticString] = [
        "date": #"^\d{4}-(0[1-9]|1[0-2])-(0[1-9]|[12]\d|3[01])$"#,
        "time": #"^([01]\d|2[0-3]):[0-5]\d:[0-5]\d(\.\d+)?(Z|[+-]([01]\d|2[0-3]):[0-5]\d)?$"#,
        "date-time": #"""
        ^\d{4}-(0[1-9]|1[0-2])-(0[1-9]|[12]\d|3[01])[Tt]([01]\d|2[0-3]):[0-5]\d:[0-5]\d(\.\d+)?\#
        ([Zz]|[+-]([01]\d|2[0-3]):[0-5]\d)$
        """#,
        "email": #"^[^@\s<>]+@[^@\s<>]+$"#,
        "hostname": #"^([A-Za-z0-9]([A-Za-z0-9-]{0,61}[A-Za-z0-9])?\.)*[A-Za-z0-9-]{1,63}\.?$"#,
        "ipv4": #"^((25[0-5]|2[0-4]\d|1?\d?\d)\.){3}(25[0-5]|2[0-4]\d|1?\d?\d)$"#,
        "uri": #"^[A-Za-z][A-Za-z0-9+.-]*:[^\s\\<>"{}|^`]*$"#,
        "uri-reference": #"^[^\s\\<>"{}|^`]*$"#,
        "uri-template": #"^([^{}\s\\]|\{[^{}\s]*\})*$"#,
        "json-pointer": #"^(/([^/~]|~[01])*)*$"#,
        "relative-json-pointer": #"^(0|[1-9]\d*)(#|(/([^/~]|~[01])*)*)$"#,
        "uuid": #"^[0-9A-Fa-f]{8}(-[0-9A-Fa-f]{4}){3}-[0-9A-Fa-f]{12}$"#,
    ]

    static func accepts(
        _ text: Bytes, _ format: String, _ context: BuiltinContext
    ) throws(BuiltinError) -> Bool {
        try context.charge(1 + text.count / 16)
        if format == "regex" { return (try? Pattern(text)) != nil }
        if format == "ipv6" { return isIPv6(text.string) }
        guard let pattern = patterns[format] else { return true }
        let bytes = Value.literal(pattern).bytes
        guard try Regex.compiled(bytes, context).matches(text) else { return false }
        return !format.hasPrefix("date") || isDayOfMonth(text.string)
    }

    /// A day that its month has, of a text that begins with a date.
    private static func isDayOfMonth(_ text: String) -> Bool {
        let parts = text.prefix(10).split(separator: "-").compactMap { Int($0) }
        guard parts.count == 3 else { return false }
        let isLeap = parts[0] % 4 == 0 && (parts[0] % 100 != 0 || parts[0] % 400 == 0)
        switch parts[1] {
        case 2: return parts[2] <= (isLeap ? 29 : 28)
        case 4, 6, 9, 11: return parts[2] <= 30
        default: return parts[2] <= 31
        }
    }

    /// Eight groups, or fewer around one `::`; dotted numbers at the end count as two.
    private static func isIPv6(_ text: String) -> Bool {
        guard text.utf8.count <= 45 else { return false }
        let groups = text.split(separator: ":", omittingEmptySubsequences: false)
        var count = 0
        var empties = 0
        for (place, group) in groups.enumerated() {
            if group.isEmpty {
                let isEdge = place == 0 && groups[1...].first?.isEmpty == true
                    || place == groups.count - 1 && groups.dropLast().last?.isEmpty == true
                empties += isEdge ? 0 : 1
            } else if place == groups.count - 1, group.contains(".") {
                let numbers = group.split(separator: ".", omittingEmptySubsequences: false)
                guard numbers.count == 4, numbers.allSatisfy({ UInt8($0) != nil }) else {
                    return false
                }
                count += 2
            } else {
                guard group.utf8.count <= 4, group.allSatisfy({ $0.isHexDigit }) else {
                    return false
                }
                count += 1
            }
        }
        return empties == 0 ? count == 8 && groups.count >= 7 : empties == 1 && count < 8
    }
}
