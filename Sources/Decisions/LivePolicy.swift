public import Bundles
public import Rego
import RegoMachine
public import RegoSyntax
import Synchronization

/// The policy that is live, and the writes that change it.
///
/// Writes compile and may take seconds: call them on a thread that may wait. Each takes effect as
/// a whole, as a new `Revision`, or throws and changes nothing.
public final class LivePolicy: Sendable {
    private let active: Mutex<Revision>
    private let activeNumber: Atomic<UInt64>
    /// Held during a whole write, so that none is based on a revision that another one replaces.
    private let writing = Mutex<Void>(())
    private let capabilities: LanguageCapabilities
    /// The language of modules and queries that nothing else says of.
    public let version: LanguageVersion

    /// - Parameter version: The language of modules that are put later.
    public init(
        _ loaded: LoadedPolicy, options: CompileOptions = .init(), version: LanguageVersion = .v1
    ) throws(WriteRefusal) {
        self.version = version
        capabilities = options.capabilities
        let modules = LivePolicy.modules(of: loaded)
        let first = try LivePolicy.revision(
            number: 1, modules: modules, plans: loaded.plans, fileModules: Set(modules.keys),
            data: LivePolicy.withManifests(loaded), bundles: loaded.bundles,
            after: LivePolicy.empty(options))
        active = Mutex(first)
        activeNumber = Atomic(first.number)
    }

    public var current: Revision { active.withLock { $0 } }

    /// The current revision's number, without touching the revision: for those who keep one and
    /// want to know whether it is the current one still.
    public var currentNumber: UInt64 { activeNumber.load(ordering: .acquiring) }

    /// Replaces all that came from files; modules that were put stay, data does not.
    public func reload(_ loaded: LoadedPolicy) throws(WriteRefusal) {
        try write { (before) throws(WriteRefusal) in
            let files = LivePolicy.modules(of: loaded)
            let put = before.modules.filter { !before.fileModules.contains($0.key) }
            return try LivePolicy.revision(
                number: before.number + 1, modules: put.merging(files) { _, file in file },
                plans: loaded.plans, fileModules: Set(files.keys),
                data: LivePolicy.withManifests(loaded),
                bundles: loaded.bundles, after: before.policy)
        }
    }

    func write(
        _ candidate: (Revision) throws(WriteRefusal) -> Revision?
    ) throws(WriteRefusal) {
        try writing.withLock { (_) throws(WriteRefusal) in
            guard let next = try candidate(current) else { return }
            active.withLock { $0 = next }
            activeNumber.store(next.number, ordering: .releasing)
        }
    }

    private static func empty(_ options: CompileOptions) throws(WriteRefusal) -> Policy {
        do throws(CompileFailure) {
            return try Policy(modules: [], options: options)
        } catch { throw .diagnostics(error.diagnostics) }
    }

    static func revision(
        number: UInt64, modules: [String: Module], plans: Plans, fileModules: Set<String>,
        data: Document, bundles: [LoadedBundle], after before: Policy
    ) throws(WriteRefusal) -> Revision {
        let ordered = modules.sorted { $0.key < $1.key }
        let policy: Policy
        do throws(CompileFailure) {
            policy = try before.replacing(modules: ordered.map(\.value), plans: plans)
        } catch {
            throw .diagnostics(error.diagnostics)
        }
        let conflicts = policy.conflicts(with: data)
        guard conflicts.isEmpty else { throw .diagnostics(conflicts) }
        return Revision(
            number: number, modules: modules, fileModules: fileModules, data: data,
            bundles: bundles, prepared: PreparedDecisions(policy: policy))
    }

    /// OPA's id of a file is its path without slashes at its ends.
    private static func modules(of loaded: LoadedPolicy) -> [String: Module] {
        var modules: [String: Module] = [:]
        for module in loaded.modules {
            var id = module.source.name[...]
            while id.first == "/" { id = id.dropFirst() }
            modules[String(id)] = module
        }
        return modules
    }

    /// The data with each bundle's manifest at `system.bundles`, where policies may read it.
    private static func withManifests(_ loaded: LoadedPolicy) -> Document {
        loaded.bundles.reduce(loaded.data) { data, bundle in
            let path = ["system", "bundles", bundle.name, "manifest"]
            return data.setting(path, to: bundle.manifest.document) ?? data
        }
    }
}

extension LivePolicy {
    /// Adds a module, or replaces the one of the same id.
    /// - Parameter source: The text as it is kept and shown again; diagnostics name it by the id.
    public func put(policy id: String, text: [UInt8]) throws(WriteRefusal) {
        try write { (before) throws(WriteRefusal) in
            if let known = before.modules[id] {
                try before.checkScope(known.package)
                if known.source.bytes == text { return nil }
            }
            let module = try parse(id, text)
            try before.checkScope(module.package)
            var modules = before.modules
            modules[id] = module
            return try LivePolicy.revision(
                number: before.number + 1, modules: modules, plans: before.policy.plans,
                fileModules: before.fileModules, data: before.data, bundles: before.bundles,
                after: before.policy)
        }
    }

    public func delete(policy id: String) throws(WriteRefusal) {
        try write { (before) throws(WriteRefusal) in
            guard let known = before.modules[id] else { throw .noPolicy(id: id) }
            try before.checkScope(known.package)
            var modules = before.modules
            modules[id] = nil
            return try LivePolicy.revision(
                number: before.number + 1, modules: modules, plans: before.policy.plans,
                fileModules: before.fileModules.subtracting([id]), data: before.data,
                bundles: before.bundles, after: before.policy)
        }
    }

    private func parse(_ id: String, _ text: [UInt8]) throws(WriteRefusal) -> Module {
        let source = Source(name: id, bytes: text)
        switch Parser.module(source, options: capabilities.parserOptions(version)) {
        case .success(let module): return module
        case .failure(let found): throw .diagnostics(found.all)
        }
    }
}

extension Revision {
    /// - Throws: `owned` where a path of `data`, or what lies above or below it, is a bundle's.
    func checkScope(_ path: [String]) throws(WriteRefusal) {
        guard !path.isEmpty || bundles.isEmpty else { throw .owned(.root) }
        for bundle in bundles {
            for root in bundle.manifest.rootPaths {
                if root.isEmpty { throw .owned(.everything(bundle: bundle.name)) }
                if path.starts(with: root) || root.starts(with: path) {
                    throw .owned(.path(path, bundle: bundle.name))
                }
            }
        }
    }
}
