import Glibc

/// The file system, through the C library: Foundation costs more at start than a small policy
/// takes to load.
package enum Files {
    /// What a path is, symbolic links followed.
    package struct Status: Hashable {
        package enum Kind { case file, folder, other }

        package var kind: Kind
        var bytes: Int
        var device: UInt64
        var inode: UInt64
        /// Nanoseconds since 1970.
        var modified: Int64
    }

    /// The system's words, such as `stat x.rego: no such file or directory`.
    package struct Failure: Error {
        package var clause: String
    }

    package static func status(_ path: String) throws(Failure) -> Status {
        var found = stat()
        guard unsafe stat(path, &found) == 0 else { throw failure("stat", path) }
        let kind: Status.Kind =
            switch found.st_mode & S_IFMT {
            case S_IFREG: .file
            case S_IFDIR: .folder
            default: .other
            }
        return Status(
            kind: kind, bytes: Int(found.st_size), device: UInt64(found.st_dev),
            inode: UInt64(found.st_ino),
            modified: Int64(found.st_mtim.tv_sec) * 1_000_000_000 + Int64(found.st_mtim.tv_nsec))
    }

    /// The names in a folder, sorted, without `.` and `..`.
    package static func names(in folder: String) throws(Failure) -> [String] {
        guard let stream = unsafe opendir(folder) else { throw failure("open", folder) }
        defer { unsafe closedir(stream) }
        var names: [String] = []
        while let entry = unsafe readdir(stream) {
            let name = unsafe withUnsafePointer(to: &entry.pointee.d_name) { field in
                unsafe field.withMemoryRebound(
                    to: CChar.self, capacity: MemoryLayout.size(ofValue: field.pointee)
                ) { unsafe String(cString: $0) }
            }
            if name != "." && name != ".." { names.append(name) }
        }
        return names.sorted { $0.utf8.lexicographicallyPrecedes($1.utf8) }
    }

    /// A whole file.
    /// - Parameter bytesMax: A file with more, also one that grows meanwhile, is refused.
    static func read(_ path: String, bytesMax: Int) throws(Failure) -> [UInt8] {
        let found = try status(path)
        guard found.kind == .file else {
            throw Failure(clause: "\(path): not a regular file")
        }
        let descriptor = unsafe open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { throw failure("open", path) }
        defer { close(descriptor) }
        var bytes: [UInt8] = []
        // One byte more than expected tells the end of the file without another reallocation.
        bytes.reserveCapacity(min(found.bytes, bytesMax) + 1)
        while true {
            // Not the whole file at once: it would be there twice.
            let room = min(max(found.bytes + 1 - bytes.count, 64 << 10), 1 << 20)
            var got = 0
            let chunk = unsafe [UInt8](unsafeUninitializedCapacity: room) { into, count in
                repeat { unsafe got = Glibc.read(descriptor, into.baseAddress, room) }
                while got < 0 && errno == EINTR
                count = max(got, 0)
            }
            if got < 0 { throw failure("read", path) }
            if got == 0 { return bytes }
            if bytes.count + got > bytesMax {
                throw Failure(clause: "\(path): file has more than \(bytesMax) bytes")
            }
            bytes += chunk
        }
    }

    private static func failure(_ call: String, _ path: String) -> Failure {
        let words = unsafe String(cString: strerror(errno))
        let lowered = words.prefix(1).lowercased() + words.dropFirst()
        return Failure(clause: "\(call) \(path): \(lowered)")
    }
}

/// Paths as text: `a//b/../c` is `a/c`.
enum PathText {
    static func joined(_ folder: String, _ name: String) -> String {
        cleaned(folder.isEmpty ? name : folder + "/" + name)
    }

    /// Without empty and `.` elements, and `..` resolved where it follows a name.
    static func cleaned(_ path: String) -> String {
        let isAbsolute = path.hasPrefix("/")
        var kept: [Substring] = []
        for element in path.split(separator: "/") where element != "." {
            if element == "..", let last = kept.last, last != ".." {
                kept.removeLast()
            } else if element != ".." || !isAbsolute {
                kept.append(element)
            }
        }
        let text = (isAbsolute ? "/" : "") + kept.joined(separator: "/")
        return text.isEmpty ? "." : text
    }

    static func lastElement(_ path: String) -> String {
        path.split(separator: "/").last.map(String.init) ?? path
    }

    /// `.json` of `a/data.json`; empty where there is none.
    static func fileExtension(_ path: String) -> String {
        let name = lastElement(path)
        guard let dot = name.lastIndex(of: ".") else { return "" }
        return String(name[dot...])
    }
}
