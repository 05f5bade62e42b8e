import Foundation
import Testing

/// Bundles as files: packed, signed, loaded again, and refused where they are hostile.
@Suite struct BundleTests {
    private static let policy = """
        package authz

        default allow := false

        allow if input.user in data.admins
        """

    private static let sources = [
        "src/authz.rego": policy, "src/data.json": #"{"admins": ["ada"]}"#,
        "input.json": #"{"user": "ada"}"#,
    ]

    /// Runs commands one after the other in one folder; the last one's outcome.
    private static func run(
        _ commands: [[String]], _ files: [String: String] = sources, path: String? = nil,
        prepare: (URL) throws -> Void = { _ in }
    ) throws -> (status: Int32, output: String, errors: String, folder: [String]) {
        let folder = FileManager.default.temporaryDirectory.appending(path: UUID().uuidString)
        defer { try? FileManager.default.removeItem(at: folder) }
        for (name, text) in files {
            let url = folder.appending(path: name)
            try FileManager.default.createDirectory(
                at: url.deletingLastPathComponent(), withIntermediateDirectories: true)
            try text.write(to: url, atomically: false, encoding: .utf8)
        }
        try prepare(folder)
        var last: (Int32, String, String) = (0, "", "")
        for arguments in commands {
            let process = Process()
            process.executableURL = Invocation.binary
            process.arguments = arguments
            process.currentDirectoryURL = folder
            var environment = ProcessInfo.processInfo.environment
            environment["XDG_CACHE_HOME"] = folder.appending(path: "cache").path
            environment["TMPDIR"] = folder.path
            if let path {
                environment["PATH"] = path.isEmpty ? "/nowhere" : "\(path):/usr/bin:/bin"
            }
            process.environment = environment
            let pipes = (Pipe(), Pipe())
            process.standardOutput = pipes.0
            process.standardError = pipes.1
            try process.run()
            let output = pipes.0.fileHandleForReading.readDataToEndOfFile()
            let errors = pipes.1.fileHandleForReading.readDataToEndOfFile()
            process.waitUntilExit()
            last = (
                process.terminationStatus, String(decoding: output, as: UTF8.self),
                String(decoding: errors, as: UTF8.self)
            )
        }
        let left = try FileManager.default.contentsOfDirectory(atPath: folder.path)
        return (last.0, last.1, last.2, left)
    }

    private static func allow(_ bundle: String) -> [String] {
        ["eval", "-b", bundle, "-i", "input.json", "-f", "raw", "data.authz.allow"]
    }

    // MARK: Building

    @Test func aBundleIsLoadedAsItsSourcesAre() throws {
        let ran = try Self.run([["build", "src", "-r", "r1"], Self.allow("bundle.tar.gz")])
        #expect(ran.output == "true\n", "\(ran)")
    }

    @Test func theSameSourcesMakeTheSameBytes() throws {
        let one = try Self.run([["build", "src", "--base64"]])
        let other = try Self.run([["build", "src", "--base64"]])
        #expect(one.status == 0 && one.output == other.output && one.output.count > 100)
    }

    @Test func aPlanAnswersWithoutItsSources() throws {
        let ran = try Self.run([
            ["build", "-t", "plan", "-e", "authz/allow", "src"], Self.allow("bundle.tar.gz"),
        ])
        #expect(ran.output == "true\n", "\(ran)")
    }

    @Test(arguments: [
        (["build", "-t", "plan", "src"], "at least one entrypoint"),
        (["build", "-e", "authz/none", "src"], "undefined entrypoint data.authz.none"),
        (["build", "-e=-x", "src"], "is no entrypoint"),
        (["build", "nothing"], "no such file"),
        (["build", "-O", "1", "src"], "`--optimize 1` is not supported: this build has no"),
        (["build", "--optimize=3", "src"], "invalid optimization level"),
        (["build", "--prune-unused", "src"], "needs an entrypoint to keep"),
    ])
    func whatCannotBeBuiltIsTold(_ arguments: [String], _ message: String) throws {
        let ran = try Self.run([arguments])
        #expect(ran.status != 0 && ran.errors.contains(message), "\(ran)")
        #expect(!ran.folder.contains { $0.hasPrefix("bundle.tar.gz") })
    }

