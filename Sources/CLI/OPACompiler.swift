import Glibc

/// Compiles a bundle to WebAssembly with the `opa` on the PATH.
///
/// It runs in a private folder that is gone afterwards, in a process group of its own that is
/// killed as a whole after its time, or where it takes too much memory: `opa` is a Go program,
/// for which a bound on its address space would say nothing.
struct OPACompiler {
    let entrypoints: [String]
    let isV0: Bool
    /// How long it may run.
    let nanosecondsMax: UInt64

    private static let residentBytesMax = 1 << 30
    private static let errorBytesMax = 64 << 10
    private static let pollMicroseconds: UInt32 = 20_000

    /// - Parameter source: A bundle of sources.
    /// - Returns: The bundle that `opa` makes of it.
    func compiled(_ source: [UInt8]) throws(Problems) -> [UInt8] {
        guard let opa = Self.executable else {
            throw Problems(
                clause: "target wasm needs the `opa` command line, and there is none on the PATH")
        }
        let cache = BuildCache(
            key: source + Array(arguments(in: "").joined(separator: "\0").utf8))
        if let kept = cache.read() { return kept }
        let folder = try PrivateFolder()
        defer { folder.remove() }
        try Standard.write(source, to: folder.path + "/source.tar.gz")
        try run(opa, in: folder)
        let made = try Standard.read(folder.path + "/made.tar.gz")
        cache.write(made)
        return made
    }

    /// Every name is ours; entrypoints follow their flag, and none begins with `-`.
    private func arguments(in folder: String) -> [String] {
        ["build", "--target", "wasm", "--bundle", folder + "/source.tar.gz"]
            + ["--output", folder + "/made.tar.gz"] + (isV0 ? ["--v0-compatible"] : [])
            + entrypoints.flatMap { ["--entrypoint", $0] }
    }

    private static var executable: String? {
        guard let path = unsafe getenv("PATH") else { return nil }
        return unsafe String(cString: path).split(separator: ":")
            .map { $0 + "/opa" }
            .first { unsafe access($0, X_OK) == 0 }
    }

    private func run(_ opa: String, in folder: PrivateFolder) throws(Problems) {
        let errors = folder.path + "/errors"
        guard let child = ChildGroup(opa, arguments(in: folder.path), errors: errors) else {
            throw Problems(clause: "`\(opa)` cannot be started")
        }
        defer { child.kill() }
        let end = monotonicNanoseconds() + nanosecondsMax
        while true {
            if let status = child.status() {
                guard status == 0 else { throw Problems(clause: failure(status, folder)) }
                return
            }
            if monotonicNanoseconds() > end {
                throw Problems(
                    clause: "opa was stopped after \(Double(nanosecondsMax) / 1e9) seconds")
            }
            if child.residentBytes > Self.residentBytesMax {
                throw Problems(
                    clause: "opa was stopped: it took more than \(Self.residentBytesMax >> 20) MiB")
            }
            if folder.isLeaving { throw Problems(clause: "interrupted") }
            usleep(Self.pollMicroseconds)
        }
    }

    private func failure(_ status: Int32, _ folder: PrivateFolder) -> String {
        let text = (try? Standard.read(folder.path + "/errors")) ?? []
        let shown = String(decoding: text.prefix(Self.errorBytesMax), as: UTF8.self)
            .split(separator: "\n").joined(separator: "\n")
        return "opa failed with \(status): \(shown.isEmpty ? "it says nothing" : shown)"
    }
}

/// A program and all that it starts, as one process group.
private final class ChildGroup {
    private let leader: pid_t
    private var isReaped = false

