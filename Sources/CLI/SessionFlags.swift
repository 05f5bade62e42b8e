import ArgumentParser
import Identity

/// How long people stay signed in.
struct SessionFlags: ParsableArguments {
    @Option(
        help: ArgumentHelp(
            "Sessions end after so many minutes without activity; 5 at least.",
            valueName: "minutes"))
    var sessionIdle = SessionLifetimes().idleSeconds / 60

    @Option(
        help: ArgumentHelp(
            "Sessions end after so many minutes, whatever is done in them.", valueName: "minutes"))
    var sessionLifetime = SessionLifetimes().sessionSeconds / 60

    @Option(
        help: ArgumentHelp(
            "Sessions of one account; with one more, the oldest ends.", valueName: "count"))
    var sessionsMax = SessionLifetimes().sessionsMax

    @Option(
        help: ArgumentHelp(
            "A refresh token that was used gives the same answer again for so long; 0: never.",
            discussion: "For clients whose answer was lost on the way.", valueName: "seconds"))
    var refreshGrace = SessionLifetimes().refreshGraceSeconds

    private static let minutesMax: Int64 = 525_600
    /// Activity is kept to the minute: one that is used must not end because of that.
    private static let idleMin: Int64 = 5

    func validate() throws {
        for (flag, minutes, least) in [
            ("--session-idle", sessionIdle, Self.idleMin),
            ("--session-lifetime", sessionLifetime, 1),
        ] where !(least...Self.minutesMax).contains(minutes) {
            throw ValidationError("\(flag) is \(least) to \(Self.minutesMax) minutes")
        }
        guard (1...1_000).contains(sessionsMax) else {
            throw ValidationError("--sessions-max is 1 to 1000")
        }
        guard (0...60).contains(refreshGrace) else {
            throw ValidationError("--refresh-grace is 0 to 60 seconds")
        }
    }

    var lifetimes: SessionLifetimes {
        var lifetimes = SessionLifetimes()
        lifetimes.idleSeconds = sessionIdle * 60
        lifetimes.sessionSeconds = sessionLifetime * 60
        lifetimes.sessionsMax = sessionsMax
        lifetimes.refreshGraceSeconds = refreshGrace
        return lifetimes
    }
}
