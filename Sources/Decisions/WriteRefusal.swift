public import RegoSyntax

/// Why a write had no effect; the revision before it stays.
public enum WriteRefusal: Error, Sendable {
    /// The modules do not parse or compile, or a rule and the data claim the same path.
    case diagnostics([Diagnostic])
    /// Data would stand where a rule is.
    case conflict([Diagnostic])
    /// No module has the id.
    case noPolicy(id: String)
    /// Nothing stands at the path.
    case noDocument(path: [String], reason: Reason)
    /// Something on the way to the path is no object.
    case notAnObject(path: [String])
    /// An operation that the root does not allow.
    case root(Root)
    /// The path belongs to a bundle.
    case owned(Ownership)
    /// The value is there already, and the write was to happen only if it were not.
    case exists

    public enum Reason: String, Sendable {
        case missing = "document does not exist"
        case outOfRange = "array index out of range"
        case noIndex = "array index must be integer"
    }

    public enum Root: String, Sendable {
        case mustBeObject = "root must be object"
        case cannotBeRemoved = "root cannot be removed"
    }

    public enum Ownership: Sendable {
        /// All of `data` is a bundle's.
        case everything(bundle: String)
        /// The path, or something above or below it, is a bundle's.
        case path([String], bundle: String)
        /// The root holds what is a bundle's.
        case root
    }

    /// What the storage or the server of OPA says in this case, its code included.
    public var message: String {
        switch self {
        case .diagnostics(let found), .conflict(let found): WriteRefusal.text(found)
        case .noPolicy(let id): "storage_not_found_error: policy id \"\(id)\""
        case .noDocument(let path, let reason):
            "storage_not_found_error: \(WriteRefusal.text(path)): \(reason.rawValue)"
        case .notAnObject(let path): "storage_write_conflict_error: \(WriteRefusal.text(path))"
        case .root(let reason): "storage_invalid_patch_error: \(reason.rawValue)"
        case .owned(.everything(let bundle)): "all paths owned by bundle \"\(bundle)\""
        case .owned(.path(let path, let bundle)):
            "path \(path.joined(separator: "/")) is owned by bundle \"\(bundle)\""
        case .owned(.root): "can't write to document root with bundle roots configured"
        case .exists: "document exists"
        }
    }

    private static func text(_ path: [String]) -> String {
        "/" + path.joined(separator: "/")
    }

    private static func text(_ found: [Diagnostic]) -> String {
        let lines = found.map {
            "\($0.file):\($0.span.row): \($0.code.rawValue): \($0.message)"
        }
        guard lines.count != 1 else { return "1 error occurred: \(lines[0])" }
        return "\(lines.count) errors occurred:\n" + lines.joined(separator: "\n")
    }
}
