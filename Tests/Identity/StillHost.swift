import Foundation
import RegoMachine
import Storage

/// What the body gives, asked again while the store is too busy: nothing was changed then. Where
/// all tests run at once, one that holds the only writer may wait long for a thread.
func patiently<Result>(_ body: () async throws -> Result) async throws -> Result {
    while true {
        do {
            return try await body()
        } catch StorageFailure.unavailable {
            await Task.yield()
        }
    }
}

/// A clock that stands still and randomness that counts.
struct StillHost: Sendable {
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
