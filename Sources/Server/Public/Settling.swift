import HTTPTypes
import HummingbirdCore
import Identity
import Storage

extension PublicFront {
    /// The one organization that a request is about: of its host, else of its path, else of its
    /// credential, else the one that is served alone. Whatever else names one has to agree.
    func settle(
        _ hostTenant: String?, _ facts: inout RequestFacts, _ request: Request
    ) async throws(Fault) {
        let path = facts.parameters["organization"]
        if let hostTenant, let path, path != hostTenant { throw Fault(.notFound) }
        let named = hostTenant ?? path
        let bound = facts.credential?.organization
        let claimed = request.headers[.tenantID]
        if let claimed, let bound, claimed != bound, try await mayAssert(facts.credential) {
            // The host and the path still speak of it, too.
            guard named == nil || named == claimed else { throw PublicFront.mismatch }
            facts.assertion = try await assertion(of: claimed, facts.credential, in: bound)
            facts.tenant = claimed
            return
        }
        if let hostTenant, let bound, bound != hostTenant { throw Fault(.tenantMismatch) }
        var tenant = named ?? bound
        if tenant == nil, names.baseDomain == nil, facts.credential != nil {
            tenant = try await homeOrganization()
        }
        if let claimed, claimed != tenant { throw PublicFront.mismatch }
        facts.tenant = tenant
    }

    private static let mismatch = Fault(
        .tenantMismatch, "X-Tenant-ID names another organization")

    /// Whether a credential is a trusted program's: a service account's of the installation's own
    /// organization, with a scope that says so in words.
    private func mayAssert(_ credential: Credential?) async throws(Fault) -> Bool {
        guard let credential, credential.isForAsserting else { return false }
        return try await homeOrganization() == credential.organization
    }

    private func homeOrganization() async throws(Fault) -> String? {
        do throws(StorageFailure) {
            return try await home.find(deployment.database)
        } catch {
            throw fault(error)
        }
    }

    /// How the program stands at home that names an organization.
    /// - Throws: `Fault.unknownTenant` where there is no such organization.
    private func assertion(
        of organization: String, _ credential: Credential?, in home: String
    ) async throws(Fault) -> TenantAssertion? {
        let answers = try await read(
            .organization(home),
            [
                Tenant.lookUp(id: organization),
                TenantAssertion.lookUp(of: credential?.principal ?? "", in: home),
            ])
        guard !answers[0].isEmpty else { throw Fault(.unknownTenant) }
        return try stored { () throws(StorageFailure) in
            try answers[1].first.map(TenantAssertion.init)
        }
    }
}
