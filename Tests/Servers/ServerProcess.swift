import Foundation
import Glibc
import Synchronization

/// A server that a test starts in a folder of its own and that cannot outlive the test's process.
///
/// A watcher signals the server when it is told to, or when its standard input ends, which happens
/// however the test's process dies; then it removes the folder. It is no shell: a test may run on a
/// thread that blocks all signals, its children inherit that, and a shell would wait for ever.
package final class ServerProcess: @unchecked Sendable {
    package let folder: String
    private let user: String
    private let arguments: [String]
    private let process = Process()
    private let input: Pipe
    /// It was stopped and nobody has started it again.
    private let isFolderLeft = Atomic(false)
    /// A child that is started between the making of another's pipes and its start holds their ends
    /// open as well, and nobody reads their end before it ends itself.
    private static let starting = NSLock()

    /// A folder that `user` owns and nobody else enters.
    package static func makeFolder(_ name: String, user: String) throws -> String {
        let temporary = FileManager.default.temporaryDirectory.path
        let folder = "\(temporary)/\(name)-\(UUID().uuidString.prefix(8))"
        let manager = FileManager.default
        try manager.createDirectory(atPath: folder, withIntermediateDirectories: true)
        if getuid() == 0 {
            try manager.setAttributes([.ownerAccountName: user], ofItemAtPath: folder)
        }
        try manager.setAttributes([.posixPermissions: 0o700], ofItemAtPath: folder)
        return folder
    }

    /// - Parameter user: Who runs it where the test is run by root, which servers refuse to be.
    package init(folder: String, user: String, _ arguments: [String]) throws {
        self.folder = folder
        self.user = user
        self.arguments = arguments
        Self.starting.lock()
        defer { Self.starting.unlock() }
        input = Pipe()
        process.executableURL = URL(filePath: "/usr/bin/env")
        process.arguments =
            ["python3", "-c", Self.watch, folder] + Self.asUser(user, arguments)
        process.currentDirectoryURL = URL(filePath: "/")
        process.standardInput = input
        process.standardOutput = FileHandle.nullDevice
        process.standardError = FileHandle.nullDevice
        try process.run()
    }

    deinit {
        try? input.fileHandleForWriting.close()
        guard isFolderLeft.load(ordering: .relaxed) else { return }
        try? FileManager.default.removeItem(atPath: folder)
    }

    /// Signals the server, waits for its end and keeps its folder as long as somebody has this.
    package func stop(signal: String) {
        isFolderLeft.store(true, ordering: .relaxed)
        try? input.fileHandleForWriting.write(contentsOf: Data("\(signal)\n".utf8))
        process.waitUntilExit()
    }

    /// The same server again, in the folder it left.
    package func started() throws -> ServerProcess {
        isFolderLeft.store(false, ordering: .relaxed)
        return try ServerProcess(folder: folder, user: user, arguments)
    }

    /// Runs a program to its end.
    /// - Returns: What it printed.
    @discardableResult
    package static func run(
        _ arguments: [String], user: String, input text: String = ""
    ) throws -> String {
        let process = Process()
        let arguments = asUser(user, arguments)
        process.executableURL = URL(filePath: arguments[0])
        process.arguments = Array(arguments.dropFirst())
        process.currentDirectoryURL = URL(filePath: "/")
        let (input, output) = try starting.withLock {
            let (input, output) = (Pipe(), Pipe())
            process.standardInput = input
            process.standardOutput = output
            process.standardError = output
            try process.run()
            return (input, output)
        }
        try input.fileHandleForWriting.write(contentsOf: Data(text.utf8))
        try input.fileHandleForWriting.close()
        let printed = try whole(output.fileHandleForReading.fileDescriptor)
        process.waitUntilExit()
        let said = String(decoding: printed, as: UTF8.self)
        guard process.terminationStatus == 0 else {
            throw ServerFault(message: "\(arguments.joined(separator: " ")): \(said)")
        }
        return said
    }

    /// What is read until the other end closes. Foundation's own reading ends the process where a
    /// signal comes between.
    private static func whole(_ descriptor: Int32) throws -> [UInt8] {
        var bytes: [UInt8] = []
        var part = [UInt8](repeating: 0, count: 64 << 10)
        while true {
            let count = unsafe part.withUnsafeMutableBytes {
                unsafe read(descriptor, $0.baseAddress, $0.count)
            }
            if count == 0 { return bytes }
            guard count > 0 else {
                if errno == EINTR { continue }
                throw POSIXError(POSIXErrorCode(rawValue: errno) ?? .EIO)
            }
            bytes += part[..<count]
        }
    }

    /// Asks again until the answer is yes, for three minutes: on a slow machine, where fifty suites
    /// run at once, a server may well take one.
    package static func wait(for what: String, until isSo: () -> Bool) throws {
        for _ in 0..<3_600 {
            if isSo() { return }
            usleep(50_000)
        }
        throw ServerFault(message: "\(what) does not come")
    }

    private static func asUser(_ user: String, _ arguments: [String]) -> [String] {
        guard getuid() == 0 else { return arguments }
        return ["/usr/bin/setpriv", "--reuid", user, "--regid", user, "--clear-groups"] + arguments
    }

    private static let watch = """
        import shutil, signal, subprocess, sys
        signal.pthread_sigmask(signal.SIG_SETMASK, [])
        folder, command = sys.argv[1], sys.argv[2:]
        with open(folder + '/log', 'ab') as log:
            server = subprocess.Popen(
                command, stdin=subprocess.DEVNULL, stdout=log, stderr=log)
        told = sys.stdin.readline()
        server.send_signal(getattr(signal, 'SIG' + (told.strip() or 'QUIT')))
        try: server.wait(None if told else 20)
        except subprocess.TimeoutExpired: server.kill()
        if not told: shutil.rmtree(folder)
        """
}

/// A server or its tool did not do what a test needs.
package struct ServerFault: Error, CustomStringConvertible {
    package let message: String
    package var description: String { message }

    package init(message: String) { self.message = message }
}

/// Where a server is installed.
package enum Installed {
    package static func folder(of program: String, in folders: [String]) -> String? {
        folders.first { FileManager.default.isExecutableFile(atPath: "\($0)/\(program)") }
    }
}
