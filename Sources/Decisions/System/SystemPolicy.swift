import Bundles
import Cryptography
import EmbeddedPolicies
public import Rego
public import RegoMachine
import RegoSyntax
import Synchronization

/// The policy that decides the server's own endpoints: `data.ostiary.<area>.decision`, the area
/// being the action's word before the colon.
///
/// It is the one that the binary carries, or a folder's in its place; no request reads or changes
/// it. Another one takes effect as a whole after it has passed `CandidateGate`, or not at all.
/// Loading compiles and runs tests: call what loads on a thread that may wait.
public final class SystemPolicy: Sendable {
    /// Where its text is.
    public enum Source: Sendable, Hashable {
        case embedded
        /// Replaces the embedded one as a whole.
        case folder(String)
    }

    public let source: Source
    private let gate: CandidateGate
    private let active: Mutex<Active>
    /// Held during a whole reload; what it holds is what the files were when they were last read.
    private let reading: Mutex<Fingerprint?>
    private let lastFault = Mutex<CandidateFault?>(nil)

    private static let testTimeoutNanoseconds: UInt64 = 5_000_000_000

    /// - Parameter areas: The areas that it must decide.
    /// - Parameter host: What the tests among its rules see.
    /// - Throws: `CandidateFault`: without a policy that decides, nothing is served.
    public init(_ source: Source, areas: [String], host: Host) throws(CandidateFault) {
        var limits = Limits()
        limits.timeoutNanoseconds = SystemPolicy.testTimeoutNanoseconds
        self.source = source
        gate = CandidateGate(areas: areas, host: host, limits: limits)
        // Taken before the files are read: what changes meanwhile is seen next time.
        reading = Mutex(source.fingerprint)
        active = Mutex(try SystemPolicy.candidate(source, gate))
    }

    /// Of the policy that is active: `Verdict.revision`.
    public var revision: String { active.withLock { $0.revision } }

    /// Why the files as they are now were not taken; `nil` where they were.
    public var fault: CandidateFault? { lastFault.withLock { $0 } }

    /// Decides one request. Never throws: what keeps the policy from answering is a denial.
    /// - Parameter area: Of its action: `member` of `member:delete`.
    /// - Parameter input: The request's document as JSON, which names the action.
    /// - Parameter evaluator: Of the calling thread, with its limits.
    public func decide(_ area: String, input: [UInt8], _ evaluator: Evaluator) -> Verdict {
        let path = ["ostiary", area, "decision"]
        return active.withLock { $0 }.verdict(at: path, input, evaluator)
    }

    /// A document of the policy, which no request changes: figures that the server heeds.
    /// - Parameter path: Below `data`.
    /// - Parameter evaluator: Of the calling thread, with its limits.
    /// - Returns: Its JSON, `nil` where it is undefined or an error; and whose it is.
    public func document(
        at path: [String], _ evaluator: Evaluator
    ) -> (json: [UInt8]?, revision: String) {
        let active = active.withLock { $0 }
        return (try? active.answer(at: path, [UInt8]("{}".utf8), evaluator), active.revision)
    }

    /// Reads the files again where they have changed since they were last read.
    /// - Returns: Whether another policy is active now.
    /// - Throws: Why what the files hold is not taken; once for each change of them.
    public func reloadIfChanged() throws(CandidateFault) -> Bool {
        guard case .folder = source else { return false }
        return try reading.withLock { (seen) throws(CandidateFault) in
            let found = source.fingerprint
            guard found != seen else { return false }
            seen = found
            return try reload()
        }
    }

    private func reload() throws(CandidateFault) -> Bool {
        do throws(CandidateFault) {
            let next = try SystemPolicy.candidate(source, gate)
            lastFault.withLock { $0 = nil }
            return active.withLock { active in
                guard next.revision != active.revision else { return false }
                active = next
                return true
            }
        } catch {
            lastFault.withLock { $0 = error }
            throw error
        }
    }

    private static func candidate(
        _ source: Source, _ gate: CandidateGate
    ) throws(CandidateFault) -> Active {
        let loaded: LoadedPolicy
        do throws(LoadFailure) {
            loaded = try source.load()
        } catch {
            throw .files(error)
        }
        return Active(policy: try gate.passed(loaded), loaded)
    }
}

extension SystemPolicy.Source {
    fileprivate func load() throws(LoadFailure) -> LoadedPolicy {
        switch self {
        case .embedded:
            try PolicyLoader().load(bundle: EmbeddedPolicies.ostiary, named: "ostiary")
        case .folder(let path): try PolicyLoader().load([path])
        }
    }

    /// `nil` where nothing can change.
    fileprivate var fingerprint: Fingerprint? {
        switch self {
        case .embedded: nil
        case .folder(let path): PolicyLoader().fingerprint([path])
        }
    }
}

/// One policy that passed the gate; immutable, for any number of threads.
private final class Active: Sendable {
    let revision: String
    private let data: Document
    private let prepared: PreparedDecisions

    private static let revisionBytes = 8

    init(policy: Policy, _ loaded: LoadedPolicy) {
        prepared = PreparedDecisions(policy: policy)
        data = loaded.data
        revision = Active.revision(loaded)
    }

    func verdict(at path: [String], _ input: [UInt8], _ evaluator: Evaluator) -> Verdict {
        do {
            guard let json = try answer(at: path, input, evaluator) else {
                return .failed(.undefined, revision: revision)
            }
            return .read(json, revision)
        } catch let failure as EvaluationFailure {
            let clause = "\(failure.code.rawValue): \(failure.message)"
            return .failed(.error(clause), revision: revision)
        } catch {
            return .failed(.error("the decision cannot be planned: \(error)"), revision: revision)
        }
    }

    /// - Returns: JSON; `nil` where it is undefined.
    /// - Throws: `EvaluationFailure`, or why the path cannot be planned.
    func answer(
        at path: [String], _ input: [UInt8], _ evaluator: Evaluator
    ) throws -> [UInt8]? {
        let query = try prepared.known(path) ?? prepared.prepare(path)
        var json: [UInt8] = []
        // A builtin that fails behind a `not` would otherwise permit.
        var options = EvaluationOptions()
        options.strictBuiltinErrors = true
        let outcome = try unsafe input.withUnsafeBytes { input in
            unsafe try evaluator.decide(
                query, data: data, input: .json(input), options: options, into: &json)
        }
        return outcome.isDefined ? json : nil
    }

    /// What the text is, whatever folder it lies in and in whatever order it is read.
    private static func revision(_ loaded: LoadedPolicy) -> String {
        let digest = { (bytes: [UInt8]) in DigestAlgorithm.sha256.digest(bytes.span) }
        let modules = loaded.modules.map { digest($0.source.bytes).hexadecimal }.sorted()
        let data = loaded.data.json(at: []) ?? []
        let all = digest(Array(modules.joined().utf8) + data)
        return all.prefix(revisionBytes).hexadecimal
    }
}
