/// Whether a password is all that somebody shows.
/// - Source: NIST SP 800-63B-4, section 3.1.1.2.
public enum PasswordUse: Sendable, Hashable {
    case alone
    case besideAnotherFactor

    /// Code points that a password needs.
    public var lengthMin: Int {
        switch self {
        case .alone: 15
        case .besideAnotherFactor: 8
        }
    }
}

/// Why a password is not taken: of several reasons the first.
public enum PasswordWeakness: Sendable, Hashable {
    /// More than `Password.lengthMax` code points, or some that nobody can type twice.
    case unusable
    case tooShort(lengthMin: Int)
    /// Everybody's guess: a word of the list, one repeated or with as much around it, a row.
    case common
    /// A guess of whoever knows whose it is and where.
    case ofContext
    case breached

    /// As the person who chose it is told.
    public var detail: String {
        switch self {
        case .unusable:
            "has more than \(Password.lengthMax) characters, or some that are no characters"
        case .tooShort(let lengthMin): "has fewer than \(lengthMin) characters"
        case .common: "is one of the first that are guessed"
        case .ofContext: "is easily guessed from your name, your address or ours"
        case .breached: "was seen in a breach of other services"
        }
    }
}

/// What is known about whose password it is: whoever guesses knows it, too.
public struct PasswordContext: Sendable, Hashable {
    /// In lower case, letters alone.
    let words: Set<String>

    private static let lettersMin = 3

    /// - Parameter names: Of the person, the organization, the product.
    public init(addresses: [MailAddress], names: [String]) {
        let parts = addresses.flatMap { address in
            let local = address.text.prefix { $0 != "@" }
            let wholes = [String(local), String(address.domain), address.text]
            return wholes + Self.parts(local) + Self.parts(address.domain)
        }
        let whole = names + names.flatMap { Self.parts($0[...]) } + parts + ["ostiary"]
        words = Set(
            whole.map { PasswordGuess.letters($0) }.filter { $0.count >= Self.lettersMin })
    }

    private static func parts(_ text: Substring) -> [String] {
        text.split { !$0.isLetter }.map(String.init)
    }
}

/// What a password of one's own choice must be; no rule says which characters it is made of.
struct PasswordRules: Sendable {
    let breached: BreachedPasswords?

    /// - Returns: `nil`: it may be used.
    /// - Throws: `DataFileFailure` where the file of breached ones cannot be asked.
    func weakness(
        of password: Password, for use: PasswordUse, _ context: PasswordContext
    ) throws(DataFileFailure) -> PasswordWeakness? {
        guard password.length >= use.lengthMin else { return .tooShort(lengthMin: use.lengthMin) }
        let guess = PasswordGuess(password.text)
        if guess.isOne(of: context.words) { return .ofContext }
        if guess.isCommon { return .common }
        guard let breached else { return nil }
        // The lists have passwords as they were typed elsewhere.
        for text in Set([password.text, password.typed]) where try breached.contain(text) {
            return .breached
        }
        return nil
    }
}
