public import Rego
public import RegoSyntax

/// Reads policies from files and folders.
///
/// A path is a file, a folder, or `prefix:path`, where `prefix` is a dotted path of `data`.
/// - `*.rego` is a module, tests (`_test.rego`) included.
/// - `*.json`, `*.yaml` and `*.yml` are laid into `data` at the path of folders between them and
///   the path that was named; in a bundle only `data.json`, `data.yaml` and `data.yml` are.
/// - Hidden files and folders, those that `ignore` names, and other types of files are passed by;
///   a file that was named itself is read whatever it is called.
/// - Source: OPA documentation, "CLI", and its loader.
public struct PolicyLoader: Sendable {
    /// Each path is a bundle: a folder with `.manifest`, or one that owns all of `data`.
    public var isBundle = false
    /// Globs over the names of files and folders below the paths that are named.
    public var ignore: [String] = []
    /// The language of modules that a manifest says nothing of.
    public var version = LanguageVersion.v1
    /// What sources may use.
    public var capabilities = LanguageCapabilities()
    /// How bundles must be signed; `nil`: a bundle that is signed is refused, as nobody can say
    /// whether it is the one that was signed, unless `skipsVerification`.
    public var verification: BundleVerification?
    public var skipsVerification = false
    public var limits = Limits()

    public struct Limits: Sendable {
        public var fileBytes = 256 << 20
        /// Of all files together.
        public var totalBytes = 1 << 30
        public var files = 100_000
        /// Folders inside each other.
        public var folderDepth = 64
        public init() {}
    }

    public init() {}

    /// - Throws: Everything that is wrong with any file.
    public func load(_ paths: [String]) throws(LoadFailure) -> LoadedPolicy {
        var reading = Reading(loader: self)
        for path in paths {
            if isBundle {
                reading.bundle(path)
            } else {
                let (prefix, path) = PolicyLoader.split(path)
                reading.path(path, at: prefix)
            }
        }
        return try reading.finish()
    }

    /// A bundle that is in memory already: a gzipped tar file.
    /// - Parameter name: As diagnostics name it.
    /// - Throws: Everything that is wrong with any of its files.
    public func load(
        bundle bytes: [UInt8], named name: String
    ) throws(LoadFailure) -> LoadedPolicy {
        var reading = Reading(loader: self)
        if let files = reading.archiveFiles(bytes, name) { reading.bundle(name, files) }
        return try reading.finish()
    }

    /// What the files are now, without their content: two equal fingerprints would load alike.
    public func fingerprint(_ paths: [String]) -> Fingerprint {
        var walk = Walk(ignore: ignore.compactMap(Glob.init), limits: limits)
        let stripped = paths.map { isBundle ? $0 : PolicyLoader.split($0).path }
        for path in stripped { walk.go(path, at: []) }
        return Fingerprint(
            files: walk.found.map { .init(path: $0.path, status: $0.status) },
            failures: walk.failures.map(\.clause))
    }

    /// `a.b:x.json` is x.json at `data.a.b`; a URL has no prefix.
    static func split(_ path: String) -> (prefix: [String], path: String) {
        guard let colon = path.firstIndex(of: ":"), colon != path.startIndex,
            !path[colon...].hasPrefix("://")
        else { return ([], path) }
        let prefix = path[..<colon].split(separator: ".").map(String.init)
        return (prefix, String(path[path.index(after: colon)...]))
    }
}

/// What files are at one moment: their paths, sizes and times of change.
public struct Fingerprint: Sendable, Hashable {
    struct File: Sendable, Hashable {
        var path: String
        var status: Files.Status
    }

    let files: [File]
    let failures: [String]
}

/// Finds the files below paths, in the order of their names.
struct Walk {
    struct Found {
        /// As it was named, joined with what lies below.
        var path: String
        /// The folders between the named path and the file.
        var folders: [String]
        var status: Files.Status
        /// True where the file itself was named.
        var isNamed: Bool
    }

    let ignore: [Glob]
    let limits: PolicyLoader.Limits
    var found: [Found] = []
    var failures: [Files.Failure] = []
    /// The folders that the walk is in: one that contains itself would have no end.
    private var entered: [Files.Status] = []

    init(ignore: [Glob], limits: PolicyLoader.Limits) {
        self.ignore = ignore
        self.limits = limits
    }

    mutating func go(_ path: String, at folders: [String]) {
        do throws(Files.Failure) {
            try visit(path, folders: folders, depth: 0)
        } catch {
            failures.append(error)
        }
    }

    private mutating func visit(
        _ path: String, folders: [String], depth: Int
    ) throws(Files.Failure) {
        let name = PathText.lastElement(path)
        if depth > 0 && isPassedBy(name) { return }
        let status = try Files.status(path)
        guard status.kind == .folder else {
            guard found.count < limits.files else {
                throw Files.Failure(clause: "\(path): more than \(limits.files) files")
            }
            found.append(
                Found(path: path, folders: folders, status: status, isNamed: depth == 0))
            return
        }
        let isInside = entered.contains {
            $0.inode == status.inode && $0.device == status.device
        }
        guard !isInside, depth < limits.folderDepth else {
            throw Files.Failure(clause: "\(path): folders are nested without end or too deep")
        }
        entered.append(status)
        defer { entered.removeLast() }
        let below = depth == 0 ? folders : folders + [name]
        for name in try Files.names(in: path) {
            do throws(Files.Failure) {
                try visit(PathText.joined(path, name), folders: below, depth: depth + 1)
            } catch {
                failures.append(error)
            }
        }
    }

    private func isPassedBy(_ name: String) -> Bool {
        (name.hasPrefix(".") && name != ".manifest" && name != BundleSignatures.fileName)
            || ignore.contains { $0.matches(name) }
    }
}