    /// - Parameter errors: The file that standard output and error go to.
    init?(_ program: String, _ arguments: [String], errors: String) {
        var actions = unsafe posix_spawn_file_actions_t()
        unsafe posix_spawn_file_actions_init(&actions)
        defer { unsafe posix_spawn_file_actions_destroy(&actions) }
        unsafe posix_spawn_file_actions_addopen(&actions, STDIN_FILENO, "/dev/null", O_RDONLY, 0)
        let flags = O_WRONLY | O_CREAT | O_TRUNC
        unsafe posix_spawn_file_actions_addopen(
            &actions, STDOUT_FILENO, errors, flags, 0o600)
        unsafe posix_spawn_file_actions_adddup2(&actions, STDOUT_FILENO, STDERR_FILENO)
        var attributes = posix_spawnattr_t()
        unsafe posix_spawnattr_init(&attributes)
        defer { unsafe posix_spawnattr_destroy(&attributes) }
        unsafe posix_spawnattr_setflags(&attributes, Int16(POSIX_SPAWN_SETPGROUP))
        unsafe posix_spawnattr_setpgroup(&attributes, 0)
        var argv = unsafe ([program] + arguments).map { unsafe strdup($0) } + [nil]
        defer { for unsafe text in unsafe argv { unsafe free(text) } }
        var child: pid_t = 0
        let status = unsafe posix_spawn(&child, program, &actions, &attributes, &argv, environ)
        guard status == 0 else { return nil }
        leader = child
    }

    /// The exit status once it has ended, 128 and the signal where one ended it.
    func status() -> Int32? {
        var status: Int32 = 0
        guard unsafe waitpid(leader, &status, WNOHANG) == leader else { return nil }
        isReaped = true
        return status & 0x7F == 0 ? (status >> 8) & 0xFF : 128 + (status & 0x7F)
    }

    /// Of all processes of the group together.
    var residentBytes: Int {
        guard let folder = unsafe opendir("/proc") else { return 0 }
        defer { unsafe closedir(folder) }
        var pages = 0
        while let entry = unsafe readdir(folder) {
            let name = unsafe withUnsafePointer(to: &entry.pointee.d_name) { name in
                unsafe name.withMemoryRebound(to: CChar.self, capacity: 256) {
                    unsafe String(cString: $0)
                }
            }
            guard let process = pid_t(name), getpgid(process) == leader,
                let text = try? Standard.read("/proc/\(name)/statm")
            else { continue }
            let fields = String(decoding: text, as: UTF8.self).split(separator: " ")
            pages += fields.count > 1 ? Int(fields[1]) ?? 0 : 0
        }
        return pages * Int(sysconf(Int32(_SC_PAGESIZE)))
    }

    /// Ends what is left of the group.
    func kill() {
        _ = Glibc.kill(-leader, SIGKILL)
        if !isReaped { waitpid(leader, nil, 0) }
        isReaped = true
    }
}

/// A folder that only this process and what it starts see, until `remove`.
///
/// Signals that would end the process are noted instead, so that the folder is removed first.
private struct PrivateFolder {
    let path: String

    init() throws(Problems) {
        let base = unsafe getenv("TMPDIR").map { unsafe String(cString: $0) } ?? "/tmp"
        var template = Array((base + "/ostiary-XXXXXX").utf8CString)
        let made = unsafe mkdtemp(&template)
        guard unsafe made != nil else {
            throw Problems(clause: "no temporary folder can be made in \(base)")
        }
        path = String(decoding: template.dropLast().map(UInt8.init(bitPattern:)), as: UTF8.self)
        for number in [SIGINT, SIGTERM, SIGHUP] {
            _ = signal(number) { _ in unsafe hasLeft = 1 }
        }
    }

    /// Whether a signal asked the process to end.
    var isLeaving: Bool { unsafe hasLeft != 0 }

    func remove() {
        for name in ["source.tar.gz", "made.tar.gz", "errors"] {
            unsafe unlink(path + "/" + name)
        }
        unsafe rmdir(path)
        if isLeaving { exit(130) }
    }
}

/// Set by signals.
private nonisolated(unsafe) var hasLeft: sig_atomic_t = 0
