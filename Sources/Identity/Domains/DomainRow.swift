public import Storage

/// A domain that an organization says is its own.
struct DomainRow: Sendable {
    let id: String
    let organization: String
    let name: String
    /// What the record is to hold.
    let challenge: String
    let state: State
    let version: Int64
    let createdAt: Int64
    let verifiedAt: Int64?
    let checkedAt: Int64?
    /// How often in a row the record was not found, and since when.
    let misses: Int64
    let missedSince: Int64?
    /// When it goes unless it is verified.
    let expiresAt: Int64?

    enum State: String, Sendable, CaseIterable {
        /// Nobody has shown yet whose it is.
        case pending
        /// It is served.
        case verified
        /// The record has gone: it is served no longer.
        case lost
    }

    /// How long one that is not verified stays.
    static let keptSeconds: Int64 = 30 * 86_400

    init(_ row: Row) throws(StorageFailure) {
        id = try row.text("id")
        organization = try row.text("organization_id")
        name = try row.text("name")
        challenge = try row.text("challenge")
        state = State(rawValue: try row.text("state")) ?? .lost
        version = try row.integer("version")
        createdAt = try row.integer("created_at")
        verifiedAt = try row.integer(orNull: "verified_at")
        checkedAt = try row.integer(orNull: "checked_at")
        misses = try row.integer("misses")
        missedSince = try row.integer(orNull: "missed_since")
        expiresAt = try row.integer(orNull: "expires_at")
    }

    static let columns = """
        d.id, d.organization_id, d.name, d.challenge, d.state, d.version, d.created_at,
        d.verified_at, d.checked_at, d.misses, d.missed_since, d.expires_at
        """

    static func one(_ id: String, in organization: String) -> Statement {
        Statement(
            "SELECT \(columns) FROM domains d WHERE d.organization_id = $1 AND d.id = $2",
            [.text(organization), .text(id)])
    }

    /// A new one that waits for its record.
    static func insertion(
        id: String, of organization: String, _ name: DomainName, challenge: String, now: Int64
    ) -> Statement {
        Statement(
            """
            INSERT INTO domains (
                id, organization_id, name, challenge, state, version, created_at, updated_at,
                misses, expires_at
            ) VALUES ($1, $2, $3, $4, 'pending', 1, $5, $5, 0, $6)
            """,
            [
                .text(id), .text(organization), .text(name.text), .text(challenge), .integer(now),
                .integer(now + keptSeconds * 1_000_000),
            ])
    }

    static let shape = Shape.object([
        .init("id", .identifier(.domain)), .init("name", .text(3...253)),
        .init("state", .choice(State.allCases.map(\.rawValue)), "Served where it is verified."),
        .init(
            "challenge",
            .object([
                .init("type", .choice(["TXT"])), .init("name", .text(1...253)),
                .init("value", .text(1...100)),
            ]), "The record that shows whose the domain is."),
        .init("created_at", .instant), .init("verified_at", .nullable(.instant)),
        .init("checked_at", .nullable(.instant)),
        .init("missed_since", .nullable(.instant), "Since when the record is not found."),
        .init("expires_at", .nullable(.instant), "When it goes unless it is verified."),
    ])

    var json: JSON {
        [
            "id": .text(id), "name": .text(name), "state": .text(state.rawValue),
            "challenge": [
                "type": "TXT", "name": .text("\(DomainName.challengeLabel).\(name)"),
                "value": .text(challenge),
            ],
            "created_at": .text(Instant.text(createdAt)), "verified_at": DomainRow.time(verifiedAt),
            "checked_at": DomainRow.time(checkedAt), "missed_since": DomainRow.time(missedSince),
            "expires_at": DomainRow.time(expiresAt),
        ]
    }

    private static func time(_ instant: Int64?) -> JSON {
        instant.map { .text(Instant.text($0)) } ?? .null
    }
}

/// Which organization a host of its own is of.
public enum DomainHost {
    /// - Parameter name: In lower case. Asked outside of any organization.
    public static func lookUp(_ name: String) -> Statement {
        Statement(
            """
            SELECT o.id, o.status FROM domains d JOIN organizations o ON o.id = d.organization_id
            WHERE d.name = $1 AND d.state = 'verified'
            """, [.text(name)])
    }
}
