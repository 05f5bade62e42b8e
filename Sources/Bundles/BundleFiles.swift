/// One file of a bundle.
struct BundleFile {
    /// From the root of the bundle, such as `authz/data.json`.
    let path: String
    /// As diagnostics name it: the bundle's path and its own.
    let shown: String
    let bytes: [UInt8]

    var elements: [String] { path.split(separator: "/").map(String.init) }
    var folders: [String] { Array(elements.dropLast()) }
    var name: String { elements.last ?? path }

    /// Whether a bundle's policy or data may be in it.
    static func isContent(_ path: String) -> Bool {
        switch PathText.lastElement(path) {
        case "data.json", "data.yaml", "data.yml": true
        case ".manifest", "plan.json", "patch.json", BundleSignatures.fileName: !path.contains("/")
        case let name: name.hasSuffix(".rego")
        }
    }
}

extension PolicyLoader {
    /// All files of a bundle, a folder or an archive, as they would be packed.
    public func entries(ofBundle path: String) throws(LoadFailure) -> [Archive.Entry] {
        var reading = Reading(loader: self)
        reading.readsAll = true
        let files = reading.bundleFiles(path) ?? []
        _ = try reading.finish()
        return files.map { Archive.Entry(path: $0.path, bytes: $0.bytes) }
    }

    /// Checks a bundle's signature, and its files against it.
    /// - Throws: why it is not the one that was signed, or cannot be read.
    public func verify(
        bundle path: String, _ verification: BundleVerification
    ) throws(LoadFailure) -> [Archive.Entry] {
        let entries = try entries(ofBundle: path)
        do throws(BundleSignatures.Refusal) {
            try verification.check(
                entries.map { BundleFile(path: $0.path, shown: $0.path, bytes: $0.bytes) })
        } catch {
            throw LoadFailure([.file("bundle \(path): \(error.clause)")])
        }
        return entries
    }
}

extension Reading {
    /// The files of a bundle, by path: a folder's, or those of a gzipped tar file. Without a
    /// signature to check, those that say nothing to a policy are not read.
    mutating func bundleFiles(_ path: String) -> [BundleFile]? {
        do throws(Files.Failure) {
            if try Files.status(path).kind == .folder { return folderFiles(path) }
        } catch {
            problems.append(.file(error.clause))
            return nil
        }
        return read(path).flatMap { archiveFiles($0, path) }
    }

    /// The files of a gzipped tar file, by path.
    mutating func archiveFiles(_ bytes: [UInt8], _ path: String) -> [BundleFile]? {
        do throws(Archive.Failure) {
            var limits = Archive.Limits()
            limits.fileBytes = loader.limits.fileBytes
            limits.totalBytes = bytesLeft
            limits.entries = loader.limits.files
            let archive = try Archive(reading: bytes, limits: limits) { wants($0) }
            bytesLeft -= archive.entries.reduce(0) { $0 + $1.bytes.count }
            return archive.entries.filter { !isIgnored($0.path) }.map {
                BundleFile(
                    path: $0.path, shown: PathText.joined(path, $0.path), bytes: $0.bytes)
            }
        } catch {
            problems.append(.file("bundle \(path): \(error.clause)"))
            return nil
        }
    }

    private func wants(_ path: String) -> Bool {
        readsAll || loader.verification != nil || BundleFile.isContent(path)
    }

    private func isIgnored(_ path: String) -> Bool {
        let globs = loader.ignore.compactMap(Glob.init)
        return path.split(separator: "/").contains { element in
            globs.contains { $0.matches(String(element)) }
        }
    }

    private mutating func folderFiles(_ path: String) -> [BundleFile]? {
        let before = problems.count
        var files: [BundleFile] = []
        for file in walk(path, at: []) {
            let inner = (file.folders + [PathText.lastElement(file.path)]).joined(separator: "/")
            guard wants(inner), let bytes = read(file.path) else { continue }
            files.append(BundleFile(path: inner, shown: file.path, bytes: bytes))
        }
        return problems.count == before ? files : nil
    }
}
