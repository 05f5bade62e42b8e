import ArgumentParser

/// `ostiary version`: what this build is.
struct Version: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Print what this build is.",
        discussion: """
              ostiary version
            """)

    static let number = "0.1.0"

    func run() {
        #if arch(x86_64)
            let machine = "amd64"
        #else
            let machine = "arm64"
        #endif
        let lines = [
            "Version: \(Self.number)", "Rego Version: v1", "Platform: linux/\(machine)",
            "WebAssembly: unavailable",
        ]
        Standard.output(Array((lines.joined(separator: "\n") + "\n").utf8))
    }
}
