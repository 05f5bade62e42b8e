import Rego
import RegoMachine

extension PolicyLoader {
    /// The input documents at paths: files of JSON and YAML, by their extensions, and those in
    /// folders, in the order of their names. Other files are passed by, as OPA does.
    /// - Throws: what cannot be listed.
    public func inputs(_ paths: [String]) throws(LoadFailure) -> [String] {
        var walk = Walk(ignore: ignore.compactMap(Glob.init), limits: limits)
        for path in paths { walk.go(path, at: []) }
        let problems: [LoadFailure.Problem] = walk.failures.map { .file($0.clause) }
        guard problems.isEmpty else { throw LoadFailure(problems) }
        return walk.found.map(\.path).filter {
            [".json", ".yaml", ".yml"].contains(PathText.fileExtension($0))
        }
    }

    /// The JSON of one input document. That of a `.json` file is as it stands there: whoever
    /// evaluates parses it.
    /// - Throws: where the file cannot be read, or is no YAML.
    public func input(_ path: String) throws(LoadFailure) -> [UInt8] {
        do throws(Files.Failure) {
            let bytes = try Files.read(path, bytesMax: limits.fileBytes)
            if PathText.fileExtension(path) == ".json" { return bytes }
            return try yaml(bytes, path)
        } catch {
            throw LoadFailure([.file(error.clause)])
        }
    }

    /// The JSON of an input document that stands in no file, and is JSON or YAML.
    /// - Parameter name: What it is called where it is refused.
    public func input(_ text: [UInt8], name: String) throws(LoadFailure) -> [UInt8] {
        if (try? Document.parse(json: text)) != nil { return text }
        do throws(Files.Failure) {
            return try yaml(text, name)
        } catch {
            throw LoadFailure([.file(error.clause)])
        }
    }

    private func yaml(_ text: [UInt8], _ name: String) throws(Files.Failure) -> [UInt8] {
        do throws(YAMLError) {
            return try YAML.json(text)
        } catch {
            throw Files.Failure(clause: "\(name): \(error.message)")
        }
    }
}
