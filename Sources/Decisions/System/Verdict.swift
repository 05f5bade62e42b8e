/// What the system's policy says of one request.
///
/// Whatever keeps it from answering is a denial, and `failure` says what that was.
public struct Verdict: Sendable, Hashable {
    public var isAllowed: Bool
    /// The rule that decided; `default` where none did, `undefined` or `error` where the policy
    /// gave no answer.
    public var rule: String
    /// Clauses for people: why, or what would be needed.
    public var reasons: [String]
    /// What is to be done before the request goes on.
    public var obligations: [Obligation]
    /// What else somebody has to show before the answer is another: names of steps.
    public var next: [String] = []
    /// Whether the subject may know that the resource exists: what is denied is then forbidden, and
    /// otherwise not found.
    public var mayRead: Bool
    /// Of the policy that decided: 16 hexadecimal digits, the same on every node for the same text.
    public var revision: String
    /// Why the policy gave no answer; `nil` where it gave one.
    public var failure: Failure?

    /// What comes with a permission.
    public enum Obligation: Sendable, Hashable {
        /// Lists show what is the subject's own.
        case restrictToOwn
        /// The subject proves again who it is: in this class, no longer ago than that.
        case stepUp(acr: String, maxAgeSeconds: Int64)
        /// Members that are left out of the answer.
        case redact([String])
        /// What the evidence of a sign-in amounts to: the session's `acr`.
        case assurance(String)
        /// With a denial: the line of refresh tokens ends, and its session with it.
        case revokeFamily
    }

    /// Why there is no answer; for the log, not for clients.
    public enum Failure: Sendable, Hashable {
        /// The policy says nothing of the area, or nothing of this request.
        case undefined
        /// It failed, took too long, or was not asked: one clause.
        case error(String)
        /// Its answer is no verdict: the first member that is wrong or missing.
        case shape(member: String)
    }

    public init(
        isAllowed: Bool, rule: String, reasons: [String], obligations: [Obligation] = [],
        mayRead: Bool, revision: String
    ) {
        self.isAllowed = isAllowed
        self.rule = rule
        self.reasons = reasons
        self.obligations = obligations
        self.mayRead = mayRead
        self.revision = revision
    }

    /// A denial for want of an answer.
    public static func failed(_ failure: Failure, revision: String) -> Verdict {
        let (rule, reason) =
            switch failure {
            case .undefined: ("undefined", "the policy does not decide this")
            case .error: ("error", "the policy could not decide")
            case .shape: ("error", "the policy's answer is no verdict")
            }
        var verdict = Verdict(
            isAllowed: false, rule: rule, reasons: [reason], mayRead: false, revision: revision)
        verdict.failure = failure
        return verdict
    }

    /// Whether it is a denial for want of an answer.
    public var isFailed: Bool { failure != nil }

    /// What the evidence of a sign-in amounts to.
    public var assurance: String? {
        for case .assurance(let name) in obligations { return name }
        return nil
    }

    public var isRestrictedToOwn: Bool { obligations.contains(.restrictToOwn) }
}
