extension SealingKeys {
    /// The code of a message by which we know that it was ours: HMAC-SHA-256 with a key made for
    /// the purpose of the one that seals.
    /// - Source: RFC 2104; the key is derived by the same function (NIST SP 800-108, HMAC in
    ///   counter mode, of one block).
    public func code(_ message: Span<UInt8>, purpose: String) -> [UInt8] {
        authenticator(activeKey, purpose)?.code(message) ?? []
    }

    /// Whether `candidate` is the message's code by any of the keys.
    public func isCode(
        _ candidate: Span<UInt8>, of message: Span<UInt8>, purpose: String
    ) -> Bool {
        for key in allKeys {
            let isCode = authenticator(key, purpose)?.isCode(candidate, of: message)
            if isCode == true { return true }
        }
        return false
    }

    private func authenticator(_ key: [UInt8], _ purpose: String) -> Authenticator? {
        let label = [1] + Array("ostiary code: \(purpose)".utf8) + [0, 0, 0, 1, 0]
        guard let derived = try? Authenticator(key: key.span, .sha256).code(label.span) else {
            return nil
        }
        return try? Authenticator(key: derived.span, .sha256)
    }
}
