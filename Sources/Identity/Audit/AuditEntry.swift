public import RegoMachine

/// What was done, by whom, to what, and what came of it.
public struct AuditEntry: Sendable, Hashable {
    public let id: String
    /// `nil`: it concerns the platform.
    public let organization: String?
    /// Microseconds since 1970.
    public let occurredAt: Int64
    public let actorKind: ActorKind
    /// Of a principal.
    public let actor: String?
    /// Such as `organization:create`.
    public let action: String
    public let outcome: Outcome
    public let resourceType: String?
    public let resource: String?
    /// The decision that allowed or denied it.
    public let decision: String?
    public let request: String?
    /// Of the client, as text.
    public let address: String?
    /// A JSON object without secrets.
    public let details: String

    public enum ActorKind: String, Sendable {
        case account, service, client, anonymous
        /// Somebody at the command line of a node.
        case `operator`
        /// A worker of ours.
        case system
    }

    public enum Outcome: String, Sendable {
        case allowed, denied, rejected, failed
    }

    public init(
        id: String, organization: String?, occurredAt: Int64, actorKind: ActorKind, actor: String?,
        action: String, outcome: Outcome, resourceType: String? = nil, resource: String? = nil,
        decision: String? = nil, request: String? = nil, address: String? = nil,
        details: String = "{}"
    ) {
        self.id = id
        self.organization = organization
        self.occurredAt = occurredAt
        self.actorKind = actorKind
        self.actor = actor
        self.action = action
        self.outcome = outcome
        self.resourceType = resourceType
        self.resource = resource
        self.decision = decision
        self.request = request
        self.address = address
        self.details = details
    }

    /// An id for a new entry.
    public static func newID(_ host: Host) -> String { Identifier(.audit, host).text }

    /// The chain of rows that it belongs to: one a tenant, and one of the platform.
    var chain: String { organization ?? AuditEntry.platformChain }

    static let platformChain = "platform"

    /// All fields, each with its length before it, so that none runs over into the next; a missing
    /// one has another mark than an empty one.
    var canonicalBytes: [UInt8] {
        let fields: [String?] = [
            id, organization, String(occurredAt), actorKind.rawValue, actor, action,
            outcome.rawValue, resourceType, resource, decision, request, address, details,
        ]
        var bytes: [UInt8] = []
        bytes.reserveCapacity(512)
        for field in fields {
            guard let field else {
                bytes.append(0)
                continue
            }
            bytes.append(1)
            bytes += UInt64(field.utf8.count).bigEndianBytes
            bytes += field.utf8
        }
        return bytes
    }
}

extension FixedWidthInteger {
    var bigEndianBytes: [UInt8] {
        (0..<Self.bitWidth / 8).map {
            UInt8(truncatingIfNeeded: self >> (Self.bitWidth - 8 - 8 * $0))
        }
    }
}
