import Foundation
import Identity
import Outbound
import RegoMachine
import Storage
import Testing

/// `ostiary keys`, from outside, on a data folder that is gone afterwards.
@Suite struct KeysCommandTests {
    private func keys(_ folder: String, _ command: String) throws -> Invocation {
        try Invocation(["keys", command, "--data-dir", folder])
    }

    /// - Parameter age: Seconds since a server made the first keys; `nil`: none has.
    private func with(age: Int64?, _ body: (String) throws -> Void) async throws {
        let folder = FileManager.default.temporaryDirectory.path + "/" + UUID().uuidString
        defer { try? FileManager.default.removeItem(atPath: folder) }
        #expect(try Invocation(["migrate", "--data-dir", folder]).status == 0)
        if let age {
            var host = RegoMachine.Host.system
            let now = host.now
            host.now = { now() - age * 1_000_000_000 }
            let sealing = try SealingKeyFile(folder: folder).keys()
            let database = try SQLiteDatabase(folder: folder)
            try await SigningKeys(sealing: sealing, host: host).open(database)
            await database.close()
        }
        try body(folder)
    }

    @Test func theNextKeySignsOnceItIsKnownToEverybody() async throws {
        try await with(age: 360) { folder in
            let before = try keys(folder, "list")
            #expect(before.output.contains("active") && before.output.contains("next"))
            #expect(!before.output.contains("retired"))
            let run = try keys(folder, "rotate")
            #expect(run.status == 0, "\(run.errors)")
            let id = try #require(run.output.split(separator: " ").dropFirst().first)
            let lines = try keys(folder, "list").output.split(separator: "\n")
            #expect(lines.contains { $0.contains(id) && $0.contains("signs since") })
            #expect(lines.contains { $0.contains("retired") && $0.contains("published until") })
            let record = try Invocation([
                "audit", "export", "--action", "signing_key:rotate", "--data-dir", folder,
            ])
            #expect(record.output.contains(#""actor_kind":"operator""#))
            // The one behind it is new.
            #expect(try keys(folder, "rotate").errors.contains("not known to everybody before"))
        }
    }

    @Test func aNewKeySignsNothing() async throws {
        try await with(age: 0) { folder in
            let run = try keys(folder, "rotate")
            #expect(run.status == 2)
            #expect(run.errors.contains("the next key is not known to everybody before"))
            #expect(!(try keys(folder, "list").output.contains("retired")))
        }
    }

    @Test func withoutKeysItIsSaidWhoMakesThem() async throws {
        try await with(age: nil) { folder in
            let run = try keys(folder, "rotate")
            #expect(run.status == 2 && run.errors.contains("`ostiary serve` makes them"))
            #expect(try keys(folder, "prune").output == "0 removed\n")
        }
    }

    @Test func aNodeWithOtherSealingKeysIsRefused() async throws {
        try await with(age: 360) { folder in
            let path = "\(folder)/sealing.keys"
            let digits = String(repeating: "0", count: 64)
            try Data("a \(digits)\n".utf8).write(to: URL(filePath: path))
            try FileManager.default.setAttributes(
                [.posixPermissions: 0o600], ofItemAtPath: path)
            for command in ["list", "rotate"] {
                let run = try keys(folder, command)
                #expect(run.status == 2 && run.errors.contains("sealed with the key"))
            }
        }
    }
}
