public import Rego
import RegoMachine

extension PolicyLoader {
    /// Reads what `-s` names: a file is the schema of `input`; the files of a folder are schemas by
    /// their paths in it, without what follows the last dot of their names.
    /// - Throws: everything that is wrong with any file.
    public func schemas(_ path: String) throws(LoadFailure) -> SchemaSet {
        var walk = Walk(ignore: ignore.compactMap(Glob.init), limits: limits)
        walk.go(path, at: [])
        var problems: [LoadFailure.Problem] = walk.failures.map { .file($0.clause) }
        var schemas = SchemaSet()
        let isTyped = [".json", ".yaml", ".yml"]
        for file in walk.found
        where file.isNamed || isTyped.contains(PathText.fileExtension(file.path)) {
            let name = PathText.lastElement(file.path)
            let stem = String(name.dropLast(PathText.fileExtension(name).utf8.count))
            do {
                let bytes = try Files.read(file.path, bytesMax: limits.fileBytes)
                try schemas.add(
                    try Decoding.document(bytes, path: file.path),
                    at: file.isNamed ? [] : file.folders + [stem])
            } catch let failure as Files.Failure {
                problems.append(.file(failure.clause))
            } catch let failure as Decoding.Failure {
                problems.append(.file(failure.clause))
            } catch let mistake as SchemaSet.Mistake {
                problems.append(.file("\(file.path): \(mistake.clause)"))
            } catch {
                problems.append(.file("\(file.path): \(error)"))
            }
        }
        guard problems.isEmpty else { throw LoadFailure(problems) }
        return schemas
    }
}
