import Foundation
import Testing

/// `build --prune-unused`: what no entrypoint reaches is left out, and nothing else.
@Suite struct PruningTests {
    private static let authz = """
        # METADATA
        # title: Who may
        package authz

        import data.names
        import data.roles

        # METADATA
        # title: Allowed
        default allow := false

        allow if {
        	some role in data.roles.of[input.user]
        	role == "admin" # the only one
        }

        # Nobody asks for this.
        # It has two lines.
        unused := 1 # or this

        allow if mocked with data.authz.oracle as 3

        mocked if oracle == 3

        oracle := 2

        other if unused == 1

        first(name) := names.first(name)

        dynamic := data.parts[input.part]

        """
    private static let files = [
        "src/authz.rego": authz,
        "src/roles.rego": """
            package roles

            of.ada := ["admin"]

            of[user] := ["guest"] if user := input.guest

            of.deep.er := ["x"]

            never if input.x
            """,
        "src/names.rego": "package names\n\nfirst(name) := lower(name)\n\nlast(name) := name\n",
        "src/parts.rego": "package parts\n\na := 1\n\nb := 2 if data.parts_of_b.c\n",
        "src/b.rego": "package parts_of_b\n\nc if true\n\nd := 1\n",
        "src/other.rego": "package other\n\np := 1\n",
        "input.json": #"{"user": "ada", "part": "b", "guest": "bob"}"#,
    ]

    /// The modules of a bundle of some entrypoints, by the names of their files.
    private static func pruned(_ entrypoints: String...) throws -> [String: String] {
        var files = files
        files["run.sh"] = """
            set -e
            \(Invocation.binary.path) build --prune-unused -o b.tar.gz src $*
            mkdir out
            tar -xzf b.tar.gz -C out 2>/dev/null
            for f in out/src/*; do printf '\\001%s\\002' "$(basename $f)"; cat $f; done
            """
        let run = try Invocation(
            ["run.sh"] + entrypoints.flatMap { ["-e", $0] }, files: files,
            executable: URL(filePath: "/bin/sh"))
        try #require(run.status == 0, "\(run.errors)")
        var modules: [String: String] = [:]
        for part in run.output.split(separator: "\u{1}") {
            let halves = part.split(separator: "\u{2}")
            modules[String(halves[0])] = halves.count > 1 ? String(halves[1]) : ""
        }
        return modules
    }

    @Test func rulesAndTheirCommentsAreCutOut() throws {
        let modules = try Self.pruned("authz/allow")
        #expect(modules.keys.sorted() == ["authz.rego", "roles.rego"])
        #expect(
            modules["authz.rego"] == """
                # METADATA
                # title: Who may
                package authz

                import data.names
                import data.roles

                # METADATA
                # title: Allowed
                default allow := false

                allow if {
                	some role in data.roles.of[input.user]
                	role == "admin" # the only one
                }

                allow if mocked with data.authz.oracle as 3

                mocked if oracle == 3

                oracle := 2

                """)
        let roles = try #require(modules["roles.rego"])
        #expect(!roles.contains("never") && roles.hasSuffix("of.deep.er := [\"x\"]\n"), "\(roles)")
    }

    @Test func functionsAndDocumentsByNameAreReached() throws {
        let modules = try Self.pruned("authz/first", "authz/dynamic")
        #expect(modules["names.rego"] == "package names\n\nfirst(name) := lower(name)\n")
        #expect(modules["parts.rego"] == Self.files["src/parts.rego"])
        #expect(modules["b.rego"] == "package parts_of_b\n\nc if true\n")
        #expect(modules["other.rego"] == nil)
    }

    @Test func aPackageIsKeptWhole() throws {
        let modules = try Self.pruned("roles")
        #expect(modules == ["roles.rego": Self.files["src/roles.rego"] ?? ""])
    }

    @Test(arguments: [[], ["-t", "plan"]])
    func theAnswerIsTheSame(_ target: [String]) throws {
        let sources = try Invocation(
            ["eval", "-d", "src", "-i", "input.json", "-f", "raw", "data.authz.dynamic"],
            files: Self.files)
        #expect(sources.output == "2\n")
        var built = Self.files
        built["run.sh"] = """
            set -e
            \(Invocation.binary.path) build --prune-unused -e authz/dynamic $* -o b.tar.gz src
            \(Invocation.binary.path) eval -b b.tar.gz -i input.json -f raw data.authz.dynamic
            """
        let run = try Invocation(
            ["run.sh"] + target, files: built, executable: URL(filePath: "/bin/sh"))
        #expect(run.output == sources.output, "\(run.errors)")
    }

    @Test func annotationsNameEntrypoints() throws {
        var files = Self.files
        files["src/authz.rego"] = Self.authz.replacing(
            "# title: Allowed", with: "# title: Allowed\n# entrypoint: true")
        let run = try Invocation(["build", "--prune-unused", "--base64", "src"], files: files)
        #expect(run.status == 0, "\(run.errors)")
    }
}
