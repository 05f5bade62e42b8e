import RegoMachine
public import RegoSyntax

/// Packs what was loaded into a bundle: the same bytes for the same sources.
///
/// A bundle of sources holds the modules by their paths, all data in one `data.json`, and the
/// manifest. A bundle of a plan holds `plan.json` instead of the modules.
/// - Source: OPA documentation, "Bundles", bundle file format; `opa build`.
public struct BundleBuilder: Sendable {
    public var revision = ""
    /// Such as `authz/allow`.
    public var entrypoints: [String] = []
    /// The language of modules whose own is not told apart.
    public var version = LanguageVersion.v1

    public init() {}

    /// Why there can be no bundle; one clause.
    public struct Failure: Error, Sendable {
        public let clause: String
    }

    /// - Throws: Where two modules would stand at one path of the bundle.
    public func sources(_ loaded: LoadedPolicy) throws(Failure) -> [Archive.Entry] {
        var entries: [Archive.Entry] = []
        var other: [(path: String, version: LanguageVersion)] = []
        var seen: Set<String> = []
        for module in loaded.modules {
            let path = BundleBuilder.path(module.source.name, in: loaded)
            guard seen.insert(path).inserted else {
                throw Failure(clause: "two modules would be /\(path) in the bundle")
            }
            entries.append(Archive.Entry(path: path, bytes: module.source.bytes))
            if module.version != version { other.append(("/" + path, module.version)) }
        }
        return entries + common(loaded, other)
    }

    /// - Parameter plan: The text of OPA's `plan.json`.
    public func planned(_ loaded: LoadedPolicy, plan: [UInt8]) -> [Archive.Entry] {
        [Archive.Entry(path: "plan.json", bytes: plan)] + common(loaded, [])
    }

    private func common(
        _ loaded: LoadedPolicy, _ other: [(path: String, version: LanguageVersion)]
    ) -> [Archive.Entry] {
        [
            Archive.Entry(path: "data.json", bytes: loaded.data.json(at: []) ?? Array("{}".utf8)),
            Archive.Entry(path: ".manifest", bytes: manifest(loaded, other)),
        ]
    }

    private func manifest(
        _ loaded: LoadedPolicy, _ other: [(path: String, version: LanguageVersion)]
    ) -> [UInt8] {
        let roots = loaded.bundles.isEmpty ? [""] : loaded.bundles.flatMap(\.manifest.roots)
        let revision = self.revision.isEmpty
            ? loaded.bundles.map(\.manifest.revision).first { !$0.isEmpty } ?? "" : self.revision
        var document = Document.empty
        func set(_ key: String, _ json: String) {
            guard let value = try? Document.parse(json: Array(json.utf8)) else { return }
            document = document.setting([key], to: value) ?? document
        }
        set("revision", JSONText.quoted(revision))
        set("roots", "[" + roots.sorted().map(JSONText.quoted).joined(separator: ",") + "]")
        set("rego_version", version == .v0 ? "0" : "1")
        if !other.isEmpty {
            let rows = other.sorted { $0.path < $1.path }.map { path, version in
                "\(JSONText.quoted(path)):\(version == .v0 ? 0 : 1)"
            }
            set("file_rego_versions", "{" + rows.joined(separator: ",") + "}")
        }
        let metadata = loaded.bundles.compactMap { $0.manifest.document.json(at: ["metadata"]) }
        if let first = metadata.first { set("metadata", String(decoding: first, as: UTF8.self)) }
        return (document.json(at: []) ?? []) + Array("\n".utf8)
    }

    /// Where a module stands in the bundle: its path as it was named, inside of its bundle where it
    /// came from one.
    private static func path(_ name: String, in loaded: LoadedPolicy) -> String {
        var rest = name[...]
        for bundle in loaded.bundles where rest.hasPrefix(bundle.name + "/") {
            rest = rest.dropFirst(bundle.name.count + 1)
            break
        }
        let elements = rest.split(separator: "/").filter { $0 != "." && $0 != ".." }
        return elements.joined(separator: "/")
    }
}
