import Foundation
import Testing

/// The style as tests. Each fails with `path:line: what is wrong`, one line a finding; what a list
/// below lets pass is either by design or may only shrink.
@Suite struct Tidy {
    /// What a room may import of ours: rooms of earlier groups, and its own C libraries.
    static let rooms: [(name: String, mayImport: Set<String>)] = [
        ("RegoMachine", []),
        ("RegoSyntax", []),
        ("Cryptography", ["CArgon2", "COpenSSL"]),
        ("Rego", ["RegoMachine", "RegoSyntax", "Cryptography", "CRE2", "CYAML"]),
        ("Outbound", ["RegoMachine", "Rego", "CAres", "CCurl"]),
        ("Bundles", ["RegoMachine", "RegoSyntax", "Cryptography", "Rego", "CArchive"]),
        ("Storage", ["Cryptography", "CHiredis", "CPQ", "CSQLite"]),
        (
            "Decisions",
            [
                "RegoMachine", "RegoSyntax", "Cryptography", "Rego", "Bundles", "EmbeddedPolicies",
            ]
        ),
        (
            "Identity",
            [
                "RegoMachine", "Cryptography", "Outbound", "Storage", "Decisions", "CJansson",
                "CPasswordList",
            ]
        ),
        (
            "Server",
            [
                "RegoMachine", "RegoSyntax", "Cryptography", "Rego", "Outbound", "Bundles",
                "Storage", "Decisions", "Identity", "CZlib",
            ]
        ),
        (
            "CLI",
            [
                "RegoMachine", "RegoSyntax", "Cryptography", "Rego", "Outbound", "Bundles",
                "Decisions", "Storage", "Identity", "Server", "CEdit",
            ]
        ),
    ]
    static let foreignFaces: Set<String> = [
        "CAres", "CArgon2", "CCurl", "CEdit", "CHiredis", "CJansson", "COpenSSL", "CPQ",
        "CPasswordList", "CRE2", "CSQLite", "CYAML", "CZlib", "EmbeddedPolicies",
    ]

    /// Files whose long functions are flat switches: dispatch and grammar, each case short.
    static let flatSwitches: Set<String> = ["Sources/RegoMachine/Machine/Dispatch.swift"]

    static let lineColumnsMax = 100
    static let functionLinesMax = 60
    static let fileLinesMax = 600

    @Test func thereAreSourcesToRead() {
        #expect(SourceFile.sources.count > 10)
    }

    @Test func noLineIsLongerThanAHundredColumns() {
        report(SourceFile.all) { file in
            file.lines.enumerated().filter { $0.element.count > Self.lineColumnsMax }
                .map { ($0.offset + 1, "\($0.element.count) columns") }
        }
    }

    @Test func noFunctionIsLongerThanSixtyLines() {
        report(SourceFile.all.filter { !Self.flatSwitches.contains($0.path) }) { file in
            file.functions.filter { $0.lineCount > Self.functionLinesMax }
                .map { ($0.line, "`\($0.name)` has \($0.lineCount) lines") }
        }
    }

    @Test func noFileHidesASecondIdea() {
        report(SourceFile.all) { file in
            file.lines.count > Self.fileLinesMax ? [(1, "\(file.lines.count) lines")] : []
        }
    }

    @Test func importsGoOneWay() {
        let ours = Set(Self.rooms.map(\.name)).union(Self.foreignFaces)
        report(SourceFile.sources) { file in
            guard let room = Self.rooms.first(where: { $0.name == file.room }) else {
                return file.room.hasPrefix("C") ? [] : [(1, "`\(file.room)` is no known room")]
            }
            return file.imports.filter { ours.contains($0) && !room.mayImport.contains($0) }
                .map { (1, "\(file.room) may not import \($0)") }
        }
    }

    @Test func theEngineIsMadeWithoutFoundation() {
        let pure: Set<String> = ["RegoMachine", "RegoSyntax"]
        report(SourceFile.sources.filter { pure.contains($0.room) }) { file in
            file.imports.filter { $0.hasPrefix("Foundation") || $0 == "Glibc" || $0 == "Dispatch" }
                .map { (1, "imports \($0)") }
        }
    }

