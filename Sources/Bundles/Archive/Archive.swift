/// A gzipped tar file as bundles are packed: names and contents, nothing else.
///
/// Archives are hostile: names may lead out of the folder, entries may be links or devices, a few
/// kilobytes may stand for terabytes. All of it is refused while reading, before memory is taken
/// for it, and nothing is ever unpacked to a disk.
public struct Archive: Sendable {
    public struct Entry: Sendable {
        /// From the root of the bundle, without a slash at its begin: `authz/data.json`.
        public let path: String
        public let bytes: [UInt8]

        public init(path: String, bytes: [UInt8]) {
            self.path = path
            self.bytes = bytes
        }
    }

    /// By path.
    public let entries: [Entry]

    public init(entries: [Entry]) {
        self.entries = entries.sorted { $0.path < $1.path }
    }

    /// Why an archive cannot be read or written; one clause.
    public struct Failure: Error, Sendable {
        public let clause: String
    }

    /// The bounds of one archive. Entries that are not asked for count, too.
    public struct Limits: Sendable {
        public var entries = 100_000
        /// Of one file, and of all together, unpacked.
        public var fileBytes = 256 << 20
        public var totalBytes = 1 << 30
        /// Times that the contents may be larger than the archive, the first 16 MiB aside.
        public var ratio = 250
        public var pathBytes = 4_096
        public init() {}
    }

    static let freeBytes = 16 << 20
}

/// The path of an entry, as far as it is one inside of the bundle.
enum EntryPath {
    /// - Parameter written: As in the archive; `opa build` begins names with a slash, `tar` with
    ///   `./`.
    /// - Returns: Without either; empty for the root itself.
    static func cleaned(
        _ written: String, limits: Archive.Limits
    ) throws(Archive.Failure) -> String {
        let shown = written.prefix(200)
        guard written.utf8.count <= limits.pathBytes else {
            throw Archive.Failure(clause: "entry `\(shown)…`: the name is too long")
        }
        let isPlain = written.utf8.allSatisfy {
            $0 >= 0x20 && $0 != 0x7F && $0 != UInt8(ascii: "\\")
        }
        guard isPlain else {
            throw Archive.Failure(clause: "entry `\(shown)`: a name of bytes that no path has")
        }
        var rest = written[...]
        if rest.hasPrefix("./") { rest = rest.dropFirst() }
        if rest.hasPrefix("/") { rest = rest.dropFirst() }
        if rest.hasSuffix("/") { rest = rest.dropLast() }
        if rest.isEmpty || rest == "." { return "" }
        for element in rest.split(separator: "/", omittingEmptySubsequences: false)
        where element.isEmpty || element == "." || element == ".." {
            throw Archive.Failure(clause: "entry `\(shown)`: the name leads out of the bundle")
        }
        return String(rest)
    }
}
