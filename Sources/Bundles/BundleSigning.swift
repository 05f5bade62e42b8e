import Cryptography
public import RegoMachine

/// Signs bundles as `opa sign` does.
public struct BundleSigner: Sendable {
    private let key: BundleKey
    private let keyID: String?
    /// More claims of the token; they go before ours.
    private let claims: Document

    /// - Parameters:
    ///   - keyID: What the signature says of its key; nothing where it is `nil`.
    ///   - claims: An object, such as `{"scope": "read"}`.
    public init(key: BundleKey, keyID: String? = nil, claims: Document = .empty) {
        self.key = key
        self.keyID = keyID
        self.claims = claims
    }

    /// The text of `.signatures.json` for a bundle's files, without one of that name.
    public func signatures(of entries: [Archive.Entry]) throws(BundleKey.Failure) -> [UInt8] {
        var rows: [String] = []
        for entry in entries.sorted(by: { $0.path < $1.path })
        where entry.path != BundleSignatures.fileName {
            let file = BundleFile(path: entry.path, shown: entry.path, bytes: entry.bytes)
            do throws(BundleSignatures.Refusal) {
                let digest = try BundleSignatures.digest(of: file, .sha256).hexadecimal
                let name = JSONText.quoted(entry.path)
                rows.append(#"{"name":\#(name),"hash":"\#(digest)","algorithm":"SHA-256"}"#)
            } catch {
                throw BundleKey.Failure(clause: error.clause)
            }
        }
        let token = try token("[\(rows.joined(separator: ","))]")
        return Array("{\"signatures\":[\"\(token)\"]}\n".utf8)
    }

    private func token(_ files: String) throws(BundleKey.Failure) -> String {
        var header = #"{"alg":"\#(key.algorithm.rawValue)""#
        if let keyID { header += #","kid":\#(JSONText.quoted(keyID))"# }
        guard let listed = try? Document.parse(json: Array(files.utf8)) else {
            throw BundleKey.Failure(clause: "a file's name cannot be signed")
        }
        // Claims of the author win, as in OPA.
        var payload = claims
        if claims.json(at: ["files"]) == nil {
            payload = payload.setting(["files"], to: listed) ?? payload
        }
        if let keyID, claims.withRoot({ $0.entries.isEmpty }),
            let named = try? Document.parse(json: Array(JSONText.quoted(keyID).utf8))
        {
            payload = payload.setting(["keyid"], to: named) ?? payload
        }
        let signed = [Array((header + "}").utf8), payload.json(at: []) ?? []]
            .map { String(decoding: Base64.url.encode($0, padded: false), as: UTF8.self) }
            .joined(separator: ".")
        let signature = Base64.url.encode(
            try key.signature(of: Array(signed.utf8)), padded: false)
        return signed + "." + String(decoding: signature, as: UTF8.self)
    }
}
