public import RegoMachine
import Storage
import Synchronization

/// Looks whether a domain's record is there, on threads of our own: a name server takes its time.
public final class ChallengeLookUps: Sendable {
    private let host: Host
    private let running = Mutex(0)

    private static let runningMax = 8

    /// What was found at the record's place.
    enum Finding: Sendable, Hashable {
        case shown, missing
        /// Nobody knows: the name servers gave no answer.
        case unknown(String)
    }

    public init(_ host: Host) { self.host = host }

    func find(_ challenge: String, at place: String) async -> Finding {
        let hasRoom = running.withLock { count in
            guard count < Self.runningMax else { return false }
            count += 1
            return true
        }
        guard hasRoom else { return .unknown("too many look-ups are under way") }
        defer { running.withLock { $0 -= 1 } }
        let host = host
        return await withCheckedContinuation { continuation in
            let isStarted = OwnThread.start {
                continuation.resume(returning: Self.find(challenge, host.lookUpText(place)))
            }
            if !isStarted { continuation.resume(returning: .unknown("no thread is left")) }
        }
    }

    private static func find(_ challenge: String, _ found: Host.TextLookup) -> Finding {
        switch found {
        case .records(let records): records.contains(Array(challenge.utf8)) ? .shown : .missing
        case .failure(let reason): .unknown(reason)
        }
    }
}
