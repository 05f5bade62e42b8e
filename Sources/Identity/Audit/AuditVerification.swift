public import Storage

/// What is wrong with the record.
public struct AuditFinding: Sendable, Hashable {
    public let chain: String
    /// Of the row, where one is there.
    public let seq: Int64?
    public let id: String?
    public let fault: Fault

    public enum Fault: String, Sendable {
        /// A field was changed, or somebody without the key made the row.
        case forged = "the row's code is not that of its fields"
        case moved = "the row is not tied to the one before it"
        case missing = "rows are missing before this one"
        case truncated = "the chain ends before a head that was kept outside"
        case replaced = "the row is another one than a head that was kept outside says"
        case unsealed = "the row was not sealed in time"
        case badBeginning = "the chain begins where nobody with this key has cut it"
        case badHead = "a line of the file of heads was not signed with this key"
    }

    init(_ fault: Fault, chain: String, seq: Int64? = nil, id: String? = nil) {
        self.fault = fault
        self.chain = chain
        self.seq = seq
        self.id = id
    }
}

/// Looks whether the record is whole: every row's code, the order and ties of each chain, gaps, the
/// age of what is not sealed, and the heads that were kept outside.
public struct AuditVerification: Sendable {
    private let key: AuditKey

    private static let pageRows = 1_000
    /// A row is sealed within a second; after a minute something is wrong.
    private static let unsealedMicroseconds: Int64 = 60_000_000

    public init(key: AuditKey) { self.key = key }

    /// What was looked at, and what is wrong with it.
    public struct Report: Sendable {
        public var chains = 0
        public var rows = 0
        public var findings: [AuditFinding] = []
    }

    /// - Parameters:
    ///   - heads: The lines that were kept outside, oldest first.
    ///   - now: Microseconds since 1970.
    /// - Throws: `StorageFailure`.
    public func report(
        _ database: any Database, heads lines: [String], now: Int64
    ) async throws -> Report {
        var report = Report()
        var heads: [String: [Int64: AuditHead]] = [:]
        for line in lines {
            guard let head = AuditHead(line: line, signedWith: key) else {
                let chain = String(line.prefix { $0 != " " })
                report.findings.append(AuditFinding(.badHead, chain: chain))
                continue
            }
            heads[head.chain, default: [:]][head.seq] = head
        }
        let rows = try await database.read(
            in: .system, [Statement("SELECT DISTINCT chain FROM audit_entries")])[0]
        let beginnings = try await AuditBeginning.all(database)
        let chains = Set(try rows.map { try $0.text("chain") }).union(heads.keys)
            .union(beginnings.keys)
        for chain in chains.sorted() {
            try await verify(
                chain, from: beginnings[chain], heads[chain] ?? [:], database, into: &report)
            try await verifyUnsealed(chain, database, now: now, into: &report)
        }
        report.chains = chains.count
        return report
    }

    private func verify(
        _ chain: String, from beginning: AuditBeginning?, _ heads: [Int64: AuditHead],
        _ database: any Database, into report: inout Report
    ) async throws {
        var last: (seq: Int64, hash: [UInt8]) = (0, AuditRow.origin)
        if let beginning {
            if !beginning.isGenuine(key) {
                report.findings.append(
                    AuditFinding(.badBeginning, chain: chain, seq: beginning.seq))
            }
            last = (beginning.seq, beginning.hash)
        }
        // Rows before the beginning are none of ours, and found as such.
        var position = Int64.min
        while true {
            let page = try await page(chain, after: position, database)
            for row in page {
                guard let seq = row.seq else { continue }
                check(row, seq, after: last, heads[seq], into: &report)
                last = (seq, row.hash ?? [])
                position = seq
            }
            report.rows += page.count
            if page.count < Self.pageRows { break }
        }
        // The last row of a chain always stays.
        if let beginning, last.seq == beginning.seq {
            report.findings.append(AuditFinding(.truncated, chain: chain, seq: last.seq))
        }
        for seq in heads.keys.sorted() where seq > last.seq {
            report.findings.append(AuditFinding(.truncated, chain: chain, seq: seq))
        }
    }

    private func page(
        _ chain: String, after seq: Int64, _ database: any Database
    ) async throws -> [AuditRow] {
        let rows = try await database.read(
            in: .system,
            [
                Statement(
                    """
                    SELECT \(AuditRow.columns) FROM audit_entries
                    WHERE chain = $1 AND seq > $2 ORDER BY seq LIMIT \(Self.pageRows)
                    """, [.text(chain), .integer(seq)])
            ])[0]
        return try rows.map(AuditRow.init)
    }

    private func check(
        _ row: AuditRow, _ seq: Int64, after last: (seq: Int64, hash: [UInt8]),
        _ head: AuditHead?, into report: inout Report
    ) {
        func find(_ fault: AuditFinding.Fault) {
            report.findings.append(AuditFinding(fault, chain: row.chain, seq: seq, id: row.id))
        }
        if !row.isGenuine(key) { find(.forged) }
        if seq != last.seq + 1 { find(.missing) }
        let link = AuditRow.link(
            key, chain: row.chain, seq: seq, previous: last.hash, code: row.code)
        if row.previous != last.hash || row.hash != link { find(.moved) }
        if let head, head.hash != row.hash { find(.replaced) }
    }

    private func verifyUnsealed(
        _ chain: String, _ database: any Database, now: Int64, into report: inout Report
    ) async throws {
        let rows = try await database.read(
            in: .system,
            [
                Statement(
                    """
                    SELECT \(AuditRow.columns) FROM audit_entries
                    WHERE chain = $1 AND seq IS NULL ORDER BY occurred_at, id
                    """, [.text(chain)])
            ])[0]
        for row in try rows.map(AuditRow.init) {
            report.rows += 1
            if !row.isGenuine(key) {
                report.findings.append(AuditFinding(.forged, chain: chain, id: row.id))
            } else if row.occurredAt < now - Self.unsealedMicroseconds {
                report.findings.append(AuditFinding(.unsealed, chain: chain, id: row.id))
            }
        }
    }
}
