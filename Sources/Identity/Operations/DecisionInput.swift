/// The one document that a decision is made of: everything in it was established here, but
/// `request.claimed`, which no shipped policy trusts.
public struct DecisionInput: Sendable {
    public let request: RequestFacts
    public let method: String
    public let subject: Subject
    public let tenant: Tenant?
    public let resource: ResourceFacts
    public let action: String
    public let resourceType: String

    /// - Parameter question: What is asked on the way; otherwise what the request asks for.
    public init(
        request: RequestFacts, method: String, subject: Subject, tenant: Tenant?,
        resource: ResourceFacts, question: FurtherQuestion? = nil
    ) {
        action = question?.action ?? request.operation.action
        resourceType = question?.resourceType ?? request.operation.loader.type
        self.request = request
        self.method = method
        self.subject = subject
        self.tenant = tenant
        self.resource = question?.resource ?? resource
    }

    /// The document as a policy sees it.
    public var json: JSON { document(claimed: request.body) }

    /// The same for the store: what the client sent under names of secrets is left out.
    public var masked: JSON { document(claimed: request.body.map(Masking.masked)) }

    private func document(claimed: JSON?) -> JSON {
        .object(present: [
            ("action", .text(action)), ("request", requestFacts(claimed)),
            ("subject", subject.json(now: request.time)), ("tenant", tenant?.json),
            ("resource", resourceFacts), ("maintenance", request.maintenance.facts),
        ])
    }

    private func requestFacts(_ claimed: JSON?) -> JSON {
        .object(present: [
            ("id", .text(request.id)), ("method", .text(method)),
            ("route", .text(request.operation.path.text)), ("address", .text(request.address)),
            ("user_agent", request.userAgent.map(JSON.text)), ("host", .text(request.host)),
            ("host_organization", request.hostOrganization.map(JSON.text)),
            ("time", .text(Instant.text(request.time))),
            ("asserted_by", request.assertion?.json), ("claimed", claimed),
        ])
    }

    private var resourceFacts: JSON {
        .object(present: [
            ("type", .text(resourceType)), ("id", resource.id.map(JSON.text)),
            ("exists", .boolean(resource.exists)),
            ("organization", resource.organization.map(JSON.text)),
            ("attributes", resource.attributes),
        ])
    }
}

extension Subject {
    fileprivate func json(now: Int64) -> JSON {
        .object(present: [
            ("kind", .text(kind.rawValue)), ("id", id.map(JSON.text)),
            ("status", status.map(JSON.text)),
            ("platform_roles", .array(platformRoles.map(JSON.text))),
            ("organization", credential?.organization.map(JSON.text)),
            ("membership", membership?.json), ("credential", credential?.json(now: now)),
        ])
    }
}

extension Credential {
    fileprivate func json(now: Int64) -> JSON {
        .object(present: [
            ("kind", .text(kind.rawValue)), ("id", .text(id)),
            ("scopes", .array(scopes.map(JSON.text))), ("session", session?.json(now: now)),
            ("expires_at", kind == .key ? .some(JSON(instant: expiresAt)) : .none),
            ("superseded", kind == .key ? .boolean(isSuperseded) : nil),
        ])
    }
}

extension SessionFacts {
    fileprivate func json(now: Int64) -> JSON {
        [
            "id": .text(id), "amr": .array(methods.map(JSON.text)), "acr": .text(assurance),
            "auth_time": .text(Instant.text(signedInAt)),
            "auth_age_seconds": .integer(max(0, now - signedInAt) / 1_000_000),
        ]
    }
}

extension Membership {
    fileprivate var json: JSON {
        [
            "id": .text(id), "organization": .text(organization), "status": .text(status),
            "roles": .array(roles.map(\.json)),
        ]
    }
}

extension Role {
    /// As policies see it.
    var json: JSON {
        [
            "id": .text(id), "name": .text(name), "rank": .integer(rank),
            "is_system": .boolean(isSystem), "permissions": .array(permissions.map(JSON.text)),
        ]
    }
}

extension Tenant {
    fileprivate var json: JSON {
        [
            "id": .text(id), "slug": .text(slug), "status": .text(status), "tier": .text(tier),
            "flags": ["maintenance": false],
        ]
    }
}

/// Secrets that clients send.
enum Masking {
    private static let words = ["password", "secret", "token", "code", "key", "assertion"]
        .map { Array($0.utf8) }

    /// The value without what stands under such a name.
    static func masked(_ value: JSON) -> JSON {
        switch value {
        case .object(let members):
            .object(
                members.map { member in
                    .init(member.name, isSecret(member.name) ? "***" : masked(member.value))
                })
        case .array(let elements): .array(elements.map(masked))
        default: value
        }
    }

    private static func isSecret(_ name: String) -> Bool {
        let name = Array(name.lowercased().utf8)
        return words.contains { word in
            name.indices.contains { name[$0...].starts(with: word) }
        }
    }
}