    @Test func inspectShowsWhatIsInside() throws {
        var files = Self.sources
        files["src/authz.rego"] = "# METADATA\n# title: Who may\n" + Self.policy
        let build = ["build", "-r", "r7", "--signing-key", "s", "--signing-alg", "HS256", "src"]
        let pretty = try Self.run([build, ["inspect", "-a", "bundle.tar.gz"]], files)
        for part in ["r7", "data.authz", "src/authz.rego", "Signed", "title: Who may"] {
            #expect(pretty.output.contains(part), "\(part): \(pretty)")
        }
        let json = try Self.run([build, ["inspect", "-f", "json", "bundle.tar.gz"]], files)
        let object = try JSONSerialization.jsonObject(with: Data(json.output.utf8))
        let fields = try #require(object as? [String: Any])
        #expect(fields["signed"] as? Bool == true)
        #expect((fields["namespaces"] as? [String: Any])?["data.authz"] != nil)
        #expect(try Self.run([["inspect", "nothing"]]).status == 2)
    }

    // MARK: Signing

    private static let signed = [
        "build", "--signing-key", "secret", "--signing-alg", "HS256", "src",
    ]
    private static let verify = [
        "verify", "--verification-key", "secret", "--signing-alg", "HS256",
    ]

    @Test func aSignedBundleVerifies() throws {
        let ran = try Self.run([Self.signed, Self.verify + ["bundle.tar.gz"]])
        #expect(ran.output == "3 files are as they were signed\n", "\(ran)")
    }

    /// Of `package a\n\np := 1\n`.
    private static let digests = [
        ("MD5", "31272ae63cf44cf9fddafa2edda6635f"),
        ("SHA-1", "87d7d1b7e46348b3e1d127c92da3925cbd7c6c07"),
        ("SHA-224", "1b12d99b8a89c2b808b06101252bbdc45e1fd4e80c3ec5a5bc60f189"),
        ("SHA-512-224", "d95910d4ddf16fca9a59aba254786dbce98c8e07eb80ee99893099a9"),
        ("SHA-512-256", "b027510d13dd9c88def86c79692f965801853e2a25cd2a5d1d31b48ff1ba0991"),
    ]

    @Test(arguments: digests)
    func everyDigestOfOPAsIsChecked(_ algorithm: String, _ hash: String) throws {
        let sign = [
            "sign", "--signing-key", "secret", "--signing-alg", "HS256", "--claims-file",
            "claims.json", "-o", "src", "src",
        ]
        func verified(_ text: String, as algorithm: String) throws -> String {
            let claims =
                #"{"files":[{"name":"a.rego","hash":"\#(hash)","algorithm":"\#(algorithm)"}]}"#
            let files = ["src/a.rego": text, "claims.json": claims]
            let ran = try Self.run([sign, Self.verify + ["src"]], files)
            return ran.output + ran.errors
        }
        let text = "package a\n\np := 1\n"
        #expect(try verified(text + " ", as: algorithm).contains("digest mismatch"))
        #expect(try verified(text, as: "SHA-3").contains("unsupported hashing algorithm"))
        let genuine = try verified(text, as: algorithm)
        #expect(genuine == "1 file is as it was signed\n")
    }

    @Test func aFolderIsSignedInItsPlace() throws {
        let sign = ["sign", "--signing-key", "secret", "--signing-alg", "HS256", "-o", "src", "src"]
        let ran = try Self.run([sign, Self.verify + ["src"]])
        #expect(ran.output == "2 files are as they were signed\n", "\(ran)")
    }

    @Test(arguments: [
        ([["build", "src"], verify + ["bundle.tar.gz"]], "bundle missing .signatures.json file"),
        (
            [signed, ["verify", "--verification-key", "x"] + verify[3...] + ["bundle.tar.gz"]],
            "could not verify the signature"
        ),
        (
            [signed, verify.dropLast() + ["HS512", "bundle.tar.gz"]],
            "could not verify the signature"
        ),
        ([signed, verify + ["--scope", "read", "bundle.tar.gz"]], "scope mismatch"),
        (
            [signed, ["build", "-b", "bundle.tar.gz"]],
            "verification key not provided, and the bundle is signed"
        ),
    ])
    func aBundleThatIsNotTheSignedOneIsRefused(_ commands: [[String]], _ reason: String) throws {
        let ran = try Self.run(commands)
        #expect(ran.status != 0 && ran.errors.contains(reason), "\(ran)")
    }

