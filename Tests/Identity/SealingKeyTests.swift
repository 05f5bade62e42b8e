import Cryptography
import Foundation
import Identity
import Servers
import Storage
import Testing

/// The keys that seal: in a file of one node, and the same as the database's.
@Suite struct SealingKeyTests {
    private static let place = SealedPlace(
        table: "t", column: "c", row: "r", organization: nil)

    private let host = StillHost().host()

    private func withFolder(_ body: (String) throws -> Void) throws {
        let folder = FileManager.default.temporaryDirectory.path + "/" + UUID().uuidString
        try FileManager.default.createDirectory(
            atPath: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(atPath: folder) }
        try body(folder)
    }

    private func keys(_ byte: UInt8, id: String = "a") throws -> SealingKeys {
        try SealingKeys(activeID: id, keys: [id: [UInt8](repeating: byte, count: 32)])
    }

    @Test func theyAreMadeOnceAndForTheirOwnerAlone() throws {
        try withFolder { folder in
            let file = SealingKeyFile(folder: folder)
            let sealed = try file.keys(making: host).seal([1, 2].span, for: Self.place)
            #expect(try file.keys(making: host).open(sealed.span, for: Self.place) == [1, 2])
            let attributes = try FileManager.default.attributesOfItem(
                atPath: "\(folder)/sealing.keys")
            #expect(attributes[.posixPermissions] as? Int == 0o600)
        }
    }

    /// Many that start at once, as many times as it takes to meet.
    @Test func whoFindsTheFileFindsAllOfIt() async throws {
        let folder = FileManager.default.temporaryDirectory.path + "/" + UUID().uuidString
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(atPath: folder) }
        for round in 0..<50 {
            let place = "\(folder)/\(round)"
            try FileManager.default.createDirectory(
                atPath: place, withIntermediateDirectories: true)
            let sealed = try await withThrowingTaskGroup(of: SealingKeys.self) { group in
                for _ in 0..<8 {
                    group.addTask { try SealingKeyFile(folder: place).keys(making: host) }
                }
                return try await group.reduce(into: [SealingKeys]()) { $0.append($1) }
            }
            let first = try sealed[0].seal([1].span, for: Self.place)
            for keys in sealed { #expect(try keys.open(first.span, for: Self.place) == [1]) }
            #expect(try FileManager.default.contentsOfDirectory(atPath: place) == ["sealing.keys"])
        }
    }

