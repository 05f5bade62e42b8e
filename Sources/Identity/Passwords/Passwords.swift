public import Cryptography
import Glibc

/// Passwords: one that somebody chooses is checked and hashed, one that somebody shows is compared
/// with the hash that is kept.
///
/// Both take a share of a processor's time on threads of their own; as many as there are
/// processors work at once, and where too many wait, callers are told to come again.
public struct Passwords: Sendable {
    private let cost: PasswordCost
    private let rules: PasswordRules
    private let threads: PasswordThreads
    private let names: [String]
    /// What is compared with where nothing is kept.
    private let nothing: PasswordHash

    /// - Throws: `CryptographyError.failed` without randomness.
    public init(_ settings: PasswordSettings = PasswordSettings()) throws(CryptographyError) {
        cost = settings.cost
        rules = PasswordRules(breached: settings.breached)
        threads = PasswordThreads(
            threadsMax: settings.threadsMax,
            waitersMax: settings.threadsMax * PasswordSettings.waitersOfThread)
        names = settings.contextWords
        nothing = try PasswordHash.ofNothing(cost: settings.cost)
    }

    /// Checks and hashes a password that somebody chose.
    public func choose(
        _ typed: String, for use: PasswordUse, of addresses: [MailAddress], names: [String] = []
    ) async throws(PasswordFailure) -> PasswordChoice {
        guard let password = Password(typed) else { return .refused(.unusable) }
        let context = PasswordContext(addresses: addresses, names: self.names + names)
        let result: Result<PasswordChoice, PasswordFailure> = try await threads.run {
            do throws(DataFileFailure) {
                if let weakness = try rules.weakness(of: password, for: use, context) {
                    return .success(.refused(weakness))
                }
            } catch {
                return .failure(.unreadableList(error))
            }
            return hash(password).map { .accepted($0) }
        }
        return try result.get()
    }

    /// Compares a password that somebody shows, in a time that does not tell what is kept, nor
    /// whether it was right. Where the cost has risen meanwhile, it takes that of today.
    /// - Parameter kept: A `PasswordHash` as text; `nil`: there is no such account, or it has no
    ///   password.
    public func compare(
        _ typed: String, with kept: String?
    ) async throws(PasswordFailure) -> PasswordComparison {
        let known = kept.flatMap(PasswordHash.init)
        let password = Password(typed)
        let result: Result<PasswordComparison, PasswordFailure> = try await threads.run {
            let bytes = password?.bytes ?? []
            do throws(CryptographyError) {
                let isRight = try (known ?? nothing).isHash(of: bytes.span)
                let isWeak = known?.isWeaker(than: cost) ?? false
                if isWeak, let rest = known?.cost.rest(to: cost) {
                    _ = try PasswordHash(of: bytes.span, cost: rest)
                }
                guard known != nil, password != nil, isRight else { return .success(.wrong) }
                return .success(.right(isWeak: isWeak))
            } catch {
                return .failure(.noMemory)
            }
        }
        return try result.get()
    }

    /// Hashes a password again that was found to be right.
    func renew(_ typed: String) async throws(PasswordFailure) -> PasswordHash? {
        guard let password = Password(typed) else { return nil }
        return try await threads.run { hash(password) }.get()
    }

    private func hash(_ password: Password) -> Result<PasswordHash, PasswordFailure> {
        do throws(CryptographyError) {
            return .success(try PasswordHash(of: password.bytes.span, cost: cost))
        } catch {
            return .failure(.noMemory)
        }
    }
}

/// How passwords are hashed and which are refused.
public struct PasswordSettings: Sendable {
    public var cost = PasswordCost.standard
    /// Passwords that are hashed at once.
    public var threadsMax = max(1, Int(sysconf(Int32(_SC_NPROCESSORS_ONLN))))
    public var breached: BreachedPasswords?
    /// Words that whoever guesses here would try, beside names and addresses.
    public var contextWords: [String] = []

    /// About a second of waiting.
    static let waitersOfThread = 32

    public init() {}
}

/// What becomes of a password that somebody chose.
public enum PasswordChoice: Sendable, Hashable {
    case accepted(PasswordHash)
    case refused(PasswordWeakness)
}

/// What becomes of a password that somebody shows.
public enum PasswordComparison: Sendable, Hashable {
    case wrong
    /// - isWeak: What is kept is easier to guess at than it should be.
    case right(isWeak: Bool)
}

/// Why a password was neither hashed nor compared.
public enum PasswordFailure: Error, Sendable, Hashable {
    /// More are waiting than anybody should wait for.
    case busy
    case noMemory
    /// The file of breached passwords cannot be asked.
    case unreadableList(DataFileFailure)

    /// As a client is told: to come again.
    public var fault: Fault {
        var fault = Fault(.storeUnavailable, "passwords cannot be checked at the moment")
        fault.retryAfterSeconds = 1
        return fault
    }
}
