import Rego
import RegoMachine
import RegoSyntax

/// One load under way: what was read so far, and what was wrong with it.
struct Reading {
    let loader: PolicyLoader
    private var loaded = LoadedPolicy()
    private var problems: [LoadFailure.Problem] = []
    private var bytesLeft: Int

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

    private mutating func walk(_ path: String, at folders: [String]) -> [Walk.Found] {
        var walk = Walk(ignore: loader.ignore.compactMap(Glob.init), limits: loader.limits)
        walk.go(path, at: folders)
        problems += walk.failures.map { .file($0.clause) }
        return walk.found
    }

    private mutating func read(_ path: String) -> [UInt8]? {
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
    /// A folder that is a bundle.
    mutating func bundle(_ path: String) {
        let before = problems.count
        let files = walk(path, at: [])
        guard let manifest = manifest(of: path, files) else { return }
        var content = Reading(loader: loader)
        content.bytesLeft = bytesLeft
        content.loaded.plans = loaded.plans
        var planPath: String?
        for file in files {
            let inner =
                "/"
                + (file.folders + [PathText.lastElement(file.path)])
                .joined(separator: "/")
            switch PathText.lastElement(file.path) {
            case "plan.json" where file.folders.isEmpty: planPath = file.path
            case "data.json", "data.yaml", "data.yml": content.lay(file.path, at: file.folders)
            case let name where name.hasSuffix(".rego"):
                content.module(
                    file.path, version: manifest.version(ofFile: inner, standard: loader.version))
            default: continue
            }
        }
        // Sources say all that a plan of them says, and more.
        if let planPath, content.loaded.modules.isEmpty { content.plan(planPath, manifest) }
        bytesLeft = content.bytesLeft
        loaded.plans = content.loaded.plans
        problems += content.problems
        guard problems.count == before else { return }
        add(content.loaded, LoadedBundle(name: path, manifest: manifest))
    }

    /// OPA's compiled form of a bundle.
    private mutating func plan(_ path: String, _ manifest: Manifest) {
        guard let bytes = read(path) else { return }
        var plans = loaded.plans
        do throws(PlanError) {
            try plans.add(json: bytes)
        } catch {
            problems.append(.file("\(path): \(error.clause)"))
            return
        }
        let added = Set(plans.entrypoints).subtracting(loaded.plans.entrypoints)
        for name in added.sorted() {
            let elements = name.split(separator: "/").map(String.init)
            if !manifest.rootPaths.contains(where: { elements.starts(with: $0) }) {
                problems.append(.file("\(path): plan \(name) is outside of the bundle's roots"))
            }
        }
        loaded.plans = plans
    }

    private mutating func manifest(of folder: String, _ files: [Walk.Found]) -> Manifest? {
        let path = PathText.joined(folder, ".manifest")
        guard files.contains(where: { $0.path == path }) else { return Manifest() }
        guard let document = document(path) else { return nil }
        do throws(ManifestError) {
            return try Manifest(document: document)
        } catch {
            problems.append(.file("bundle \(folder): \(error.clause)"))
            return nil
        }
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
