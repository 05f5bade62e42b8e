public import Bundles
public import Rego
public import RegoMachine
public import RegoSyntax
import Synchronization

/// One state of policy and data; immutable, for any number of threads.
public final class Revision: Sendable {
    /// Grows by one with every write that took effect; the first is 1.
    public let number: UInt64
    /// Every module by its id: the path it was loaded from, or the name it was put under.
    public let modules: [String: Module]
    public let data: Document
    /// The bundles that were loaded, and what of `data` belongs to each.
    public let bundles: [LoadedBundle]
    /// The modules that came from files, which a reload replaces.
    let fileModules: Set<String>
    private let prepared: PreparedDecisions

    /// The compiled modules.
    public var policy: Policy { prepared.policy }

    init(
        number: UInt64, modules: [String: Module], fileModules: Set<String>, data: Document,
        bundles: [LoadedBundle], prepared: PreparedDecisions
    ) {
        self.number = number
        self.modules = modules
        self.fileModules = fileModules
        self.data = data
        self.bundles = bundles
        self.prepared = prepared
    }

    /// The decision at a path of `data`; planned the first time it is asked for.
    public func decision(at path: [String]) throws(CompileFailure) -> PreparedQuery {
        if let known = preparedDecision(at: path) { return known }
        return try prepared.prepare(path)
    }

    /// The decision at a path where it is planned already.
    public func preparedDecision(at path: [String]) -> PreparedQuery? { prepared.known(path) }

    /// This state with other data, and the plans it already has.
    func with(data: Document) -> Revision {
        Revision(
            number: number + 1, modules: modules, fileModules: fileModules, data: data,
            bundles: bundles, prepared: prepared)
    }
}

/// A compiled policy and the plans made of it so far. Plans do not depend on data, so revisions
/// that differ in data alone share them.
final class PreparedDecisions: Sendable {
    let policy: Policy
    private let plans = Mutex<[[String]: PreparedQuery]>([:])

    /// Paths come from requests: past this many, the plans are forgotten and made anew.
    static let plansMax = 1_024

    init(policy: Policy) {
        self.policy = policy
    }

    func known(_ path: [String]) -> PreparedQuery? {
        plans.withLock { $0[path] }
    }

    func prepare(_ path: [String]) throws(CompileFailure) -> PreparedQuery {
        let query = try policy.prepare(path: path)
        plans.withLock { plans in
            if plans.count >= PreparedDecisions.plansMax { plans.removeAll() }
            plans[path] = query
        }
        return query
    }
}
