/// The statements that one connection has prepared; the one used longest ago goes first.
///
/// A statement is prepared within the unit that uses it first, and skipped with it if one before it
/// fails. So nobody else relies on a name until the server has confirmed it.
struct PostgreSQLPlans {
    struct Key: Hashable {
        let sql: String
        /// A statement is prepared for the types of its parameters.
        let types: [UInt32]
    }

    enum Use {
        /// Run this one.
        case prepared(String)
        /// Prepare it under this name first.
        case new(String)
        /// Run the text.
        case text
    }

    private struct Entry {
        let name: String
        var isConfirmed = false
        var lastUse: UInt64
    }

    private let countMax: Int
    private var entries: [Key: Entry] = [:]
    private var uses: UInt64 = 0
    /// Names to be given back to the server.
    private var discarded: [String] = []

    init(countMax: Int) { self.countMax = countMax }

    mutating func use(_ key: Key) -> Use {
        uses += 1
        if let entry = entries[key] {
            entries[key]?.lastUse = uses
            return entry.isConfirmed ? .prepared(entry.name) : .text
        }
        if entries.count >= countMax { discardOldest() }
        let name = "s\(uses)"
        entries[key] = Entry(name: name, lastUse: uses)
        return .new(name)
    }

    mutating func confirm(_ key: Key) { entries[key]?.isConfirmed = true }

    /// Forgets a statement that the server has not.
    mutating func forget(_ key: Key) { entries[key] = nil }

    /// Forgets one whose plan is of no use any more, and gives it back.
    mutating func discard(_ key: Key) {
        guard let entry = entries.removeValue(forKey: key) else { return }
        if entry.isConfirmed { discarded.append(entry.name) }
    }

    mutating func takeDiscarded() -> [String] {
        defer { discarded = [] }
        return discarded
    }

    private mutating func discardOldest() {
        let settled = entries.filter { $0.value.isConfirmed }
        if let oldest = settled.min(by: { $0.value.lastUse < $1.value.lastUse }) {
            discard(oldest.key)
        }
    }
}
