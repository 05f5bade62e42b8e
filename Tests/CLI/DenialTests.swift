import Foundation
import Testing

/// Denied requests of the product's own policies, as `ostiary explain` tells them to whoever was
/// denied. Beside each request in `Denials` stands the short answer; `UPDATE_GOLDEN=1` rewrites
/// them, and the difference is to be read as changed behaviour: by somebody who reads no Rego.
@Suite struct DenialTests {
    private static let folder = URL(filePath: #filePath).deletingLastPathComponent()
        .appending(path: "Denials")
    private static let tree = "\nHow it came to that:\n"

    static let names: [String] = {
        let files = (try? FileManager.default.contentsOfDirectory(atPath: folder.path)) ?? []
        return files.filter { $0.hasSuffix(".json") }.map { String($0.dropLast(5)) }.sorted()
    }()

    private struct Told {
        let answer: String
        let tree: String
    }

    private func told(_ name: String, _ flags: [String] = []) throws -> Told {
        let file = Self.folder.appending(path: "\(name).json")
        let request = try #require(
            try JSONSerialization.jsonObject(with: Data(contentsOf: file)) as? [String: Any])
        func text(_ member: String) throws -> String {
            let value = try #require(request[member])
            return String(
                decoding: try JSONSerialization.data(withJSONObject: value), as: UTF8.self)
        }
        let policy = try #require(request["policy"] as? String)
        let decision = try #require(request["decision"] as? String)
        let root = Invocation.projectRoot.path
        let run = try Invocation(
            ["explain", "-d", "\(root)/Policies/\(policy)", "-d", "data.json", "-i", "input.json"]
                + flags + [decision],
            files: ["input.json": text("input"), "data.json": text("data")])
        #expect(run.status == 0 && run.errors.isEmpty, "\(run.errors)")
        let parts = run.output.replacing("\(root)/", with: "").components(separatedBy: Self.tree)
        return Told(answer: parts[0], tree: parts.count > 1 ? parts[1] : "")
    }

    @Test func thereAreRequestsOfEveryPolicy() {
        #expect(Self.names.count >= 10)
    }

    @Test(arguments: names) func denialsReadAsTheyDid(_ name: String) throws {
        let answer = try told(name).answer
        let file = Self.folder.appending(path: "\(name).txt")
        if ProcessInfo.processInfo.environment["UPDATE_GOLDEN"] == "1" {
            try answer.write(to: file, atomically: true, encoding: .utf8)
        }
        #expect(try answer == String(contentsOf: file, encoding: .utf8))
    }

    /// What is told first says no: neither how a verdict is put together, nor any Rego but
    /// references and values.
    @Test(arguments: names) func theCauseComesFirst(_ name: String) throws {
        let answer = try told(name).answer
        let lines = answer.components(separatedBy: "\n")
        #expect(lines[0].hasPrefix("Denied"))
        #expect(lines[1].isEmpty && lines[2].hasSuffix(":"))
        #expect(lines[3].hasPrefix("  ") && lines[3].contains("  [Policies/"))
        #expect(lines[4].hasPrefix("    "), "a rule without what it lacks or found")
        for plumbing in ["verdict.of_", "judged", "listed(", ":=", " contains {", "(area", "if {"] {
            #expect(!answer.contains(plumbing), "\(plumbing) in \(answer)")
        }
        #expect(answer.contains("\nWhat was asked (`input`):\n"))
    }

    @Test func whatDecidedNothingIsToldOnRequest() throws {
        let isKnown = "data.ostiary.subject.is_somebody"
        #expect(try !told("viewer-writes-a-policy").tree.contains(isKnown))
        #expect(try told("viewer-writes-a-policy", ["--full"]).tree.contains(isKnown))
    }
}
