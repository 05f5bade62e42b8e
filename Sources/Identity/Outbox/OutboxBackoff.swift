import RegoMachine

/// When a message that failed is sent again.
enum OutboxBackoff {
    static let attemptsMax = OutboxBackoff.pausesSeconds.count + 1

    /// After the first attempt, the second, and so on: five seconds to fourteen hours.
    private static let pausesSeconds: [Int64] = [5, 300, 1_800, 7_200, 18_000, 36_000, 50_400]

    /// Microseconds until the next attempt, up to a fifth longer by chance: what failed together
    /// does not come again together.
    /// - Parameter attempts: So many were made.
    /// - Returns: `nil` after the last.
    static func pause(after attempts: Int64, _ host: Host) -> Int64? {
        guard (1...Int64(pausesSeconds.count)).contains(attempts) else { return nil }
        let pause = pausesSeconds[Int(attempts) - 1] * 1_000_000
        let chance = host.randomBytes(2).reduce(Int64(0)) { $0 << 8 | Int64($1) }
        return pause + pause / 5 * chance / 65_536
    }
}
