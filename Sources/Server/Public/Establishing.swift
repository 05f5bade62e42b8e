import HTTPTypes
import Hummingbird
import HummingbirdCore
import Identity
import Storage

extension PublicFront {
    /// Tenant and credential: looked up together, and compared with everything else that names a
    /// tenant.
    func establish(
        _ facts: inout RequestFacts, _ request: Request, _ arrival: inout Arrival
    ) async throws(Fault) {
        let named = names.tenant(of: facts.host)
        guard named != .unknown else { throw Fault(.unknownHost) }
        let shown = try shown(request, facts, &arrival)
        var statements = PublicFront.lookUps(of: named)
        let lookUp = shown?.lookUp(deployment.revocations, now: facts.time)
        if let lookUp { statements.append(lookUp) }
        let rows = statements.isEmpty ? [] : try await read(.none, statements)
        let hostTenant = try tenant(of: named, rows.first ?? [])
        let found = lookUp == nil ? [] : rows.last ?? []
        try accept(shown, found, hostTenant, &facts, &arrival)
        facts.maintenance = deployment.maintenance.notice(now: facts.time)
        try await settle(hostTenant, &facts, request)
    }

    /// What is asked of the rows about a host: one statement, or none.
    private static func lookUps(of host: HostNames.Tenant) -> [Statement] {
        switch host {
        case .slug(let slug): [Tenant.lookUp(slug: slug)]
        case .domain(let name): [DomainHost.lookUp(name)]
        case .none, .unknown: []
        }
    }

    /// - Parameter rows: Of the host's look-up.
    /// - Returns: `nil`: the host belongs to no organization.
    /// - Throws: `Fault` where it belongs to one that is not there, or to nobody.
    private func tenant(
        of host: HostNames.Tenant, _ rows: [Row]
    ) throws(Fault) -> String? {
        switch host {
        case .none: return nil
        case .unknown: throw Fault(.unknownHost)
        case .slug, .domain: break
        }
        guard let row = rows.first else {
            if case .domain = host { throw Fault(.unknownHost) }
            throw Fault(.unknownTenant)
        }
        let (id, status) = try stored { () throws(StorageFailure) in
            (try row.text("id"), try row.text("status"))
        }
        guard status != "deleted" else { throw Fault(.unknownTenant) }
        return id
    }

    /// Who shows what is genuine and good; a cookie that is neither is as none.
    private func accept(
        _ shown: ShownCredential?, _ rows: [Row], _ hostTenant: String?,
        _ facts: inout RequestFacts, _ arrival: inout Arrival
    ) throws(Fault) {
        facts.hostOrganization = hostTenant
        let now = facts.time
        switch shown {
        case nil: break
        case .key(let key):
            let result = try stored { () throws(StorageFailure) in
                try key.credential(rows, now: now)
            }
            let credential = try result.get()
            deployment.keyUses.add(credential, address: facts.address, time: facts.time)
            facts.credential = credential
        case .token(let token):
            guard deployment.revocations.refuse(token) != true, rows.isEmpty else {
                throw Fault(.tokenInvalid)
            }
            facts.credential = Credential(token)
            deployment.activity.add(token, now: now)
        case .session(let cookie):
            let found = try stored { () throws(StorageFailure) in
                try SessionRows.credential(cookie, rows, now: now)
            }
            facts.credential = try found.flatMap { (found) throws(Fault) in
                try PublicFront.isAtHome(found, facts) ? found : nil
            }
            arrival.hasStaleSession = facts.credential == nil
            if facts.credential != nil, SessionRows.isStale(rows, now: now) {
                deployment.activity.add(cookie.id, now: now)
            }
        }
    }

    /// Whether a session is shown at the one host that it is good at.
    /// - Throws: `Fault.tenantMismatch` where the host is another organization's.
    private static func isAtHome(
        _ credential: Credential, _ facts: RequestFacts
    ) throws(Fault) -> Bool {
        if let own = credential.organization, let asked = facts.hostOrganization, own != asked {
            throw Fault(.tenantMismatch)
        }
        return credential.session?.site == facts.site
    }

