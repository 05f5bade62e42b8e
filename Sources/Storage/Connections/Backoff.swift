import Dispatch

/// When a server that did not answer is asked again.
struct Backoff {
    private static let firstSeconds = 0.05
    private static let lastSeconds = 2.0

    private var failures = 0
    private var nextAttempt = DispatchTime(uptimeNanoseconds: 0)

    /// How long nobody is to try; zero where an attempt may be made.
    func secondsLeft(_ now: DispatchTime) -> Double {
        guard nextAttempt > now else { return 0 }
        return Double(nextAttempt.uptimeNanoseconds - now.uptimeNanoseconds) / 1e9
    }

    /// Doubles the pause; half of it is chance, so that many nodes do not come at once.
    mutating func fail(_ now: DispatchTime) {
        let longest = min(Self.firstSeconds * Double(1 << min(failures, 10)), Self.lastSeconds)
        failures += 1
        nextAttempt = now + Double.random(in: longest / 2...longest)
    }

    mutating func succeed() { self = Backoff() }
}
