import Foundation
import Testing

/// `ostiary fmt`, from outside.
@Suite struct FormatCommandTests {
    private static let messy = "package  a\np:=[1,2] if{input.x}\n"
    private static let tidy = "package a\n\np := [1, 2] if input.x\n"
    private static let both = ["messy.rego": messy, "tidy.rego": tidy]

    @Test func whatDoesNotParseIsLeftAlone() throws {
        let files = ["p.rego": "package a\n\np := )\n"]
        let run = try Invocation(["fmt", "-w", "p.rego"], files: files)
        #expect(run.status == 1)
        #expect(run.errors.contains("p.rego:3: rego_parse_error"), "\(run.errors)")
        #expect(run.files == files)
    }

    @Test func missingFilesAreNamed() throws {
        let run = try Invocation(["fmt", "absent.rego"])
        #expect(run.status != 0)
        #expect(run.errors.contains("absent.rego"))
    }

    @Test func theResultGoesToOutput() throws {
        let run = try Invocation(["fmt", "messy.rego"], files: Self.both)
        #expect(run.status == 0)
        #expect(run.output == Self.tidy)
        #expect(run.files == Self.both)
        #expect(try Invocation(["fmt"], standardInput: Self.messy).output == Self.tidy)
    }

    @Test(arguments: ["-w", "--write"])
    func writingReplacesFilesInFolders(_ flag: String) throws {
        let run = try Invocation(["fmt", flag, "."], files: Self.both)
        #expect(run.status == 0)
        #expect(run.output.isEmpty)
        #expect(run.files == ["messy.rego": Self.tidy, "tidy.rego": Self.tidy])
    }

    @Test func listingNamesOnlyWhatWouldChange() throws {
        let run = try Invocation(["fmt", "-l", "messy.rego", "tidy.rego"], files: Self.both)
        #expect(run.status == 0)
        #expect(run.output == "messy.rego\n")
        #expect(run.files == Self.both)
    }

    @Test func differencesAreShownByLine() throws {
        let run = try Invocation(["fmt", "-d", "messy.rego", "tidy.rego"], files: Self.both)
        #expect(run.status == 0)
        #expect(run.output.contains("\n-p:=[1,2] if{input.x}\n"), "\(run.output)")
        #expect(run.output.contains("\n+p := [1, 2] if input.x\n"))
        #expect(!run.output.contains("tidy.rego"))
        #expect(run.files == Self.both)
    }

    @Test func failingIsForWhatWouldChange() throws {
        let changed = try Invocation(["fmt", "--fail", "-l", "."], files: Self.both)
        #expect(changed.status == 1)
        #expect(changed.output.hasSuffix("messy.rego\n"))
        let settled = try Invocation(["fmt", "--fail", "-l", "."], files: ["p.rego": Self.tidy])
        #expect(settled.status == 0)
        #expect(settled.output.isEmpty)
    }

    @Test func resultsAreCheckedUnlessTold() throws {
        let files = ["p.rego": Self.messy]
        for value in ["true", "false"] {
            let run = try Invocation(["fmt", "--check-result", value, "p.rego"], files: files)
            #expect(run.status == 0)
            #expect(run.output == Self.tidy)
        }
        let run = try Invocation(["fmt", "--check-result", "perhaps", "p.rego"], files: files)
        #expect(run.status == 1)
        #expect(run.output.isEmpty)
    }

    @Test(arguments: ["--v0-v1", "--rego-v1"])
    func oldSourcesAreBroughtUpToDate(_ flag: String) throws {
        let files = ["p.rego": "package a\n\np[x] { x := 1 }\n"]
        let run = try Invocation(["fmt", flag, "p.rego"], files: files)
        #expect(run.status == 0, "\(run.errors)")
        let wanted = "package a\n\nimport rego.v1\n\np contains x if x := 1\n"
        #expect(run.output == wanted)
        #expect(try Invocation(["fmt", "p.rego"], files: files).status == 1)
    }

    @Test func whatV1HasNoLongerIsRefusedByName() throws {
        let files = ["p.rego": "package a\n\np { any([true]) }\n"]
        let run = try Invocation(["fmt", "--v0-v1", "-w", "p.rego"], files: files)
        #expect(run.status == 1)
        #expect(run.errors.contains("any"), "\(run.errors)")
        #expect(run.files == files)
    }
}
