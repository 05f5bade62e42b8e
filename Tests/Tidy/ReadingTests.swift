import Testing

/// That the reader behind the rules of style sees what it should.
@Suite struct Reading {
    @Test func aFunctionIsMeasuredFromHeadToBrace() {
        let file = SourceFile(
            path: "Sources/Rego/Sample.swift",
            text: """
                struct Sample {
                    func first(
                        a: Int
                    ) -> Int {
                        a
                    }
                    public static func second() {}
                    init() {
                        self.x = 1
                    }
                }
                """)
        #expect(file.functions.map(\.name) == ["first", "init"])
        #expect(file.functions.map(\.lineCount) == [5, 3])
    }

    @Test(arguments: [
        ("let a = 1 // try!", "let a = 1 "),
        (#"let a = "// no comment" + b"#, #"let a = "" + b"#),
        (##"let a = #"a " quote"# + b"##, #"let a = "" + b"#),
        ("a /* b */ c", "a  c"),
    ])
    func commentsAndLiteralsAreTakenOut(text: String, plain: String) {
        #expect(SourceFile(path: "Sources/Rego/Sample.swift", text: text).plain == [plain])
    }

    @Test func importsAreReadThroughTheirModifiers() {
        let text = "public import RegoMachine\n@preconcurrency import Glibc\nimport struct Rego.A"
        let file = SourceFile(path: "Sources/Rego/Sample.swift", text: text)
        #expect(file.imports == ["RegoMachine", "Glibc", "Rego"])
    }
}
