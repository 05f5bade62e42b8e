import Cryptography
import RegoMachine

/// The signature of a bundle: a token (RFC 7515, compact) over the digests of all its files.
/// - Source: OPA documentation, "Bundles", signing; `bundle/sign.go` and `verify.go` of OPA 1.20.
enum BundleSignatures {
    static let fileName = ".signatures.json"

    /// Why a bundle is not the one that was signed; one clause.
    struct Refusal: Error {
        let clause: String
    }

    /// Of documents the digest is over their canonical form, so that layout does not count.
    static func isDocument(_ path: String) -> Bool {
        [".manifest", "data.json", "data.yaml"].contains(PathText.lastElement(path))
    }

    static func digest(
        of file: BundleFile, _ algorithm: DigestAlgorithm
    ) throws(Refusal) -> [UInt8] {
        guard isDocument(file.path) else { return algorithm.digest(file.bytes.span) }
        do throws(Decoding.Failure) {
            let document = try Decoding.document(file.bytes, path: file.path)
            let canonical = document.json(at: []) ?? []
            return algorithm.digest(canonical.span)
        } catch {
            throw Refusal(clause: error.clause)
        }
    }

    static func algorithm(_ name: String) -> DigestAlgorithm? {
        switch name {
        case "MD5": .md5
        case "SHA-1": .sha1
        case "SHA-224": .sha224
        case "SHA-256": .sha256
        case "SHA-384": .sha384
        case "SHA-512": .sha512
        case "SHA-512-224": .sha512_224
        case "SHA-512-256": .sha512_256
        default: nil
        }
    }
}

/// What a bundle's signature has to be.
public struct BundleVerification: Sendable {
    let key: BundleKey
    let keyID: String?
    let scope: String
    private let excluded: [Glob]

    /// - Parameters:
    ///   - keyID: The key that the signature must name, where it is said; its own name is not
    ///     checked then.
    ///   - scope: What the signature must be for; empty: nothing in particular.
    ///   - excluded: Globs over paths whose files need not be signed.
    public init(key: BundleKey, keyID: String? = nil, scope: String = "", excluded: [String] = []) {
        self.key = key
        self.keyID = keyID
        self.scope = scope
        self.excluded = excluded.compactMap(Glob.init)
    }

    /// Refuses files that are not exactly those that were signed.
    func check(_ files: [BundleFile]) throws(BundleSignatures.Refusal) {
        guard let signatures = files.first(where: { $0.path == BundleSignatures.fileName }) else {
            throw BundleSignatures.Refusal(clause: "bundle missing .signatures.json file")
        }
        var signed = try signedFiles(BundleToken(signatures.bytes))
        for file in files where file.path != BundleSignatures.fileName {
            if excluded.contains(where: { $0.matches(file.path) }) {
                signed[file.path] = nil
                continue
            }
            guard let entry = signed.removeValue(forKey: file.path) else {
                throw BundleSignatures.Refusal(
                    clause: "file \(file.path) not included in bundle signature")
            }
            guard let algorithm = BundleSignatures.algorithm(entry.algorithm) else {
                throw BundleSignatures.Refusal(
                    clause: "\(file.path): unsupported hashing algorithm `\(entry.algorithm)`")
            }
            let digest = try BundleSignatures.digest(of: file, algorithm).hexadecimal
            guard digest == entry.hash.lowercased() else {
                throw BundleSignatures.Refusal(
                    clause: "\(file.path): digest mismatch (want: \(entry.hash), got: \(digest))")
            }
        }
        if let missing = signed.keys.min() {
            throw BundleSignatures.Refusal(
                clause: "file \(missing) is signed and not in the bundle")
        }
    }

    private func signedFiles(
        _ token: BundleToken
    ) throws(BundleSignatures.Refusal) -> [String: (hash: String, algorithm: String)] {
        // One key is known: a signature that names another is somebody else's.
        if keyID == nil, let named = token.keyID, named != key.name {
            throw BundleSignatures.Refusal(
                clause: "verification key corresponding to ID \"\(named)\" not found")
        }
        guard token.algorithm == key.algorithm.rawValue,
            key.isSignature(token.signature, of: token.signed)
        else {
            throw BundleSignatures.Refusal(clause: "could not verify the signature")
        }
        guard token.scope == scope else {
            throw BundleSignatures.Refusal(clause: "scope mismatch")
        }
        return token.files
    }
}

/// What `.signatures.json` holds, not yet believed.
struct BundleToken {
    let algorithm: String
    let keyID: String?
    let scope: String
    var files: [String: (hash: String, algorithm: String)] = [:]
    let signed: [UInt8]
    let signature: [UInt8]

    init(_ text: [UInt8]) throws(BundleSignatures.Refusal) {
        let file = BundleSignatures.fileName
        guard let document = try? Document.parse(json: text) else {
            throw BundleSignatures.Refusal(clause: "\(file): it is no JSON")
        }
        let tokens = document.withRoot { root in
            root.member("signatures")?.list.map { $0.string ?? "" }
        }
        guard let tokens, tokens.count == 1 else {
            let what = tokens?.isEmpty == false ? "multiple JWTs not supported" : "missing JWT"
            throw BundleSignatures.Refusal(clause: "\(file): \(what) (expected exactly one)")
        }
        let parts = tokens[0].split(separator: ".", omittingEmptySubsequences: false)
        guard parts.count == 3, let header = BundleToken.decoded(parts[0]),
            let payload = BundleToken.decoded(parts[1]),
            let signature = BundleToken.decoded(parts[2]),
            let head = try? Document.parse(json: header),
            let body = try? Document.parse(json: payload)
        else { throw BundleSignatures.Refusal(clause: "\(file): it holds no JWT") }
        signed = Array("\(parts[0]).\(parts[1])".utf8)
        self.signature = signature
        algorithm = head.withRoot { $0.member("alg")?.string ?? "" }
        let named = head.withRoot { $0.member("kid")?.string }
        keyID = named ?? body.withRoot { $0.member("keyid")?.string }
        scope = body.withRoot { $0.member("scope")?.string ?? "" }
        files = body.withRoot { root in
            var files: [String: (hash: String, algorithm: String)] = [:]
            for entry in root.member("files")?.list ?? [] {
                guard let name = entry.member("name")?.string else { continue }
                files[name] = (
                    entry.member("hash")?.string ?? "", entry.member("algorithm")?.string ?? ""
                )
            }
            return files
        }
    }
}

extension BundleToken {
    private static func decoded(_ text: Substring) -> [UInt8]? {
        try? Base64.url.decode(Array(text.utf8), padded: false)
    }
}

extension Value {
    func member(_ name: String) -> Value? {
        guard kind == .object else { return nil }
        return entries.first { $0.key.string == name }?.value
    }

    var list: [Value] { kind == .array ? Array(elements) : [] }
}
