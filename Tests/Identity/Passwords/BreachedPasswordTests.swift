import Cryptography
import Foundation
import Testing

@testable import Identity

/// A file of breached passwords, and files that only look like one.
@Suite struct BreachedPasswordTests {
    private func with(_ text: String, _ body: (String) throws -> Void) throws {
        let path = FileManager.default.temporaryDirectory.path + "/" + UUID().uuidString
        try Data(text.utf8).write(to: URL(filePath: path))
        defer { try? FileManager.default.removeItem(atPath: path) }
        try body(path)
    }

    private static func hash(_ password: String) -> String {
        DigestAlgorithm.sha1.digest(Array(password.utf8).span).hexadecimal.uppercased()
    }

    private static let passwords = (0..<500).map { "password \($0)" }

    /// The second has counts of all lengths.
    private static let files: [String] = {
        let hashes = passwords.map(hash).sorted()
        let counts = hashes.indices.map { String(UInt64.max).prefix($0 % 20 + 1) }
        let lines = zip(hashes, counts).map { "\($0):\($1)" }
        return [
            lines.joined(separator: "\r\n") + "\r\n", lines.joined(separator: "\n"),
            hashes.joined(separator: "\n") + "\n", hashes.joined(separator: "\n").lowercased(),
        ]
    }()

    @Test(arguments: files.indices)
    func everyPasswordOfTheFileIsFoundAndNoOther(_ index: Int) throws {
        try with(Self.files[index]) { path in
            let breached = try BreachedPasswords(path: path)
            #expect(try Self.passwords.filter { try !breached.contain($0) } == [])
            let others = (500..<1_000).map { "password \($0)" }
            #expect(try others.filter { try breached.contain($0) } == [])
        }
    }

    @Test(arguments: [1, 2, 3]) func fewLinesAreEnough(_ count: Int) throws {
        let passwords = (0..<count).map { "password \($0)" }
        try with(passwords.map(Self.hash).sorted().joined(separator: "\n")) { path in
            let breached = try BreachedPasswords(path: path)
            for password in passwords { #expect(try breached.contain(password)) }
            #expect(try !breached.contain("password"))
        }
    }

    @Test(arguments: [
        "", "\n", "password\n", "\u{FEFF}\(hash("a")):1\n", "\(hash("a")):1\n\n",
        "\(hash("a")):x\n", "\(hash("a")):1:2\n", "\(hash("a")) :1\n", "\(hash("a").dropLast())\n",
        "\(hash("a")):\(String(repeating: "1", count: 100))\n", "Z\(hash("a").dropFirst()):1\n",
        String(repeating: "A", count: 1 << 20), String(repeating: "\n", count: 1 << 10),
        "\(hash("a")):1\n\(hash("a")):1\n",
        "\(String(repeating: "F", count: 40)):1\n\(hash("a")):1",
    ])
    func anotherFileIsRefusedAtTheStart(_ text: String) throws {
        try with(text) { path in
            #expect(throws: DataFileFailure.self) { try BreachedPasswords(path: path) }
        }
    }

    @Test func whatIsNoFileIsRefused() throws {
        let folder = FileManager.default.temporaryDirectory.path
        #expect(throws: DataFileFailure.self) { try BreachedPasswords(path: folder) }
        #expect(throws: DataFileFailure.self) { try BreachedPasswords(path: "/dev/zero") }
        #expect(throws: DataFileFailure.self) { try BreachedPasswords(path: "\(folder)/none") }
        // An opener that waits for somebody to write would wait for ever.
        let pipe = "\(folder)/\(UUID().uuidString)"
        let isMade = unsafe mkfifo(pipe, 0o600) == 0
        #expect(isMade)
        defer { try? FileManager.default.removeItem(atPath: pipe) }
        #expect(throws: DataFileFailure.self) { try BreachedPasswords(path: pipe) }
    }

    @Test func aFileThatIsNotSortedIsFoundOut() throws {
        let lines = Self.passwords.map(Self.hash).sorted()
        let (first, last) = (lines[0], lines[lines.count - 1])
        let between = lines.dropFirst().dropLast().reversed()
        try with(([first] + between + [last]).joined(separator: "\n")) { path in
            let breached = try BreachedPasswords(path: path)
            let found = Self.passwords.filter { (try? breached.contain($0)) == true }
            // What is met on the way is found; all else is refused, and nothing is said to be well.
            #expect(found.count < 100)
            for password in Self.passwords where !found.contains(password) {
                #expect(throws: DataFileFailure.self) { try breached.contain(password) }
            }
        }
    }

    @Test func aFileThatIsCutOrDamagedMeanwhileIsFoundOut() throws {
        try with(Self.files[0]) { path in
            let breached = try BreachedPasswords(path: path)
            let handle = try #require(FileHandle(forWritingAtPath: path))
            try handle.truncate(atOffset: 1_000)
            #expect(throws: DataFileFailure.self) { try breached.contain("password") }
            try handle.truncate(atOffset: 100_000)
            #expect(throws: DataFileFailure.self) { try breached.contain("password") }
        }
    }
}