    /// Records that a credential was no good. Nobody has decided then.
    func rejected(
        _ facts: RequestFacts, _ fault: Fault, _ arrival: inout Arrival
    ) -> Fault {
        arrival.decision = nil
        switch fault.code {
        case .tokenInvalid, .sessionExpired, .tenantMismatch:
            anonymousDenials.add(facts, decision: nil)
        default: break
        }
        return fault
    }

    /// What the client brings: in `Authorization`, or else the cookie of a session.
    private func shown(
        _ request: Request, _ facts: RequestFacts, _ arrival: inout Arrival
    ) throws(Fault) -> ShownCredential? {
        let given = request.headers[values: .authorization]
        guard let field = given.first else {
            guard let text = arrival.cookies[.session] else { return nil }
            arrival.hasStaleSession = true
            return OpaqueToken(.session, text).map(ShownCredential.session)
        }
        guard given.count == 1, field.lowercased().hasPrefix("bearer ") else {
            throw Fault(.tokenInvalid, "the credential is no bearer token")
        }
        let text = String(field.dropFirst(7))
        if let key = APIKey(text) { return .key(key) }
        guard let token = facilities.accessTokens.token(text, for: options.issuer.text) else {
            throw Fault(.tokenInvalid)
        }
        return .token(token)
    }

    func load(_ facts: RequestFacts) async throws(Fault) -> Loaded {
        let lookUps = LookUps(facts)
        let statements = lookUps.statements(facts)
        let rows = statements.isEmpty ? [] : try await read(facts.scope, statements)
        return try stored { () throws(StorageFailure) in try loaded(facts, lookUps, rows) }
    }

    /// - Parameter rows: What `lookUps` found.
    func loaded(
        _ facts: RequestFacts, _ lookUps: LookUps, _ rows: [[Row]]
    ) throws(StorageFailure) -> Loaded {
        var facts = facts
        if rows.count > lookUps.needed.count, let found = rows.last {
            facts.maintenance = try MaintenanceRow(found).notice(now: facts.time)
        }
        let (subject, tenant) = try SubjectQuery.read(
            lookUps.own == 0 ? [] : rows[0], credential: facts.credential)
        let resource = try facts.operation.loader.facts(
            Array(rows[lookUps.own..<lookUps.needed.count]), facts)
        return Loaded(
            request: facts, method: facts.operation.method.rawValue, subject: subject,
            tenant: tenant, resource: resource, lookUps: lookUps, rows: rows)
    }
}

/// What is asked of the rows about a request, in one round trip: the same before its transaction
/// and inside of it.
struct LookUps: Sendable {
    /// Of the subject and its tenant, then of the operation.
    let needed: [Statement]
    /// How many of them are of the subject: none where nobody asks about no tenant. Such operations
    /// do without a database.
    let own: Int

    init(_ facts: RequestFacts) {
        let loader = facts.operation.loader.statements(facts)
        guard facts.credential != nil || facts.tenant != nil else {
            (needed, own) = (loader, 0)
            return
        }
        let subject = SubjectQuery.statement(
            principal: facts.credential?.principal, tenant: facts.tenant, now: facts.time)
        (needed, own) = ([subject] + loader, 1)
    }

    /// With what the node should know of maintenance and does not. An operation that needs no rows
    /// otherwise does without that, too.
    func statements(_ facts: RequestFacts, always: Bool = false) -> [Statement] {
        let isAsked = facts.maintenance == .unknown && (always || !needed.isEmpty)
        return needed + (isAsked ? [MaintenanceRow.finding] : [])
    }
}

/// What a client shows, before it is known to be good.
enum ShownCredential: Sendable {
    case key(APIKey)
    /// One that was made here, and is not too old.
    case token(AccessToken)
    case session(OpaqueToken)

    /// What of it is asked of the rows. Of a token nothing, where the node knows what was revoked.
    func lookUp(_ revocations: Revocations, now: Int64) -> Statement? {
        switch self {
        case .key(let key): key.lookUp
        case .token(let token):
            revocations.refuse(token) == nil ? Revocations.finding(token, now: now) : nil
        case .session(let cookie): SessionRows.finding(cookie)
        }
    }
}
