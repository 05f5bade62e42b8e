import Storage

/// Everything that is kept of an account, as one document: the rows of a list of sections, without
/// what opens anything.
struct AccountExport: Sendable {
    /// What is kept under one name.
    struct Section: Sendable {
        let name: String
        let columns: [Column]
        /// Of SQL, from `FROM` on; `$1` is the account.
        let rows: String
    }

    /// One member of each object of a section.
    struct Column: Sendable {
        let name: String
        let sql: String
        let kind: Kind

        enum Kind: Sendable {
            case text, instant, boolean
            /// Words with spaces or line ends between them.
            case words(Character)
            /// An object that is kept as text.
            case object
            /// The input of a decision: who asked, and from where. What it was about is not the
            /// account's alone.
            case input
        }

        init(_ name: String, _ kind: Kind = .text, _ sql: String? = nil) {
            self.name = name
            self.kind = kind
            self.sql = sql ?? name
        }
    }

    /// Of a section; what is older than these is left out, which the document says.
    static let rowsMax = 1_000

    static let shape = Shape.object(
        [.init("exported_at", .instant)]
            + sections.map {
                .init($0.name, .array(of: .anyObject, count: 0...rowsMax))
            } + [
                .init(
                    "truncated", .array(of: .text(1...64), count: 0...sections.count),
                    "The lists that hold only the newest of what there is.")
            ])

    static func statements(of account: String) -> [Statement] {
        sections.map { section in
            let columns = section.columns.enumerated().map { "\($0.element.sql) AS c\($0.offset)" }
            return Statement(
                """
                SELECT \(columns.joined(separator: ", ")) \(section.rows)
                LIMIT \(rowsMax + 1)
                """, [.text(account)])
        }
    }

    /// - Parameter rows: Of `statements`, in their order.
    static func document(_ rows: [[Row]], now: Int64) throws -> JSON {
        var members = [JSON.Member("exported_at", .text(Instant.text(now)))]
        var truncated: [JSON] = []
        for (section, rows) in zip(sections, rows) {
            if rows.count > rowsMax { truncated.append(.text(section.name)) }
            let objects = try rows.prefix(rowsMax).map { try object(section.columns, $0) }
            members.append(.init(section.name, .array(objects)))
        }
        members.append(.init("truncated", .array(truncated)))
        return .object(members)
    }

    private static func object(_ columns: [Column], _ row: Row) throws -> JSON {
        .object(
            try columns.enumerated().map { place, column in
                .init(column.name, try value(column.kind, "c\(place)", row))
            })
    }

    private static func value(_ kind: Column.Kind, _ name: String, _ row: Row) throws -> JSON {
        switch kind {
        case .text: return JSON(try row.text(orNull: name))
        case .instant: return JSON(try row.integer(orNull: name).map(Instant.text))
        case .boolean: return try row.boolean(orNull: name).map(JSON.boolean) ?? .null
        case .words(let separator):
            let words = try row.text(orNull: name)?.split(separator: separator) ?? []
            return .array(words.map { .text(String($0)) })
        case .object:
            return try row.text(orNull: name).map { try JSON(reading: Array($0.utf8)) } ?? .null
        case .input:
            let input = try JSON(reading: Array(try row.text(name).utf8))
            return .object(present: [
                ("request", input["request"]), ("subject", input["subject"]),
            ])
        }
    }
}
