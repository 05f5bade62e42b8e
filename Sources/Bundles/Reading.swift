import Rego
import RegoMachine
import RegoSyntax

/// One load under way: what was read so far, and what was wrong with it.
struct Reading {
    let loader: PolicyLoader
    var loaded = LoadedPolicy()
    var problems: [LoadFailure.Problem] = []
    var bytesLeft: Int
    /// Whether files are read that say nothing to a policy.
    var readsAll = false

    init(loader: PolicyLoader) {
        self.loader = loader
        bytesLeft = loader.limits.totalBytes
    }

    consuming func finish() throws(LoadFailure) -> LoadedPolicy {
        guard problems.isEmpty else { throw LoadFailure(problems) }
        return loaded
    }

    /// A file or a folder of `-d`, laid at a path of `data`.
    mutating func path(_ path: String, at prefix: [String]) {
        for file in walk(path, at: prefix) where !file.path.hasSuffix("/.manifest") {
            switch PathText.fileExtension(file.path) {
            case ".rego": module(file.path, version: loader.version)
            case ".json", ".yaml", ".yml": lay(file.path, at: file.folders)
            default: if file.isNamed { unrecognized(file) }
            }
        }
    }

    /// A file without a known extension that was named itself: Rego, or a document.
    private mutating func unrecognized(_ file: Walk.Found) {
        guard let bytes = read(file.path) else { return }
        let source = Source(name: file.path, bytes: bytes)
        let options = loader.capabilities.parserOptions(loader.version)
        if case .success(let module) = Parser.module(source, options: options) {
            loaded.modules.append(module)
        } else if let document = try? Decoding.document(bytes, path: file.path) {
            lay(document, at: file.folders, path: file.path)
        } else {
            problems.append(.file("\(file.path): can't recognize file type"))
        }
    }

    mutating func walk(_ path: String, at folders: [String]) -> [Walk.Found] {
        var walk = Walk(ignore: loader.ignore.compactMap(Glob.init), limits: loader.limits)
        walk.go(path, at: folders)
        problems += walk.failures.map { .file($0.clause) }
        return walk.found
    }

    mutating func read(_ path: String) -> [UInt8]? {
        do throws(Files.Failure) {
            let bytes = try Files.read(path, bytesMax: loader.limits.fileBytes)
            guard bytes.count <= bytesLeft else {
                let clause = "files have more than \(loader.limits.totalBytes) bytes together"
                throw Files.Failure(clause: "\(path): \(clause)")
            }
            bytesLeft -= bytes.count
            return bytes
        } catch {
            problems.append(.file(error.clause))
            return nil
        }
    }

    @discardableResult
    private mutating func module(_ path: String, version: LanguageVersion) -> Module? {
        guard let bytes = read(path) else { return nil }
        return module(bytes, path, version: version)
    }

    @discardableResult
    private mutating func module(
        _ bytes: [UInt8], _ path: String, version: LanguageVersion
    ) -> Module? {
        let options = loader.capabilities.parserOptions(version)
        switch Parser.module(Source(name: path, bytes: bytes), options: options) {
        case .success(let module):
            loaded.modules.append(module)
            return module
        case .failure(let found):
            problems += found.all.map { .syntax($0) }
            return nil
        }
    }

    private mutating func lay(_ path: String, at folders: [String]) {
        guard let document = document(path) else { return }
        lay(document, at: folders, path: path)
    }

    private mutating func document(_ path: String) -> Document? {
        guard let bytes = read(path) else { return nil }
        do throws(Decoding.Failure) {
            return try Decoding.document(bytes, path: path)
        } catch {
            problems.append(.file(error.clause))
            return nil
        }
    }

    private mutating func lay(_ document: Document, at folders: [String], path: String) {
        let isObject = document.withRoot { $0.kind == .object }
        guard isObject || !folders.isEmpty else {
            problems.append(.file("\(path): document must be of type object"))
            return
        }
        guard
            let placed = folders.isEmpty ? document : Document.empty.setting(folders, to: document)
        else { return }
        switch loaded.data.merging(placed) {
        case .success(let merged): loaded.data = merged
        case .failure(let conflict):
            let place = conflict.path.joined(separator: "/")
            problems.append(.file("\(path): merge error at `\(place)`"))
        }
    }
}

extension Reading {
    /// A folder or a gzipped tar file that is a bundle.
    mutating func bundle(_ path: String) {
        if let files = bundleFiles(path) { bundle(path, files) }
    }

