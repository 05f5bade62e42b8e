import Cryptography
import Storage

/// A sign-in under way: who wants in where, and what they have shown so far. It is the only way to
/// a session, of which it gives one.
///
/// Invariant: all of its evidence is of one account.
public struct Attempt: Sendable, Hashable {
    let id: String
    /// Of the secret that binds it to a browser or a client.
    let digest: [UInt8]
    let client: String
    /// The organization that the session is to be good for; `nil`: all of the account's.
    let organization: String?
    /// The organization's host that the session is to be good at; `nil`: the issuer's.
    let site: String?
    /// The page of ours to go on to.
    let returnTo: String?
    private(set) var evidence: [Evidence]
    /// Microseconds since 1970.
    let expiresAt: Int64

    /// The client that every installation has: its own pages, and those that call its API.
    static let ownClient = "ostiary"
    static let lifetimeSeconds = 600

    init(
        id: String, digest: [UInt8], client: String = Attempt.ownClient, organization: String?,
        site: String? = nil, returnTo: String?, evidence: [Evidence] = [], expiresAt: Int64
    ) {
        self.id = id
        self.digest = digest
        self.client = client
        self.organization = organization
        self.site = site
        self.returnTo = returnTo
        self.evidence = evidence
        self.expiresAt = expiresAt
    }

    /// With something more that was shown. What shows somebody to be another account begins anew.
    func adding(_ shown: Evidence) -> Attempt {
        var attempt = of(shown.account)
        attempt.evidence.removeAll {
            $0.method == shown.method && $0.connection == shown.connection
        }
        attempt.evidence.append(shown)
        return attempt
    }

    func ending(at end: Int64) -> Attempt {
        Attempt(
            id: id, digest: digest, client: client, organization: organization, site: site,
            returnTo: returnTo, evidence: evidence, expiresAt: end)
    }

    /// With what of its evidence still stands: who has changed their password, or given an address
    /// up, is not shown by those.
    func standing(in transaction: Transaction) async throws -> Attempt {
        guard let account = evidence.first?.account else { return self }
        let rows = try await transaction.query([
            AccountAddresses.password(of: account), AccountAddresses.verified(of: account),
        ])
        let password = try AddressOwner(rows[0])?.basis
        let addresses = Set(try rows[1].map { try $0.text("address_key") })
        var attempt = self
        attempt.evidence.removeAll { shown in
            switch shown.method {
            case .password: shown.basis == nil || shown.basis != password
            case .mail: !addresses.contains(shown.basis ?? "")
            }
        }
        return attempt
    }

    /// With what of its evidence is an account's; `nil`: nobody's.
    func of(_ account: String?) -> Attempt {
        var attempt = self
        attempt.evidence.removeAll { $0.account != account }
        return attempt
    }

    // MARK: Stored

    var json: JSON {
        [
            "digest": .text(digest.hexadecimal), "client": .text(client),
            "organization": JSON(organization), "site": JSON(site), "return_to": JSON(returnTo),
            "evidence": .array(evidence.map(\.json)), "expires_at": .integer(expiresAt),
        ]
    }

    /// As a row keeps one that a mail was asked for in; `nil`: there was none.
    init?(_ row: Row) throws(StorageFailure) {
        guard let id = try row.text(orNull: "attempt_id"),
            let text = try row.text(orNull: "attempt"),
            let json = try? JSON(reading: Array(text.utf8))
        else { return nil }
        self.init(json, id: id)
    }

    /// As a row keeps it.
    var text: SQLValue { .text(String(decoding: json.bytes, as: UTF8.self)) }

    init?(_ json: JSON, id: String) {
        guard let digest = json["digest"]?.text.flatMap([UInt8].init(hexadecimal:)),
            let client = json["client"]?.text, let expiresAt = json["expires_at"]?.integer,
            let evidence = json["evidence"]?.elements
        else { return nil }
        self.init(
            id: id, digest: digest, client: client, organization: json["organization"]?.text,
            site: json["site"]?.text, returnTo: json["return_to"]?.text,
            evidence: evidence.compactMap(Evidence.init), expiresAt: expiresAt)
    }
}
