import ArgumentParser
import Bundles
import Rego
import RegoMachine

/// How the signatures of bundles are checked.
struct VerificationFlags: ParsableArguments {
    @Option(
        help: ArgumentHelp(
            "The secret of HMAC, or a file with the PEM of a public key.",
            valueName: "key"))
    var verificationKey: String?

    @Option(help: ArgumentHelp("The name of the verification key.", valueName: "name"))
    var verificationKeyId = BundleKey.standardName

    @Option(
        help: ArgumentHelp("The algorithm of signatures, such as ES256.", valueName: "name"))
    var signingAlg = "RS256"

    @Option(help: ArgumentHelp("The scope that signatures must be for.", valueName: "scope"))
    var scope = ""

    @Option(
        help: ArgumentHelp("Files of bundles that need not be signed.", valueName: "glob"))
    var excludeFilesVerify: [String] = []

    @Flag(help: "Take bundles as they are, signed or not.")
    var skipVerify = false

    /// `nil` where no key is given.
    func verification() throws(Problems) -> BundleVerification? {
        guard let verificationKey, !skipVerify else { return nil }
        let key = try BundleKey.given(
            verificationKey, algorithm: signingAlg, name: verificationKeyId)
        return BundleVerification(key: key, scope: scope, excluded: excludeFilesVerify)
    }
}

extension BundleKey {
    /// A key as flags give it: a file's name, or for HMAC the secret itself.
    static func given(
        _ text: String, algorithm: String, name: String = standardName
    ) throws(Problems) -> BundleKey {
        let isSecret = algorithm.hasPrefix("HS")
        let content: [UInt8]
        do throws(Problems) {
            content = try Standard.read(text)
        } catch {
            guard isSecret || text.hasPrefix("-----BEGIN") else { throw error }
            content = Array(text.utf8)
        }
        do throws(BundleKey.Failure) {
            return try BundleKey(text: content, algorithm: algorithm, name: name)
        } catch {
            throw Problems(clause: error.clause)
        }
    }
}

/// How a bundle is signed.
struct SigningFlags: ParsableArguments {
    @Option(
        help: ArgumentHelp(
            "The secret of HMAC, or a file with the PEM of a private key.", valueName: "key"))
    var signingKey: String?

    @Option(help: ArgumentHelp("The name of the signing key.", valueName: "name"))
    var signingKeyId: String?

    @Option(
        help: ArgumentHelp("A JSON file with claims of the signature.", valueName: "file"))
    var claimsFile: String?

    /// - Returns: `nil` where no key is given.
    func signer(algorithm: String) throws(Problems) -> BundleSigner? {
        guard let signingKey else { return nil }
        let key = try BundleKey.given(signingKey, algorithm: algorithm)
        guard let claimsFile else { return BundleSigner(key: key, keyID: signingKeyId) }
        let text = try Standard.read(claimsFile)
        guard let claims = try? Document.parse(json: text),
            claims.withRoot({ $0.kind == .object })
        else { throw Problems(clause: "\(claimsFile): claims are a JSON object") }
        return BundleSigner(key: key, keyID: signingKeyId, claims: claims)
    }
}
