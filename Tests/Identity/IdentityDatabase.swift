import Foundation
import Identity
import RegoMachine
import Storage

/// A database with the schema, closed and removed afterwards.
enum IdentityDatabase {
    static func with(_ body: (any Database) async throws -> Void) async throws {
        let folder = FileManager.default.temporaryDirectory.path + "/" + UUID().uuidString
        defer { try? FileManager.default.removeItem(atPath: folder) }
        let database = try SQLiteDatabase(folder: folder)
        do {
            try await Migrator.run(database, Identity.migrations, now: 0)
            try await body(database)
        } catch {
            await database.close()
            throw error
        }
        await database.close()
    }
}

/// A clock that stands still and randomness that counts.
struct StillHost {
    let counter = Counter()

    final class Counter: @unchecked Sendable {
        private let lock = NSLock()
        private var value: UInt8 = 0

        func next() -> UInt8 {
            lock.withLock {
                value &+= 1
                return value
            }
        }
    }

    func host(now: Int64 = 1_700_000_000_000_000_000) -> RegoMachine.Host {
        let counter = counter
        return RegoMachine.Host(
            now: { now }, monotonic: { 0 },
            randomBytes: { count in (0..<count).map { _ in counter.next() } },
            timeZone: { _ in nil }, lookUp: { _ in .failure("none") }, print: { _ in })
    }
}
