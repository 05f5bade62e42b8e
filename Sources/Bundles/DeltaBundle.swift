import Rego
import RegoMachine

/// A delta bundle: changes of the data that another bundle brought.
/// - Source: OPA documentation, "Bundles", delta bundles. An empty list of changes changes nothing.
extension Reading {
    /// Applies all changes, or none.
    mutating func apply(_ patch: BundleFile, _ delta: LoadedBundle) {
        let roots = Set(delta.manifest.roots)
        guard loaded.bundles.contains(where: { Set($0.manifest.roots) == roots }) else {
            problems.append(
                .file(
                    "bundle \(delta.name): a delta bundle changes a bundle with the same roots,"
                        + " which has to be loaded before it"))
            return
        }
        do throws(DeltaMistake) {
            loaded.data = try DeltaBundle(patch).applied(to: loaded.data, delta.manifest)
        } catch {
            problems.append(.file("\(patch.shown): \(error.clause)"))
        }
    }
}

private struct DeltaMistake: Error {
    let clause: String
}

private struct DeltaBundle {
    private let operations: [(name: String, path: [String], value: Document?)]

    init(_ patch: BundleFile) throws(DeltaMistake) {
        guard let document = try? Document.parse(json: patch.bytes),
            let count = document.withRoot({ $0.member("data")?.list.count })
        else { throw DeltaMistake(clause: "a patch is an object with the list `data`") }
        var found: [(name: String, path: [String], value: Document?)] = []
        for number in 0..<count {
            let place = ["data", String(number)]
            let fields = document.withRoot { root -> (String?, String?) in
                let operation = root.member("data")?.list[number]
                return (operation?.member("op")?.string, operation?.member("path")?.string)
            }
            guard let name = fields.0, ["upsert", "replace", "remove"].contains(name) else {
                throw DeltaMistake(clause: "change \(number): op is upsert, replace or remove")
            }
            guard let text = fields.1, let path = DeltaBundle.path(text) else {
                throw DeltaMistake(clause: "change \(number): path is a JSON pointer")
            }
            let value = document.json(at: place + ["value"]).flatMap {
                try? Document.parse(json: $0)
            }
            guard name == "remove" || value != nil else {
                throw DeltaMistake(clause: "change \(number): \(name) needs a value")
            }
            found.append((name, path, value))
        }
        operations = found
    }

    private static func path(_ pointer: String) -> [String]? {
        var rest = pointer[...]
        if rest.hasPrefix("/") { rest = rest.dropFirst() }
        guard !rest.isEmpty else { return nil }
        return rest.split(separator: "/", omittingEmptySubsequences: false).map { element in
            element.split(separator: "~1", omittingEmptySubsequences: false)
                .joined(separator: "/")
                .split(separator: "~0", omittingEmptySubsequences: false).joined(separator: "~")
        }
    }

    func applied(
        to data: Document, _ manifest: Manifest
    ) throws(DeltaMistake) -> Document {
        var data = data
        for (number, operation) in operations.enumerated() {
            let place = operation.path.joined(separator: "/")
            guard manifest.owns(operation.path) else {
                throw DeltaMistake(
                    clause: "change \(number): `\(place)` is outside of the bundle's roots")
            }
            let exists = data.json(at: operation.path) != nil
            guard operation.name == "upsert" || exists else {
                throw DeltaMistake(clause: "change \(number): `\(place)` is not there")
            }
            let changed = operation.name == "remove"
                ? data.removing(operation.path)
                : operation.value.flatMap { data.setting(operation.path, to: $0) }
            guard let changed else {
                throw DeltaMistake(clause: "change \(number): `\(place)` is in no object")
            }
            data = changed
        }
        return data
    }
}