    /// The bundle that these files are.
    mutating func bundle(_ path: String, _ files: [BundleFile]) {
        let before = problems.count
        guard isGenuine(path, files), let manifest = manifest(of: path, files) else { return }
        if let patch = files.first(where: { $0.path == "patch.json" }) {
            return apply(patch, LoadedBundle(name: path, manifest: manifest))
        }
        var content = Reading(loader: loader)
        content.bytesLeft = bytesLeft
        content.loaded.plans = loaded.plans
        for file in files {
            switch file.name {
            case "data.json", "data.yaml", "data.yml": content.lay(file)
            case let name where name.hasSuffix(".rego"):
                let version = manifest.version(
                    ofFile: "/" + file.path, standard: loader.version)
                content.module(file.bytes, file.shown, version: version)
            default: continue
            }
        }
        // Sources say all that a plan of them says, and more.
        if let plan = files.first(where: { $0.path == "plan.json" }),
            content.loaded.modules.isEmpty
        {
            content.plan(plan, manifest)
        }
        bytesLeft = content.bytesLeft
        loaded.plans = content.loaded.plans
        problems += content.problems
        guard problems.count == before else { return }
        add(content.loaded, LoadedBundle(name: path, manifest: manifest))
    }

    /// Whether the files are those that were signed, as far as that is asked for.
    private mutating func isGenuine(_ path: String, _ files: [BundleFile]) -> Bool {
        let isSigned = files.contains { $0.path == BundleSignatures.fileName }
        if loader.skipsVerification { return true }
        do throws(BundleSignatures.Refusal) {
            if let verification = loader.verification {
                try verification.check(files)
            } else if isSigned {
                throw BundleSignatures.Refusal(
                    clause: "verification key not provided, and the bundle is signed")
            }
            return true
        } catch {
            problems.append(.file("bundle \(path): \(error.clause)"))
            return false
        }
    }

    private mutating func lay(_ file: BundleFile) {
        do throws(Decoding.Failure) {
            let document = try Decoding.document(file.bytes, path: file.shown)
            lay(document, at: file.folders, path: file.shown)
        } catch {
            problems.append(.file(error.clause))
        }
    }

    /// OPA's compiled form of a bundle.
    private mutating func plan(_ file: BundleFile, _ manifest: Manifest) {
        var plans = loaded.plans
        do throws(PlanError) {
            try plans.add(json: file.bytes)
        } catch {
            problems.append(.file("\(file.shown): \(error.clause)"))
            return
        }
        let added = Set(plans.entrypoints).subtracting(loaded.plans.entrypoints)
        for name in added.sorted() {
            let elements = name.split(separator: "/").map(String.init)
            if !manifest.rootPaths.contains(where: { elements.starts(with: $0) }) {
                problems.append(
                    .file("\(file.shown): plan \(name) is outside of the bundle's roots"))
            }
        }
        loaded.plans = plans
    }

    private mutating func manifest(of bundle: String, _ files: [BundleFile]) -> Manifest? {
        guard let file = files.first(where: { $0.path == ".manifest" }) else { return Manifest() }
        do {
            return try Manifest(
                document: try Decoding.document(file.bytes, path: file.shown))
        } catch let failure as Decoding.Failure {
            problems.append(.file(failure.clause))
        } catch let error as ManifestError {
            problems.append(.file("bundle \(bundle): \(error.clause)"))
        } catch {
            problems.append(.file("bundle \(bundle): \(error)"))
        }
        return nil
    }

    private mutating func add(_ content: LoadedPolicy, _ bundle: LoadedBundle) {
        do throws(ManifestError) {
            try bundle.manifest.check(data: content.data)
            for module in content.modules { try bundle.manifest.check(module) }
            try checkOverlaps(bundle)
        } catch {
            problems.append(.file("bundle \(bundle.name): \(error.clause)"))
            return
        }
        loaded.bundles.append(bundle)
        loaded.modules += content.modules
        lay(content.data, at: [], path: bundle.name)
    }

    private func checkOverlaps(_ bundle: LoadedBundle) throws(ManifestError) {
        for other in loaded.bundles {
            let overlap = other.manifest.roots.contains { one in
                bundle.manifest.roots.contains { Manifest.overlap(one, $0) }
            }
            guard !overlap else {
                throw ManifestError(
                    clause: "detected overlapping roots in manifests for these bundles:"
                        + " [\(other.name), \(bundle.name)]")
            }
        }
    }
}

/// Bytes of a data file into a document, by the file's extension: `.json` is JSON alone.
enum Decoding {
    struct Failure: Error {
        var clause: String
    }

    static func document(_ bytes: [UInt8], path: String) throws(Failure) -> Document {
        if PathText.fileExtension(path) == ".json" || path.hasSuffix(".manifest") {
            return try json(bytes, path)
        }
        return try yaml(bytes, path)
    }

    private static func json(_ bytes: [UInt8], _ path: String) throws(Failure) -> Document {
        do throws(JSONError) {
            return try Document.parse(json: bytes)
        } catch {
            throw Failure(clause: "\(path): \(error.message) at byte \(error.offset)")
        }
    }

    /// By way of JSON, which is all that YAML may say here.
    private static func yaml(_ bytes: [UInt8], _ path: String) throws(Failure) -> Document {
        let text: [UInt8]
        do throws(YAMLError) {
            text = try YAML.json(bytes)
        } catch {
            throw Failure(clause: "\(path): \(error.message)")
        }
        return try json(text, path)
    }
}
