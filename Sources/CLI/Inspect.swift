import ArgumentParser
import Bundles
import Rego
import RegoMachine
import RegoSyntax

/// `ostiary inspect`: what a bundle holds.
struct Inspect: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Show what is in a bundle.",
        discussion: """
            The manifest, the packages with their files, the sizes of all files, and
            whether there is a signature; with -a, what annotations say.

              ostiary inspect bundles/rbac.tar.gz
              ostiary inspect -a --format json bundles/kubernetes.tar.gz
            """)

    @Argument(help: ArgumentHelp("The bundle: a .tar.gz or a folder.", valueName: "path"))
    var path: String

    @Flag(name: .shortAndLong, help: "Show what annotations say.")
    var annotations = false

    @Option(name: .shortAndLong, help: "How it is printed.")
    var format = Check.Format.pretty

    @OptionGroup var language: LanguageFlags

    func run() throws {
        do {
            let loaded = try language.load(files: [], bundles: [path])
            let entries = try PolicyLoader().entries(ofBundle: path)
            let content = BundleContent(loaded, entries, showsAnnotations: annotations)
            Standard.output(
                format == .json ? content.json : Array(content.text.utf8))
        } catch let failure as LoadFailure {
            throw Problems(failure)
        }
    }
}

private struct BundleContent {
    private let manifest: Manifest?
    private let files: [(path: String, bytes: Int)]
    /// The files of each package, and of data at the paths of its folders.
    private let namespaces: [(name: String, files: [String])]
    private let annotations: [(place: String, yaml: String)]
    private let isSigned: Bool

    init(_ loaded: LoadedPolicy, _ entries: [Archive.Entry], showsAnnotations: Bool) {
        manifest = loaded.bundles.first?.manifest
        files = entries.map { ($0.path, $0.bytes.count) }
        isSigned = entries.contains { $0.path == ".signatures.json" }
        var found: [String: [String]] = [:]
        for module in loaded.modules {
            let name = (["data"] + module.package).joined(separator: ".")
            found[name, default: []].append(module.source.name)
        }
        for entry in entries where entry.path.hasSuffix("data.json") {
            let folders = entry.path.split(separator: "/").dropLast().map(String.init)
            found[(["data"] + folders).joined(separator: "."), default: []].append(entry.path)
        }
        namespaces = found.map { ($0.key, $0.value.sorted()) }.sorted { $0.name < $1.name }
        annotations =
            !showsAnnotations
            ? []
            : loaded.modules.flatMap { module in
                module.annotations.map { block in
                    ("\(module.source.name):\(block.span.row)", block.yaml)
                }
            }
    }

    var text: String {
        var parts: [String] = []
        if let manifest {
            var table = TextTable(["FIELD", "VALUE"])
            table.rows = [
                ["Revision", manifest.revision],
                [
                    "Roots",
                    manifest.roots.map { $0.isEmpty ? "(all)" : $0 }.joined(separator: ", "),
                ],
                ["Signed", isSigned ? "yes" : "no"],
            ]
            parts.append("MANIFEST:\n" + table.text)
        }
        var named = TextTable(["NAMESPACE", "FILE"])
        for (name, files) in namespaces {
            for file in files { named.rows.append([name, file]) }
        }
        parts.append("NAMESPACES:\n" + named.text)
        var sizes = TextTable(["FILE", "BYTES"])
        sizes.rows = files.map { [$0.path, String($0.bytes)] }
        parts.append("FILES:\n" + sizes.text)
        for (place, yaml) in annotations { parts.append("\(place):\n\(yaml)\n") }
        return parts.joined(separator: "\n")
    }

    var json: [UInt8] {
        var layout = JSONLayout()
        layout.object { layout in
            layout.member("manifest") {
                $0.value(manifest?.document.json(at: []) ?? Array("{}".utf8))
            }
            layout.member("namespaces") { layout in
                layout.object { layout in
                    for (name, files) in namespaces {
                        layout.member(name) { $0.array(files) { $0.string($1) } }
                    }
                }
            }
            layout.member("files") { layout in
                layout.array(files) { layout, file in
                    layout.object { layout in
                        layout.member("path") { $0.string(file.path) }
                        layout.member("bytes") { $0.value(Array(String(file.bytes).utf8)) }
                    }
                }
            }
            layout.member("signed") { $0.value(Array((isSigned ? "true" : "false").utf8)) }
            if !annotations.isEmpty {
                layout.member("annotations") { layout in
                    layout.array(annotations) { layout, annotation in
                        layout.object { layout in
                            layout.member("location") { $0.string(annotation.place) }
                            layout.member("text") { $0.string(annotation.yaml) }
                        }
                    }
                }
            }
        }
        layout.newLine()
        return layout.bytes
    }
}
