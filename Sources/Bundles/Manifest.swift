public import RegoMachine
public import RegoSyntax

/// What a bundle says of itself.
/// - Source: OPA documentation, "Bundles", bundle file format.
public struct Manifest: Sendable {
    public var revision = ""
    /// The paths of `data` that the bundle owns, without slashes at their ends; `[""]` is all.
    public var roots = [""]
    /// `nil` where the manifest does not say.
    public var version: LanguageVersion?
    /// Versions of single files: a glob over the path within the bundle, which begins with `/`.
    public var fileVersions: [(glob: String, version: LanguageVersion)] = []

    /// The manifest as written, with the defaults of `revision` and `roots`: what policies read.
    public private(set) var document = Manifest.withDefaults(.empty)

    public init() {}

    /// The elements of each root; no elements are all of `data`.
    public var rootPaths: [[String]] { roots.map(Manifest.elements(of:)) }

    /// Whether a path of `data` lies in the bundle.
    public func owns(_ path: [String]) -> Bool {
        rootPaths.contains { path.starts(with: $0) }
    }

    static func elements(of root: String) -> [String] {
        root.split(separator: "/").map(String.init)
    }

    /// The language of one file: its own version, the bundle's, or `standard`.
    func version(ofFile path: String, standard: LanguageVersion) -> LanguageVersion {
        for (pattern, version) in fileVersions where Glob(pattern)?.matches(path) == true {
            return version
        }
        return version ?? standard
    }
}

/// Why a manifest cannot be used: one clause, in OPA's words where it has some.
struct ManifestError: Error {
    var clause: String
}

extension Manifest {
    init(document: Document) throws(ManifestError) {
        self = try document.withRoot { (root) throws(ManifestError) in try Manifest(root: root) }
        self.document = Manifest.withDefaults(document)
    }

    private static func withDefaults(_ document: Document) -> Document {
        let defaults: [(key: String, json: String)] = [("revision", "\"\""), ("roots", "[\"\"]")]
        return defaults.reduce(document) { document, standard in
            guard document.json(at: [standard.key]) == nil,
                let value = try? Document.parse(json: Array(standard.json.utf8))
            else { return document }
            return document.setting([standard.key], to: value) ?? document
        }
    }

    private init(root: Value) throws(ManifestError) {
        guard root.kind == .object else {
            throw ManifestError(clause: "manifest must be of type object")
        }
        for (key, value) in root.entries {
            switch key.string {
            case "revision": revision = try Manifest.text(value, "revision")
            case "roots": roots = try Manifest.roots(value)
            case "rego_version": version = try Manifest.version(value, "rego_version")
            case "file_rego_versions": fileVersions = try Manifest.fileVersions(value)
            // Entrypoints of compiled modules and the author's metadata say nothing of sources.
            case "metadata", "wasm": continue
            default:
                throw ManifestError(clause: "manifest has unknown key `\(key.string ?? "")`")
            }
        }
        try checkOverlaps()
    }

    private func checkOverlaps() throws(ManifestError) {
        for (position, one) in roots.enumerated() {
            for other in roots[(position + 1)...] where Manifest.overlap(one, other) {
                throw ManifestError(
                    clause: "manifest has overlapped roots: '\(one)' and '\(other)'")
            }
        }
    }

    static func overlap(_ one: String, _ other: String) -> Bool {
        let (one, other) = (elements(of: one), elements(of: other))
        return one.starts(with: other) || other.starts(with: one)
    }

    private static func text(_ value: Value, _ key: String) throws(ManifestError) -> String {
        guard let text = value.string, value.kind == .string else {
            throw ManifestError(clause: "manifest: `\(key)` must be a string")
        }
        return text
    }

    private static func roots(_ value: Value) throws(ManifestError) -> [String] {
        guard value.kind == .array else {
            throw ManifestError(clause: "manifest: `roots` must be an array")
        }
        var roots: [String] = []
        for element in value.elements {
            let written = try text(element, "roots")
            roots.append(elements(of: written).joined(separator: "/"))
        }
        return roots
    }

    private static func version(
        _ value: Value, _ key: String
    ) throws(ManifestError) -> LanguageVersion {
        switch value.integer {
        case 0: return .v0
        case 1: return .v1
        default: throw ManifestError(clause: "manifest: `\(key)` must be 0 or 1")
        }
    }

    private static func fileVersions(
        _ value: Value
    ) throws(ManifestError) -> [(glob: String, version: LanguageVersion)] {
        guard value.kind == .object else {
            throw ManifestError(clause: "manifest: `file_rego_versions` must be an object")
        }
        var found: [(glob: String, version: LanguageVersion)] = []
        for (key, value) in value.entries {
            let glob = try text(key, "file_rego_versions")
            guard Glob(glob) != nil else {
                throw ManifestError(clause: "manifest: bad pattern `\(glob)`")
            }
            found.append((glob, try version(value, "file_rego_versions")))
        }
        return found
    }
}

extension Manifest {
    /// - Throws: Where a module's package lies outside of the roots.
    func check(_ module: Module) throws(ManifestError) {
        guard !owns(module.package) else { return }
        let package = module.package.joined(separator: "/")
        throw ManifestError(
            clause: "manifest roots \(rootsText) do not permit '\(package)' in module"
                + " '\(module.source.name)'")
    }

    /// - Throws: Where data lies outside of the roots.
    func check(data: Document) throws(ManifestError) {
        let owners = rootPaths
        let stray = data.withRoot { Manifest.firstOutside(of: owners, $0, at: []) }
        guard let stray else { return }
        throw ManifestError(
            clause: "manifest roots \(rootsText) do not permit data at path"
                + " '/\(stray.joined(separator: "/"))' (hint: check bundle directory structure)")
    }

    private static func firstOutside(
        of owners: [[String]], _ value: Value, at path: [String]
    ) -> [String]? {
        if owners.contains(where: { path.starts(with: $0) }) { return nil }
        // Only what leads to a root is gone into, so the roots bound the depth.
        guard value.kind == .object, owners.contains(where: { $0.starts(with: path) }) else {
            return path
        }
        for (key, inner) in value.entries {
            if let stray = firstOutside(of: owners, inner, at: path + [key.string ?? ""]) {
                return stray
            }
        }
        return nil
    }

    private var rootsText: String { "[\(roots.joined(separator: " "))]" }
}
