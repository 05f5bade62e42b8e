import Bundles
import Glibc

/// The files that `ostiary fmt` reads, and how it puts others in their place.
enum FormatFiles {
    /// How deep folders may nest; a link to a folder above would go on for ever.
    private static let depthMax = 64

    /// The files named, and the Rego files in the folders named.
    static func listed(_ paths: [String]) throws(Problems) -> [String] {
        guard !paths.isEmpty else { return ["-"] }
        var files: [String] = []
        for path in paths {
            if path == "-" { files.append(path) } else { try add(path, depth: 0, to: &files) }
        }
        return files
    }

    private static func add(
        _ path: String, depth: Int, to files: inout [String]
    ) throws(Problems) {
        guard depth < depthMax else { throw Problems(clause: "\(path): folders nest too deep") }
        do throws(Files.Failure) {
            guard try Files.status(path).kind == .folder else {
                // A file that is named is formatted whatever it is called.
                if depth == 0 || path.hasSuffix(".rego") { files.append(path) }
                return
            }
        } catch {
            throw Problems(clause: error.clause)
        }
        let names: [String]
        do throws(Files.Failure) {
            names = try Files.names(in: path)
        } catch {
            throw Problems(clause: error.clause)
        }
        let folder = path.hasSuffix("/") ? path : path + "/"
        for name in names { try add(folder + name, depth: depth + 1, to: &files) }
    }

    /// Writes a file's new contents beside it, then moves them there, so that no interruption
    /// leaves half of a policy.
    static func replace(_ path: String, by bytes: [UInt8]) throws(Problems) {
        let fresh = path + ".fmt-\(getpid())"
        var found = stat()
        let mode = unsafe stat(path, &found) == 0 ? found.st_mode & 0o777 : 0o644
        let descriptor = unsafe open(fresh, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, mode)
        guard descriptor >= 0 else { throw failure("write", path) }
        var rest = bytes[...]
        while !rest.isEmpty {
            let written = unsafe rest.withUnsafeBytes { buffer in
                unsafe Glibc.write(descriptor, buffer.baseAddress, buffer.count)
            }
            if written < 0, errno == EINTR { continue }
            guard written > 0 else { break }
            rest = rest.dropFirst(written)
        }
        let closed = close(descriptor)
        guard rest.isEmpty, closed == 0, unsafe rename(fresh, path) == 0 else {
            let problem = failure("write", path)
            unsafe unlink(fresh)
            throw problem
        }
    }

    private static func failure(_ call: String, _ path: String) -> Problems {
        let reason = unsafe String(cString: strerror(errno))
        return Problems(clause: "\(call) \(path): \(reason)")
    }
}
