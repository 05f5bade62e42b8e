import Dispatch
import Synchronization

/// A few places, and a line of bounded length and patience before them.
final class Slots: Sendable {
    private struct Waiter {
        let number: UInt64
        let continuation: CheckedContinuation<Int?, Never>
    }

    private struct State {
        var free: [Int]
        var waiters: [Waiter] = []
        var lastNumber: UInt64 = 0
    }

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
            let number = join(continuation)
            guard let number else { return }
            DispatchQueue.global().asyncAfter(deadline: .now() + .seconds(waitSeconds)) {
                self.giveUp(number)
            }
        }
        guard let slot else { throw .unavailable(retryAfterSeconds: 1) }
        return slot
    }

    func give(_ slot: Int) {
        let next = state.withLock { state -> Waiter? in
            if state.waiters.isEmpty {
                state.free.append(slot)
                return nil
            }
            return state.waiters.removeFirst()
        }
        next?.continuation.resume(returning: slot)
    }

    /// - Returns: The caller's number in the line; `nil` where it need not wait or may not.
    private func join(_ continuation: CheckedContinuation<Int?, Never>) -> UInt64? {
        enum Place { case free(Int), refused, waiting(UInt64) }
        let place = state.withLock { state -> Place in
            if let slot = state.free.popLast() { return .free(slot) }
            guard state.waiters.count < waitersMax else { return .refused }
            state.lastNumber += 1
            state.waiters.append(Waiter(number: state.lastNumber, continuation: continuation))
            return .waiting(state.lastNumber)
        }
        switch place {
        case .free(let slot): continuation.resume(returning: slot)
        case .refused: continuation.resume(returning: nil)
        case .waiting(let number): return number
        }
        return nil
    }

    private func giveUp(_ number: UInt64) {
        let waiter = state.withLock { state -> Waiter? in
            let index = state.waiters.firstIndex { $0.number == number }
            return index.map { state.waiters.remove(at: $0) }
        }
        waiter?.continuation.resume(returning: nil)
    }
}
