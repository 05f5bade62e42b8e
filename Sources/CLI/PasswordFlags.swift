import ArgumentParser
import Cryptography
import Identity

/// How passwords are hashed, and which are refused.
struct PasswordFlags: ParsableArguments {
    @Option(
        help: ArgumentHelp(
            "Refuse the passwords of this file, too: sorted lines HASH:COUNT, SHA-1.",
            discussion: "As Have I Been Pwned has them, ordered by hash. Not read into memory.",
            valueName: "file"))
    var breachedPasswords: String?

    @Option(
        help: ArgumentHelp(
            "A word that guessers here would try; again for more.", valueName: "word"))
    var contextWord: [String] = []

    @Option(
        help: ArgumentHelp(
            "What hashing a password takes; hashes of before rise as people sign in.",
            valueName: "KiB"))
    var passwordMemory = PasswordCost.standard.memoryKiB

    @Option(help: ArgumentHelp("How often that memory is gone over.", valueName: "number"))
    var passwordPasses = PasswordCost.standard.passes

    /// OWASP's least, beside a pass more for less memory.
    private static let memoryMinKiB = 7_168

    /// - Parameter product: What people know the installation as, which guessers try, too.
    /// - Throws: `Problems` for a cost that is none, or a file of another kind.
    func passwords(product: String) throws(Problems) -> Passwords {
        var settings = PasswordSettings()
        guard passwordMemory >= Self.memoryMinKiB,
            let cost = PasswordCost(memoryKiB: passwordMemory, passes: passwordPasses)
        else {
            throw Problems(
                clause: "--password-memory is from \(Self.memoryMinKiB) to"
                    + " \(PasswordCost.memoryMaxKiB), --password-passes from 1 to"
                    + " \(PasswordCost.passesMax)")
        }
        settings.cost = cost
        settings.contextWords = contextWord + [product]
        if let breachedPasswords {
            do throws(DataFileFailure) {
                settings.breached = try BreachedPasswords(path: breachedPasswords)
            } catch {
                throw Problems(clause: "--breached-passwords: \(error)")
            }
        }
        do throws(CryptographyError) {
            return try Passwords(settings)
        } catch {
            throw Problems(clause: "there is no randomness for passwords")
        }
    }
}