    @Test(arguments: [
        "", "\n", "a", "a zz", "a 00", "a \(String(repeating: "0", count: 64)) more",
        "a \(String(repeating: "0", count: 64))\na \(String(repeating: "1", count: 64))",
    ])
    func aFileThatHoldsSomethingElseIsRefused(_ text: String) throws {
        try withFolder { folder in
            let path = "\(folder)/sealing.keys"
            #expect(
                FileManager.default.createFile(
                    atPath: path, contents: Data(text.utf8),
                    attributes: [.posixPermissions: 0o600]))
            #expect(throws: DataFileFailure.self) {
                try SealingKeyFile(folder: folder).keys(making: host)
            }
        }
    }

    @Test func aFileThatOthersCanReadIsRefused() throws {
        try withFolder { folder in
            let file = SealingKeyFile(folder: folder)
            _ = try file.keys(making: host)
            try FileManager.default.setAttributes(
                [.posixPermissions: 0o640], ofItemAtPath: "\(folder)/sealing.keys")
            #expect(throws: DataFileFailure.self) { try file.keys() }
        }
    }

    @Test func aNewKeySealsAndOlderOnesOpen() throws {
        try withFolder { folder in
            let file = SealingKeyFile(folder: folder)
            let old = try file.keys(making: host)
            let sealed = try old.seal([1].span, for: Self.place)
            for _ in 0..<3 {
                let (id, keys) = try SealingKeyRotation(folder: folder).rotate(host)
                #expect(try keys.open(sealed.span, for: Self.place) == [1])
                let next = try file.keys().seal([2].span, for: Self.place)
                #expect(try keys.open(next.span, for: Self.place) == [2])
                #expect(throws: SealingFault.unknownKey(id: id)) {
                    try old.open(next.span, for: Self.place)
                }
            }
            let attributes = try FileManager.default.attributesOfItem(
                atPath: "\(folder)/sealing.keys")
            #expect(attributes[.posixPermissions] as? Int == 0o600)
            let left = try FileManager.default.contentsOfDirectory(atPath: folder)
            #expect(left == ["sealing.keys"])
        }
    }

    @Test func nothingIsRotatedWhereThereIsNothing() throws {
        try withFolder { folder in
            #expect(throws: DataFileFailure.self) {
                try SealingKeyRotation(folder: folder).rotate(host)
            }
            let left = try FileManager.default.contentsOfDirectory(atPath: folder)
            #expect(left.isEmpty)
        }
    }

    @Test func oneRotationAtATime() throws {
        try withFolder { folder in
            let file = SealingKeyFile(folder: folder)
            let sealed = try file.keys(making: host).seal([1].span, for: Self.place)
            let draft = "\(folder)/sealing.keys.new"
            #expect(FileManager.default.createFile(atPath: draft, contents: Data("x".utf8)))
            #expect(throws: DataFileFailure.self) {
                try SealingKeyRotation(folder: folder).rotate(host)
            }
            #expect(try file.keys().open(sealed.span, for: Self.place) == [1])
            #expect(try String(contentsOfFile: draft, encoding: .utf8) == "x")
        }
    }

    @Test(arguments: IdentityDatabase.all)
    func aNodeWithOtherKeysIsRefused(_ backend: IdentityDatabase) async throws {
        try await backend.with { database in
            let first = SealingCheck(keys: try self.keys(1))
            try await first.run(on: database, now: 1)
            try await first.run(on: database, now: 2)
            // Another key by the same name, and one by another.
            for other in [try self.keys(2), try self.keys(1, id: "b")] {
                await #expect(throws: DataFileFailure.self) {
                    try await SealingCheck(keys: other).run(on: database, now: 3)
                }
            }
            try await first.run(on: database, now: 4)
        }
    }

    @Test(arguments: IdentityDatabase.all)
    func aValueThatWasChangedIsRefused(_ backend: IdentityDatabase) async throws {
        try await backend.with { database in
            let check = SealingCheck(keys: try self.keys(1))
            try await check.run(on: database, now: 1)
            for sealed in [[], [1], [UInt8](repeating: 1, count: 60)] as [[UInt8]] {
                try await database.transaction(in: .none) { transaction in
                    try await transaction.execute(
                        Statement("UPDATE sealing_checks SET sealed = $1", [.bytes(sealed)]))
                }
                await #expect(throws: DataFileFailure.self) {
                    try await check.run(on: database, now: 2)
                }
            }
        }
    }

    @Test(arguments: IdentityDatabase.all)
    func afterARotationTheNewKeyIsNeeded(_ backend: IdentityDatabase) async throws {
        try await backend.with { database in
            let old = [UInt8](repeating: 1, count: 32)
            let new = [UInt8](repeating: 2, count: 32)
            let before = SealingCheck(keys: try SealingKeys(activeID: "a", keys: ["a": old]))
            let after = SealingCheck(
                keys: try SealingKeys(activeID: "b", keys: ["a": old, "b": new]))
            try await before.run(on: database, now: 1)
            // The file is on the disk before the database knows of it.
            try await after.run(on: database, now: 2)
            try await before.run(on: database, now: 3)
            try await database.transaction(in: .none) { transaction in
                try await after.renew(in: transaction, now: 4)
            }
            try await after.run(on: database, now: 5)
            await #expect(throws: DataFileFailure.self) {
                try await before.run(on: database, now: 6)
            }
        }
    }

    @Test(arguments: IdentityDatabase.all)
    func ofTwoNodesAtOnceOneHasTheKeys(_ backend: IdentityDatabase) async throws {
        try await backend.with { database in
            for _ in 0..<20 {
                try await database.transaction(in: .none) { transaction in
                    try await transaction.execute(Statement("DELETE FROM sealing_checks"))
                }
                let nodes = try [1, 2].map { SealingCheck(keys: try self.keys($0)) }
                let started = await withTaskGroup(of: Bool.self) { group in
                    for node in nodes {
                        group.addTask {
                            do {
                                try await patiently { try await node.run(on: database, now: 1) }
                                return true
                            } catch { return false }
                        }
                    }
                    return await group.reduce(into: 0) { count, hasStarted in
                        count += hasStarted ? 1 : 0
                    }
                }
                #expect(started == 1)
            }
        }
    }
}
