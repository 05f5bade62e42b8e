import Dispatch
import Synchronization

/// A few places, and a line of bounded length and patience before them.
final class Slots: Sendable {
    private struct Waiter {
        let deadline: ContinuousClock.Instant
        let continuation: CheckedContinuation<Int?, Never>
    }

    private struct State {
        var free: [Int]
        var waiters: Line = []
        /// Somebody will look at the one who waits longest.
        var isWatched = false
    }

    private typealias Line = ArraySlice<Waiter>

    private let state: Mutex<State>
    private let waitersMax: Int
    private let waitSeconds: Int

    init(count: Int, limits: StorageLimits) {
        state = Mutex(State(free: Array((0..<count).reversed())))
        waitersMax = limits.waiters
        waitSeconds = limits.waitSeconds
    }

    /// A place for the caller alone, until `give`. The one that was used last comes first.
    func take() async throws(StorageFailure) -> Int {
        let slot = await withCheckedContinuation { continuation in
            if join(continuation) { watch(after: .seconds(waitSeconds)) }
        }
        guard let slot else { throw .unavailable(retryAfterSeconds: 1) }
        return slot
    }

    var hasWaiters: Bool { state.withLock { !$0.waiters.isEmpty } }

    func give(_ slot: Int) {
        let next = state.withLock { state -> Waiter? in
            guard let next = state.waiters.popFirst() else {
                state.free.append(slot)
                return nil
            }
            return next
        }
        next?.continuation.resume(returning: slot)
    }

    /// - Returns: Whether the caller is to see to it that nobody waits for too long.
    private func join(_ continuation: CheckedContinuation<Int?, Never>) -> Bool {
        enum Place { case free(Int), refused, waiting(isWatched: Bool) }
        let place = state.withLock { state -> Place in
            if let slot = state.free.popLast() { return .free(slot) }
            guard state.waiters.count < waitersMax else { return .refused }
            state.waiters.append(
                Waiter(deadline: .now + .seconds(waitSeconds), continuation: continuation))
            defer { state.isWatched = true }
            return .waiting(isWatched: state.isWatched)
        }
        switch place {
        case .free(let slot): continuation.resume(returning: slot)
        case .refused: continuation.resume(returning: nil)
        case .waiting(let isWatched): return !isWatched
        }
        return false
    }

    /// One timer for all: those who come first have waited longest.
    private func watch(after pause: Duration) {
        let nanoseconds = Int(pause / .nanoseconds(1))
        DispatchQueue.global().asyncAfter(deadline: .now() + .nanoseconds(nanoseconds)) {
            self.giveUp()
        }
    }

    private func giveUp() {
        let now = ContinuousClock.now
        let (late, pause) = state.withLock { state -> (Line, Duration?) in
            let late = state.waiters.prefix { $0.deadline <= now }
            state.waiters.removeFirst(late.count)
            guard let next = state.waiters.first else {
                state.isWatched = false
                return (late, nil)
            }
            return (late, next.deadline - now)
        }
        for waiter in late { waiter.continuation.resume(returning: nil) }
        if let pause { watch(after: pause) }
    }
}
