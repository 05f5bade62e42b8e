import Cryptography
import Storage

/// Where wrong passwords are counted: for each account the devices that are known to it, one by
/// one, and all others together. Whoever guesses from elsewhere keeps out nobody but themselves and
/// strangers to the account.
struct SignInLane: Sendable, Hashable {
    /// A digest, for somebody may have typed what is no address, or a password.
    let key: [UInt8]
    let isKnownDevice: Bool

    /// After so many in a row the owner hears of them when somebody comes in by the lane, or by
    /// mail.
    /// - Source: OWASP ASVS 5.0, V6.3.5.
    static let failuresToTell: Int64 = 5

    /// - Parameter claimed: The account's id, or the address where there is none.
    /// - Parameter device: What the client has shown, where it is known to the account.
    init(of claimed: String, device: OpaqueToken?) {
        self.init(of: claimed, deviceDigest: device?.digest)
    }

    private init(of claimed: String, deviceDigest digest: [UInt8]?) {
        let text = "\(claimed) \(digest?.hexadecimal ?? "unknown")"
        key = DigestAlgorithm.sha256.digest(Array(text.utf8).span)
        isKnownDevice = digest != nil
    }

    /// All lanes of an account are open again.
    static func resetAll(of account: String, in transaction: Transaction) async throws {
        let devices = try await transaction.query(KnownDevice.all(of: account))
        try await transaction.execute(SignInLane(of: account, device: nil).reset)
        for device in devices {
            let digest = try device.bytes("digest")
            try await transaction.execute(SignInLane(of: account, deviceDigest: digest).reset)
        }
    }

    func count(now: Int64) -> Statement {
        Statement(
            "SELECT failures FROM sign_in_lanes WHERE lane = $1 AND expires_at > $2",
            [.bytes(key), .integer(now)])
    }

    func failure(now: Int64) -> Statement {
        Statement(
            """
            INSERT INTO sign_in_lanes (lane, failures, expires_at) VALUES ($1, 1, $2)
            ON CONFLICT (lane) DO UPDATE SET expires_at = $2, failures =
                CASE WHEN sign_in_lanes.expires_at > $3 THEN sign_in_lanes.failures + 1 ELSE 1 END
            """,
            [
                .bytes(key), .integer(now + SessionLifetimes.laneSeconds * 1_000_000),
                .integer(now),
            ])
    }

    var reset: Statement {
        Statement("DELETE FROM sign_in_lanes WHERE lane = $1", [.bytes(key)])
    }
}

/// A browser or client that an account has signed in with.
enum KnownDevice {
    static func all(of account: String) -> Statement {
        Statement("SELECT digest FROM known_devices WHERE account_id = $1", [.text(account)])
    }

    static func finding(_ device: OpaqueToken, of account: String, now: Int64) -> Statement {
        finding(device.digest, of: account, now: now)
    }

    /// - Parameter digest: Of what the device shows.
    static func finding(_ digest: [UInt8], of account: String, now: Int64) -> Statement {
        Statement(
            """
            SELECT account_id FROM known_devices
            WHERE account_id = $1 AND digest = $2 AND expires_at > $3
            """, [.text(account), .bytes(digest), .integer(now)])
    }

    static func keeping(_ device: OpaqueToken, of account: String, now: Int64) -> Statement {
        Statement(
            """
            INSERT INTO known_devices (account_id, digest, first_seen_at, last_seen_at, expires_at)
            VALUES ($1, $2, $3, $3, $4)
            ON CONFLICT (account_id, digest) DO UPDATE SET last_seen_at = $3, expires_at = $4
            """,
            [
                .text(account), .bytes(device.digest), .integer(now),
                .integer(now + SessionLifetimes.deviceSeconds * 1_000_000),
            ])
    }
}
