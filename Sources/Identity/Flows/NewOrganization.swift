import RegoMachine
import Storage

/// An organization as it is made: its row, the roles that every one has, and its first owner.
struct NewOrganization: Sendable {
    let organization: OrganizationRow
    /// The principal; `nil`: nobody yet.
    let owner: String?

    /// - Throws: `StorageFailure`, of which `constraint` names `organizations_slug_key` for a slug
    ///   that is taken.
    func insert(in transaction: Transaction, now: Int64, host: Host) async throws {
        try await transaction.execute(
            Statement(
                """
                INSERT INTO organizations (
                    id, realm_id, slug, name, tier, status, version, created_at, updated_at
                ) VALUES ($1, 'default', $2, $3, $4, $5, $6, $7, $7)
                """,
                [
                    .text(organization.id), .text(organization.slug), .text(organization.name),
                    .text(organization.tier), .text(organization.status),
                    .integer(organization.version), .integer(now),
                ]))
        for (name, rank) in Role.system {
            let id = Identifier(.role, host).text
            try await transaction.execute(
                Statement(
                    """
                    INSERT INTO roles (
                        id, organization_id, name, rank, is_system, permissions, version,
                        created_at, updated_at
                    ) VALUES ($1, $2, $3, $4, TRUE, '[]', 1, $5, $5)
                    """,
                    [
                        .text(id), .text(organization.id), .text(name), .integer(rank),
                        .integer(now),
                    ]))
        }
        guard let owner else { return }
        let membership = NewMembership(
            organization: organization.id, principal: owner, roleName: "owner", host: host)
        try await membership.insert(in: transaction, now: now)
    }
}

/// The name of an organization in host names and paths.
enum Slug {
    /// Names that hosts of our own or of mail have, or may have later.
    private static let reserved: Set<String> = [
        "www", "api", "app", "auth", "login", "signin", "signup", "sso", "oauth", "oauth2", "oidc",
        "saml", "scim", "id", "account", "accounts", "admin", "root", "static", "assets", "cdn",
        "mail", "webmail", "smtp", "imap", "pop", "pop3", "mx", "postmaster", "hostmaster",
        "webmaster", "abuse", "security", "noreply", "ftp", "vpn", "ns", "ns1", "ns2", "dns",
        "autoconfig", "autodiscover", "wpad", "isatap", "localhost", "local", "status", "docs",
        "help", "support", "billing", "internal", "system", "platform", "ostiary", "default",
    ]

    static func fault(at pointer: String) -> Fault {
        .invalid([.init(pointer, "is no label of a host name, or is reserved")])
    }

    static func fault(_ failure: StorageFailure) -> any Error {
        switch failure {
        case .constraint(.unique, name: "organizations_slug_key"):
            Fault(.conflict, "the slug is taken")
        default: failure
        }
    }

    /// Takes a name from an organization that was deleted so long ago that it is kept no longer.
    static func release(_ slug: String, in transaction: Transaction, now: Int64) async throws {
        let before = now - OrganizationEndFlow.nameKeptSeconds * 1_000_000
        try await transaction.execute(
            Statement(
                """
                UPDATE organizations SET slug = id
                WHERE realm_id = 'default' AND slug = $1 AND status = 'deleted'
                    AND deleted_at < $2
                """, [.text(slug), .integer(before)]))
    }

    /// None of `reserved`, and none that looks like punycode.
    static func isFit(_ text: String) -> Bool {
        isLabel(text) && !text.hasPrefix("xn--") && !reserved.contains(text)
    }

    /// Whether it is a label of RFC 1123 in lower case.
    static func isLabel(_ text: some StringProtocol) -> Bool {
        let bytes = Array(text.utf8)
        guard (1...63).contains(bytes.count), bytes.first != 0x2D, bytes.last != 0x2D else {
            return false
        }
        return bytes.allSatisfy {
            (0x61...0x7A).contains($0) || (0x30...0x39).contains($0) || $0 == 0x2D
        }
    }
}
