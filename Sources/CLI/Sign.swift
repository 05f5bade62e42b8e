import ArgumentParser
import Bundles
import Rego

/// `ostiary sign`: the signature of a bundle.
struct Sign: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Sign a bundle.",
        discussion: """
            Writes .signatures.json, which goes into the bundle's root. `build
            --signing-key` packs and signs in one step.

              openssl ecparam -genkey -name prime256v1 -noout -out private.pem
              ostiary sign --signing-key private.pem --signing-alg ES256 Policies/rbac
              ostiary sign --signing-key secret --signing-alg HS256 -o bundles \\
                bundles/rbac.tar.gz
            """)

    @Argument(help: ArgumentHelp("The bundle: a folder or a .tar.gz.", valueName: "path"))
    var path: String

    @Flag(name: .shortAndLong, help: "The path is a bundle, which it always is.")
    var bundle = false

    @OptionGroup var signing: SigningFlags

    @Option(help: ArgumentHelp("The algorithm, such as ES256.", valueName: "name"))
    var signingAlg = "RS256"

    @Option(
        name: [.customShort("o"), .long],
        help: ArgumentHelp("Where .signatures.json is written.", valueName: "folder"))
    var outputFilePath = "."

    func validate() throws {
        if signing.signingKey == nil { throw ValidationError("specify a --signing-key") }
    }

    func run() throws {
        guard let signer = try signing.signer(algorithm: signingAlg) else { return }
        do {
            let entries = try PolicyLoader().entries(ofBundle: path)
            let text = try signer.signatures(of: entries)
            try Standard.write(text, to: outputFilePath + "/.signatures.json")
        } catch let failure as LoadFailure {
            throw Problems(failure)
        } catch let failure as BundleKey.Failure {
            throw Problems(clause: failure.clause)
        }
    }
}

/// `ostiary verify`: whether a bundle is the one that was signed.
struct Verify: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Check the signature of a bundle.",
        discussion: """
            Says how many files are as they were signed; or, with exit status 2,
            why the bundle is not the one that was signed.

              openssl ecparam -genkey -name prime256v1 -noout -out private.pem
              openssl ec -in private.pem -pubout -out public.pem
              ostiary build --signing-key private.pem --signing-alg ES256 \\
                examples/invoicing/policies
              ostiary verify --verification-key public.pem --signing-alg ES256 bundle.tar.gz
            """)

    @Argument(help: ArgumentHelp("The bundle: a folder or a .tar.gz.", valueName: "path"))
    var path: String

    @OptionGroup var verification: VerificationFlags

    func validate() throws {
        if verification.verificationKey == nil {
            throw ValidationError("specify a --verification-key")
        }
    }

    func run() throws {
        guard let wanted = try verification.verification() else {
            throw Problems(clause: "--skip-verify leaves nothing to do")
        }
        do throws(LoadFailure) {
            let entries = try PolicyLoader().verify(bundle: path, wanted)
            let count = entries.count - 1
            let what = count == 1 ? "1 file is as it was" : "\(count) files are as they were"
            Standard.output(Array("\(what) signed\n".utf8))
        } catch {
            throw Problems(error)
        }
    }
}
