import Cryptography
public import RegoMachine

/// Makes access tokens, and tells those that were made here from all others.
///
/// A token that is not ours has one answer, whatever is wrong with it. Whether one of ours has been
/// revoked is not known here: rows say so.
/// - Source: RFC 9068; RFC 8725 for what is refused.
public struct AccessTokens: Sendable {
    private let issuer: String
    private let keys: SigningKeys
    private let host: Host

    /// - Parameter issuer: As configured; never what a request says.
    public init(issuer: String, keys: SigningKeys, host: Host) {
        self.issuer = issuer
        self.keys = keys
        self.host = host
    }

    private var now: Int64 { host.now() / 1_000_000_000 }

    /// The token as its bearer shows it.
    /// - Throws: `SigningFailure`.
    public func text(of token: AccessToken) throws(SigningFailure) -> String {
        let key = try keys.signer()
        guard let privateKey = key.privateKey else { throw .failed }
        let header: JSON = [
            "typ": .text(AccessToken.type), "alg": .text(key.algorithm.rawValue),
            "kid": .text(key.id),
        ]
        return try CompactJWS.text(
            header: header, payload: token.claims(issuer: issuer), privateKey,
            key.algorithm.signature)
    }

    /// What a token says.
    /// - Parameter audience: Whoever asks: a token for another one is none here.
    /// - Returns: `nil`: it is no token that was made here for that audience and is still good.
    public func token(_ text: String, for audience: String) -> AccessToken? {
        guard let jws = CompactJWS(text, bytesMax: AccessToken.textBytesMax),
            let key = signingKey(of: jws.header), isSigned(jws, by: key),
            let claims = try? JSON(reading: jws.payload)
        else { return nil }
        return AccessToken(claims, issuer: issuer, audience: audience, now: now)
    }

    /// The key that the header names. Which algorithm is checked is the key's to say: a header that
    /// says another, or anything beyond these three, is not one of ours.
    private func signingKey(of header: JSON) -> SigningKey? {
        guard case .object(let members) = header, members.count == 3,
            header["typ"]?.text == AccessToken.type, let id = header["kid"]?.text,
            let key = keys.verifier(id), header["alg"]?.text == key.algorithm.rawValue
        else { return nil }
        return key
    }

    private func isSigned(_ jws: CompactJWS, by key: SigningKey) -> Bool {
        let verifier = try? Verifier(key: key.publicKey, algorithm: key.algorithm.signature)
        return verifier?.isSignature(jws.signature.span, of: jws.signed.span) ?? false
    }
}