    @Test(arguments: [
        ("src/authz.rego", "package authz\n", "authz.rego: digest mismatch"),
        ("src/more.rego", "package more\n", "file more.rego not included in bundle signature"),
        ("src/data.json", #"{"admins": []}"#, "data.json: digest mismatch"),
    ])
    func tamperingIsSeen(_ file: String, _ text: String, _ reason: String) throws {
        let folder = FileManager.default.temporaryDirectory.appending(path: UUID().uuidString)
        defer { try? FileManager.default.removeItem(at: folder) }
        let sign = ["sign", "--signing-key", "secret", "--signing-alg", "HS256", "-o", "src", "src"]
        let signatures = try Self.signatures(sign)
        var files = Self.sources
        files["src/.signatures.json"] = signatures
        files[file] = text
        let ran = try Self.run([Self.verify + ["src"]], files)
        #expect(ran.status != 0 && ran.errors.contains(reason), "\(ran)")
        // The layout of documents does not count.
        files = Self.sources
        files["src/.signatures.json"] = signatures
        files["src/data.json"] = "{\n  \"admins\": [ \"ada\" ]\n}"
        #expect(try Self.run([Self.verify + ["src"]], files).status == 0)
        files["src/data.json"] = nil
        let missing = try Self.run([Self.verify + ["src"]], files)
        #expect(missing.errors.contains("file data.json is signed and not in the bundle"))
    }

    private static func signatures(_ sign: [String]) throws -> String {
        var text = ""
        let folder = FileManager.default.temporaryDirectory.appending(path: UUID().uuidString)
        defer { try? FileManager.default.removeItem(at: folder) }
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        _ = try run([sign[..<6] + [folder.path, "src"]].map(Array.init))
        text = try String(contentsOf: folder.appending(path: ".signatures.json"), encoding: .utf8)
        return text
    }

    // MARK: Hostile archives

    /// Python's tarfile makes what no honest packer would.
    private static func archive(_ script: String) throws -> (Int32, String) {
        let python = """
            import gzip, io, tarfile
            archive = tarfile.open("bad.tar.gz", "w:gz", compresslevel=6)
            def add(name, data=b"{}", **fields):
                info = tarfile.TarInfo(name)
                info.size = len(data)
                for key, value in fields.items(): setattr(info, key, value)
                archive.addfile(info, io.BytesIO(data))
            \(script)
            archive.close()
            """
        let ran = try run([["eval", "-b", "bad.tar.gz", "1"]]) { folder in
            let process = Process()
            process.executableURL = URL(filePath: "/usr/bin/env")
            process.arguments = ["python3", "-c", python]
            process.currentDirectoryURL = folder
            try process.run()
            process.waitUntilExit()
            #expect(process.terminationStatus == 0, "the archive was made")
        }
        return (ran.status, ran.output)
    }

    @Test(arguments: [
        (#"add("../x/data.json")"#, "leads out of the bundle"),
        (#"add("a/../../data.json")"#, "leads out of the bundle"),
        (#"add("a//data.json")"#, "leads out of the bundle"),
        (#"add("a\\data.json")"#, "a name of bytes that no path has"),
        (#"add("data.json", b"", type=tarfile.SYMTYPE, linkname="/etc/passwd")"#, "no links"),
        (#"add("data.json", b"", type=tarfile.LNKTYPE, linkname="x")"#, "no links"),
        (#"add("data.json", b"", type=tarfile.CHRTYPE)"#, "no links or devices"),
        (#"add("data.json"); add("data.json")"#, "is there twice"),
        (#"add("data.json"); add("/data.json")"#, "is there twice"),
        (#"add("z.bin", bytes(200 << 20))"#, "too many times larger than the archive"),
        (#"[add("f%d" % n, b"") for n in range(100001)]"#, "more than 100000 entries"),
        (
            """
            i = tarfile.TarInfo("data.json"); i.size = 10 << 30
            archive.fileobj.write(i.tobuf())
            """,
            "more than 268435456 bytes"
        ),
    ])
    func hostileArchivesAreRefused(_ script: String, _ reason: String) throws {
        let (status, output) = try Self.archive(script)
        #expect(status == 2 && output.contains(reason), "\(output)")
    }

    @Test func namesOfHonestPackersAreRead() throws {
        let (status, _) = try Self.archive(
            #"add("./a/data.json"); add("/b/data.json"); add("c", b"", type=tarfile.DIRTYPE)"#)
        #expect(status == 0)
    }

    // MARK: Several bundles

    @Test func deltasChangeTheBundleBeforeThem() throws {
        let manifest = #"{"roots": ["authz", "admins"]}"#
        var files = Self.sources
        files["src/.manifest"] = manifest
        files["delta/.manifest"] = manifest
        files["delta/patch.json"] = """
            {"data": [{"op": "upsert", "path": "/admins", "value": ["bob"]}]}
            """
        let query = ["-i", "input.json", "-f", "raw", "data.authz.allow"]
        #expect(try Self.run([["eval", "-b", "src"] + query], files).output == "true\n")
        #expect(
            try Self.run([["eval", "-b", "src", "-b", "delta"] + query], files).output
                == "false\n")
        let alone = try Self.run([["eval", "-b", "delta"] + query], files)
        #expect(alone.output.contains("has to be loaded before it") || alone.status == 2)
        files["delta/patch.json"] = #"{"data": [{"op": "remove", "path": "/system"}]}"#
        let outside = try Self.run([["eval", "-b", "src", "-b", "delta"] + query], files)
        #expect(outside.status == 2)
    }

    // MARK: WebAssembly

    private static let wasm = ["build", "-t", "wasm", "-e", "authz/allow", "src"]

    private static func withOPA(
        _ script: String, _ flags: [String] = []
    ) throws -> (status: Int32, output: String, errors: String, folder: [String]) {
        let folder = FileManager.default.temporaryDirectory.appending(path: UUID().uuidString)
        defer { try? FileManager.default.removeItem(at: folder) }
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        let opa = folder.appending(path: "opa")
        try ("#!/bin/sh\n" + script).write(to: opa, atomically: false, encoding: .utf8)
        try FileManager.default.setAttributes([.posixPermissions: 0o755], ofItemAtPath: opa.path)
        return try run([wasm + flags], path: folder.path)
    }

    private static func isClean(_ folder: [String]) -> Bool {
        !folder.contains { $0.hasPrefix("ostiary-") || $0.hasPrefix("bundle.tar.gz") }
    }

    @Test func withoutOPAOneLineSaysSo() throws {
        let ran = try Self.run([Self.wasm], path: "")
        #expect(ran.status == 1 && Self.isClean(ran.folder))
        #expect(
            ran.errors == "1 error occurred: target wasm needs the `opa` command line,"
                + " and there is none on the PATH\n")
    }

    @Test func whatOPASaysIsPassedOn() throws {
        let ran = try Self.withOPA("echo 'src/authz.rego:5: rego_type_error: no' >&2; exit 1")
        #expect(ran.status == 1 && Self.isClean(ran.folder))
        #expect(ran.errors.contains("src/authz.rego:5: rego_type_error: no"))
    }

    @Test func anOPAThatEatsMemoryIsKilled() throws {
        let ran = try Self.withOPA(
            "exec python3 -c 'import time; x = bytearray(b\"1\" * (1500 << 20)); time.sleep(60)'")
        #expect(ran.status == 1 && Self.isClean(ran.folder))
        #expect(ran.errors.contains("it took more than 1024 MiB"), "\(ran)")
    }

    @Test func anOPAThatSleepsIsKilledWithAllItStarted() throws {
        let mark = UUID().uuidString
        let ran = try Self.withOPA("sleep 61 & sleep 62; echo \(mark)", ["--opa-timeout", "500ms"])
        #expect(ran.status == 1 && Self.isClean(ran.folder))
        #expect(ran.errors.contains("opa was stopped after 0.5 seconds"), "\(ran)")
    }

    @Test func whatOPAMakesIsKeptBySource() throws {
        let ran = try Self.withOPA(
            """
            for last in "$@"; do [ "$before" = --bundle ] && in=$last
            [ "$before" = --output ] && out=$last; before=$last; done
            cp "$in" "$out"
            """)
        #expect(ran.status == 0 && ran.folder.contains("bundle.tar.gz"), "\(ran)")
    }
}
