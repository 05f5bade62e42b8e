public import RegoMachine
public import Storage

/// Looks again, each day, whether the records of verified domains are still there: who lets a
/// domain go must not be served under its name for ever. One that stays away for days is lost.
///
/// A record that is not there counts for three days, name servers that give no answer for fourteen:
/// ours may be the ones at fault.
public struct DomainChecks: Sendable {
    private let lease: Lease
    private let lookUps: ChallengeLookUps
    private let outbox: Outbox
    private let audit: AuditLog
    private let host: Host
    private let issuer: String

    private static let day: Int64 = 86_400_000_000
    private static let missesMin: Int64 = 4
    private static let batchRows = 16

    /// - Parameter owner: This node's name among those that check.
    public init(owner: String, outbox: Outbox, audit: AuditLog, host: Host, issuer: String) {
        lease = Lease("domains", owner: owner, seconds: 300)
        lookUps = ChallengeLookUps(host)
        self.outbox = outbox
        self.audit = audit
        self.host = host
        self.issuer = issuer
    }

    /// Each minute, on one node, those whose time has come.
    public func job(_ database: any Database, everySeconds: Double = 60) -> Job {
        Job("domains", everySeconds: everySeconds) { try await check(database) }
    }

    func check(_ database: any Database) async throws {
        let now = host.now() / 1_000
        _ = try await lease.whileHeld(database, now: now) {
            let rows = try await database.read(
                in: .system,
                [
                    Statement(
                        """
                        SELECT \(DomainRow.columns) FROM domains d WHERE d.next_check_at <= $1
                        ORDER BY d.next_check_at LIMIT \(Self.batchRows)
                        """, [.integer(now)])
                ])[0]
            for row in rows { try await check(try DomainRow(row), database, now: now) }
        }
    }

    private func check(_ domain: DomainRow, _ database: any Database, now: Int64) async throws {
        let place = "\(DomainName.challengeLabel).\(domain.name)"
        let finding = await lookUps.find(domain.challenge, at: place)
        try await database.transaction(in: .system) { transaction in
            // It may have been removed meanwhile, or verified by hand.
            let rows = try await transaction.query(
                DomainRow.one(domain.id, in: domain.organization))
            guard let row = rows.first else { return }
            let present = try DomainRow(row)
            guard present.version == domain.version else { return }
            guard finding != .shown else {
                _ = try await transaction.execute(
                    DomainVerification.success(domain.id, now: now))
                return
            }
            try await miss(present, finding, in: transaction, now: now)
        }
    }

    private func miss(
        _ domain: DomainRow, _ finding: ChallengeLookUps.Finding, in transaction: Transaction,
        now: Int64
    ) async throws {
        let since = domain.missedSince ?? now
        let patience = finding == .missing ? 3 * Self.day : 14 * Self.day
        let isLost = now - since >= patience && domain.misses + 1 >= Self.missesMin
        try await transaction.execute(
            Statement(
                """
                UPDATE domains SET state = $2, checked_at = $3, next_check_at = $4,
                    misses = misses + 1, missed_since = $5, expires_at = $6,
                    version = version + 1, updated_at = $3
                WHERE id = $1
                """,
                [
                    .text(domain.id),
                    .text((isLost ? DomainRow.State.lost : .verified).rawValue), .integer(now),
                    isLost ? .null : .integer(now + Self.day), .integer(since),
                    isLost ? .integer(now + DomainRow.keptSeconds * 1_000_000) : .null,
                ]))
        if isLost { try record(domain, in: transaction, now: now) }
        guard isLost || domain.misses == 0 else { return }
        try await tell(domain, finding, isLost: isLost, in: transaction)
    }

    private func record(
        _ domain: DomainRow, in transaction: Transaction, now: Int64
    ) throws {
        let details: JSON = ["name": .text(domain.name)]
        try audit.append(
            AuditEntry(
                id: AuditEntry.newID(host), organization: domain.organization, occurredAt: now,
                actorKind: .system, actor: nil, action: "domain:lose", outcome: .allowed,
                resourceType: "domain", resource: domain.id,
                details: String(decoding: details.bytes, as: UTF8.self)),
            in: transaction)
    }

    private func tell(
        _ domain: DomainRow, _ finding: ChallengeLookUps.Finding, isLost: Bool,
        in transaction: Transaction
    ) async throws {
        let (owners, name) = try await OwnerAddresses.find(
            of: domain.organization, in: transaction)
        let link =
            "\(issuer)/api/v1/organizations/\(domain.organization)/domains/\(domain.id)"
        for owner in owners {
            if isLost {
                try await outbox.append(
                    DomainLostMail(organization: name, domain: domain.name, link: link),
                    to: owner, organization: domain.organization, in: transaction)
            } else {
                try await outbox.append(
                    DomainCheckFailedMail(
                        organization: name, domain: domain.name, finding: finding.words,
                        lastVerifiedAt: domain.checkedAt ?? domain.createdAt, link: link),
                    to: owner, organization: domain.organization, in: transaction)
            }
        }
    }
}

extension ChallengeLookUps.Finding {
    fileprivate var words: String {
        switch self {
        case .shown: "the record"
        case .missing: "the TXT record is gone"
        case .unknown: "its name servers gave no answer"
        }
    }
}

/// Where the owners of an organization read mail.
enum OwnerAddresses {
    /// - Returns: Their addresses, and what the organization is called.
    static func find(
        of organization: String, in transaction: Transaction
    ) async throws -> (addresses: [MailAddress], name: String) {
        let rows = try await transaction.query([
            Statement(
                """
                SELECT DISTINCT e.address FROM memberships m
                JOIN membership_roles s
                    ON s.organization_id = m.organization_id AND s.membership_id = m.id
                JOIN roles r ON r.organization_id = s.organization_id AND r.id = s.role_id
                    AND r.is_system = TRUE AND r.name = 'owner'
                JOIN account_addresses e ON e.account_id = m.principal_id
                    AND e.is_primary = TRUE AND e.verified_at IS NOT NULL
                WHERE m.organization_id = $1 AND m.status = 'active'
                """, [.text(organization)]),
            Statement("SELECT name FROM organizations WHERE id = $1", [.text(organization)]),
        ])
        let addresses = try rows[0].compactMap { MailAddress(try $0.text("address")) }
        return (addresses, try rows[1].first?.text("name") ?? "")
    }
}
