import Identity
import Synchronization

/// Lets requests that would only get in each other's way pass one after the other: those that write
/// the same row would be repeated by the database until one of them gives up. Of this node alone;
/// between nodes the database still decides.
final class Turnstile: Sendable {
    /// Behind the one whose turn it is, by key.
    private let lines = Mutex<[String: [CheckedContinuation<Void, Never>]]>([:])

    /// Who comes behind so many is told to come again.
    private static let waitersMax = 256

    /// - Parameter key: What requests would write; `nil`: nothing that others do.
    func pass<Result>(
        _ key: String?, _ body: () async throws(Fault) -> Result
    ) async throws(Fault) -> Result {
        guard let key else { return try await body() }
        try await enter(key)
        defer { leave(key) }
        return try await body()
    }

    private func enter(_ key: String) async throws(Fault) {
        switch place(key) {
        case .first: return
        case .tooFar:
            var fault = Fault(.storeUnavailable, "too many requests are about the same")
            fault.retryAfterSeconds = 1
            throw fault
        case .behind:
            await withCheckedContinuation { waiter in
                let isFirst = lines.withLock { lines in
                    guard lines[key] != nil else {
                        lines[key] = []
                        return true
                    }
                    lines[key]?.append(waiter)
                    return false
                }
                if isFirst { waiter.resume() }
            }
        }
    }

    private enum Place { case first, behind, tooFar }

    private func place(_ key: String) -> Place {
        lines.withLock { lines in
            guard let line = lines[key] else {
                lines[key] = []
                return .first
            }
            return line.count < Self.waitersMax ? .behind : .tooFar
        }
    }

    private func leave(_ key: String) {
        let next = lines.withLock { lines -> CheckedContinuation<Void, Never>? in
            guard lines[key]?.isEmpty == false else {
                lines[key] = nil
                return nil
            }
            return lines[key]?.removeFirst()
        }
        next?.resume()
    }
}
