/// Until when a connection is waited for, in ticks of its loop (`LoopState.tick`).
///
/// A head has a time, a body a pace, and an idle connection an end.
struct Deadline {
    private var end = Int.max
    private var bodyStart = 0
    private var bodyGot = 0

    /// Nothing is waited for.
    mutating func clear() { end = .max }

    mutating func set(_ seconds: Int, from tick: Int) { end = tick + seconds + 1 }

    func isPast(_ tick: Int) -> Bool { tick >= end }

    /// A body begins; its bytes are to come at some pace.
    mutating func startBody(_ limits: RequestLimits, at tick: Int) {
        bodyStart = tick
        noteBody(0, limits)
    }

    /// - Parameter bytes: All that came so far.
    mutating func noteBody(_ bytes: Int, _ limits: RequestLimits) {
        bodyGot = bytes
        end = bodyStart + limits.bodySeconds + bytes >> 16 + 1
    }

    /// - Parameter bytes: What came now.
    mutating func addBody(_ bytes: Int, _ limits: RequestLimits) {
        noteBody(bodyGot + bytes, limits)
    }
}