    @Test func namesAreTheFieldsOwn() {
        let banned = [
            "Manager", "Helper", "Util", "Service", "Base", "Impl", "Common", "Misc",
        ]
        // A dependency's words, not ours.
        let foreign: Set<String> = ["ServiceLifecycle", "ServiceGroup"]
        report(SourceFile.sources) { file in
            file.declaredNames.compactMap { keyword, name, line in
                // A service account is the field's noun, and nothing is a service by it.
                let parts = Self.wordsOfName(name.replacing("ServiceAccount", with: "Account"))
                let isType = ["struct", "class", "enum", "protocol", "actor"].contains(keyword)
                if foreign.contains(name) { return nil }
                if isType || keyword == "func", let word = banned.first(where: parts.contains) {
                    return (line, "`\(name)`: \(word) says nothing")
                }
                if isType, parts.count > 1, ["Data", "Info"].contains(parts.last) {
                    return (line, "`\(name)`: a suffix that says nothing")
                }
                return ["expr", "ctx", "cfg", "mgr", "handle2"].contains(name)
                    ? (line, "`\(name)`: spell it out") : nil
            }
        }
    }

    @Test func nothingIsForcedOrSwallowed() {
        report(SourceFile.sources) { file in
            file.plain.enumerated().compactMap { index, line in
                let found = ["try!", "as!", "fatalError(", "catch {}", "catch { }"]
                    .first { line.contains($0) }
                return found.map { (index + 1, "`\($0)`") }
            }
        }
    }

    @Test func workLeftOverHasAnIssue() {
        let marks = ["TO" + "DO", "FIX" + "ME", "XX" + "X", "HA" + "CK"]
        report(SourceFile.all) { file in
            file.lines.enumerated().compactMap { index, line in
                let words = line.split { !($0.isLetter || $0 == "#" || $0.isNumber) }
                guard let mark = marks.first(where: { words.contains(Substring($0)) }) else {
                    return nil
                }
                let isNamed = words.contains { $0.hasPrefix("#") && $0.dropFirst().first != nil }
                return isNamed ? nil : (index + 1, "`\(mark)` without an issue number")
            }
        }
    }

    @Test func noFileIsDead() {
        let words = SourceFile.all.map { ($0.path, $0.words) }
        report(SourceFile.sources.filter { $0.name != "Package.swift" }) { file in
            let names = file.outerNames
            guard !names.isEmpty else { return [] }
            let isEntry = file.plain.contains { $0.contains("@main") }
            let isNamed = words.contains { path, words in
                path != file.path && names.contains { words.contains(Substring($0)) }
            }
            return isEntry || isNamed ? [] : [(1, "nothing names what it declares")]
        }
    }

    @Test func theArchitecturePageNamesEveryRoom() throws {
        let page = try String(
            contentsOf: SourceFile.root.appending(path: "docs/ARCHITECTURE.md"), encoding: .utf8)
        for name in Self.rooms.map(\.name) + Self.foreignFaces.sorted() {
            #expect(page.contains("`\(name)`"), "\(name) is not on the page")
        }
    }

    @Test func everyPublicTypeSaysWhatItIs() {
        report(SourceFile.sources) { file in
            file.declaredNames.filter { keyword, _, line in
                guard ["struct", "class", "enum", "protocol", "actor"].contains(keyword),
                    file.plain[line - 1].hasPrefix("public ")
                else { return false }
                let before = file.lines[..<(line - 1)].last {
                    !$0.drop { $0 == " " }.hasPrefix("@")
                }
                return before.map { !$0.drop { $0 == " " }.hasPrefix("///") } ?? true
            }.map { ($0.line, "`\($0.name)` has no doc comment") }
        }
    }

    /// `BundleService` is `Bundle` and `Service`.
    static func wordsOfName(_ name: String) -> [String] {
        name.reduce(into: [String]()) { words, letter in
            if letter.isUppercase || words.isEmpty {
                words.append(String(letter))
            } else {
                words[words.count - 1].append(letter)
            }
        }
    }

    private func report(
        _ files: [SourceFile], at location: SourceLocation = #_sourceLocation,
        findings: (SourceFile) -> [(line: Int, message: String)]
    ) {
        let said = files.flatMap { file in
            findings(file).map { "\(file.path):\($0.line): \($0.message)" }
        }
        #expect(said.isEmpty, "\(said.joined(separator: "\n"))", sourceLocation: location)
    }
}
