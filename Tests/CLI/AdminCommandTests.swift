import Foundation
import Testing

/// `ostiary admin`, from outside, on a data folder that is gone afterwards.
@Suite struct AdminCommandTests {
    private func migrated(_ body: (String) throws -> Void) throws {
        let folder = FileManager.default.temporaryDirectory.path + "/" + UUID().uuidString
        defer { try? FileManager.default.removeItem(atPath: folder) }
        let run = try Invocation(["migrate", "--data-dir", folder])
        #expect(run.status == 0, "\(run.errors)")
        try body(folder)
    }

    private func admin(_ folder: String, _ arguments: String...) throws -> Invocation {
        try Invocation(["admin"] + arguments + ["--data-dir", folder])
    }

    private func recorded(_ folder: String, _ action: String) throws -> String {
        try Invocation(["audit", "export", "--action", action, "--data-dir", folder]).output
    }

    @Test func aLinkIsPrintedAndRecordedWithoutItsSecret() throws {
        try migrated { folder in
            let run = try admin(folder, "bootstrap", "--email", "ada@example.com")
            #expect(run.status == 0, "\(run.errors)")
            let start = "http://localhost:8080/setup#"
            #expect(run.output.hasPrefix(start))
            let secret = run.output.dropFirst(start.count).dropLast()
            #expect(secret.count == 40)
            let record = try recorded(folder, "setup:bootstrap")
            #expect(record.contains("ada@example.com") && !record.contains(secret))
            #expect(record.contains(#""actor_kind":"operator""#))
        }
    }

    @Test func theNextLinkIsAnother() throws {
        try migrated { folder in
            let flags = ["bootstrap", "--email", "ada@example.com", "--issuer", "https://a.test"]
            let first = try Invocation(["admin"] + flags + ["--data-dir", folder])
            let second = try Invocation(["admin"] + flags + ["--data-dir", folder])
            #expect(first.output != second.output)
            #expect(second.output.hasPrefix("https://a.test/setup#"))
        }
    }

    @Test(arguments: [
        ["--email", "ada"], ["--email", "ada@"], ["--email", "@example.com"],
        ["--email", "a@b@c"], ["--email", "a da@example.com"], ["--email", "a\n@example.com"],
        ["--email", "ada@example.com", "--issuer", "example.com"],
        ["--email", "ada@example.com", "--issuer", "https://example.com/"], [],
    ])
    func whatIsNoAddressIsRefused(_ flags: [String]) throws {
        let run = try Invocation(["admin", "bootstrap"] + flags)
        #expect(run.status == 1 && run.output.isEmpty)
    }

    @Test func withoutADatabaseItIsSaidHowToMakeOne() throws {
        let run = try admin("/nowhere/at/all", "bootstrap", "--email", "ada@example.com")
        #expect(run.status == 2 && run.errors.contains("`ostiary migrate` makes one"))
    }

    @Test func aNewSealingKeyIsPutBeforeTheOld() throws {
        try migrated { folder in
            let path = "\(folder)/sealing.keys"
            let before = try String(contentsOfFile: path, encoding: .utf8)
            let run = try admin(folder, "rotate-sealing-key")
            #expect(run.status == 0, "\(run.errors)")
            let after = try String(contentsOfFile: path, encoding: .utf8)
            #expect(after.hasSuffix("\n" + before) && after.split(separator: "\n").count == 2)
            let id = after.prefix { $0 != " " }
            #expect(run.output.contains(id))
            let record = try recorded(folder, "sealing_key:rotate")
            #expect(record.contains(id))
            #expect(!record.contains(after.split(separator: "\n")[0].dropFirst(id.count + 1)))
        }
    }

    @Test func aNodeThatLacksTheNewKeyIsRefused() throws {
        try migrated { folder in
            let path = "\(folder)/sealing.keys"
            let before = try String(contentsOfFile: path, encoding: .utf8)
            _ = try admin(folder, "rotate-sealing-key")
            try before.write(toFile: path, atomically: false, encoding: .utf8)
            let run = try admin(folder, "rotate-sealing-key")
            #expect(run.status == 2 && run.errors.contains("which this node lacks"))
            let node = try Invocation(["serve", "--data-dir", folder])
            #expect(node.status == 2 && node.errors.contains("which this node lacks"))
            #expect(try String(contentsOfFile: path, encoding: .utf8) == before)
        }
    }
}
