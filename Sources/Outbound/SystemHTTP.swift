import Glibc
public import RegoMachine

extension HTTPClient {
    /// This machine's network by libcurl, its files and environment, and a cache of its own.
    public static func system() -> HTTPClient {
        let cache = ResponseCache()
        return HTTPClient(
            exchange: HTTPExchange.answer, file: CredentialFiles.contents,
            environment: { name in
                guard !name.utf8.contains(0), let value = unsafe getenv(name) else { return nil }
                return unsafe String(cString: value)
            },
            kept: cache.response, keep: cache.keep)
    }
}

/// Certificates and keys that requests name by path.
enum CredentialFiles {
    static let fileBytesMax = 4 << 20

    static func contents(_ path: String) -> HTTPClient.Content {
        guard !path.utf8.contains(0) else { return .failure("open \(path): invalid argument") }
        let file = unsafe open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK)
        guard file >= 0 else {
            return .failure("open \(path): \(unsafe String(cString: strerror(errno)).lowercased())")
        }
        defer { close(file) }
        var facts = stat()
        guard unsafe fstat(file, &facts) == 0, facts.st_mode & S_IFMT == S_IFREG,
            facts.st_size <= fileBytesMax
        else { return .failure("\(path) is no file of at most \(fileBytesMax) bytes") }
        return .bytes(FileReading.bytes(of: file, Int(facts.st_size)))
    }
}
