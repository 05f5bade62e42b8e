import Foundation

/// One run of the built binary, which stands beside the tests' own.
struct Invocation {
    let status: Int32
    let output: String
    let errors: String
    /// What the files that it was given hold afterwards, by name.
    let files: [String: String]

    /// Files that the run sees in its working folder, by name.
    init(
        _ arguments: [String], files: [String: String] = [:], standardInput: String = "",
        executable: URL = Invocation.binary
    ) throws {
        let folder = FileManager.default.temporaryDirectory.appending(path: UUID().uuidString)
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: folder) }
        for (name, text) in files {
            let url = folder.appending(path: name)
            try FileManager.default.createDirectory(
                at: url.deletingLastPathComponent(), withIntermediateDirectories: true)
            try text.write(to: url, atomically: false, encoding: .utf8)
        }
        // Files, not pipes: a child that writes much must not wait for a reader.
        let paths = ["in", "out", "err"].map { folder.appending(path: ".\($0)") }
        for path in paths { try Data().write(to: path) }
        try standardInput.write(to: paths[0], atomically: false, encoding: .utf8)
        let process = Process()
        process.executableURL = executable
        process.arguments = arguments
        process.currentDirectoryURL = folder
        process.standardInput = try FileHandle(forReadingFrom: paths[0])
        process.standardOutput = try FileHandle(forWritingTo: paths[1])
        process.standardError = try FileHandle(forWritingTo: paths[2])
        try process.run()
        process.waitUntilExit()
        status = process.terminationStatus
        output = try String(contentsOf: paths[1], encoding: .utf8)
        errors = try String(contentsOf: paths[2], encoding: .utf8)
        var left: [String: String] = [:]
        for name in files.keys {
            left[name] = try? String(contentsOf: folder.appending(path: name), encoding: .utf8)
        }
        self.files = left
    }

    /// The output as JSON.
    var json: [String: Any] {
        get throws {
            let value = try JSONSerialization.jsonObject(with: Data(output.utf8))
            return value as? [String: Any] ?? [:]
        }
    }

    static let binary = URL(filePath: "/proc/self/exe").resolvingSymlinksInPath()
        .deletingLastPathComponent().appending(path: "ostiary")

    static let projectRoot = URL(filePath: #filePath).deletingLastPathComponent()
        .deletingLastPathComponent().deletingLastPathComponent()
}
