/// A point in time, as far from 1970 as four digits of a year go and beyond.
struct Instant: Comparable {
    /// Since 1970-01-01T00:00:00Z.
    let seconds: Int64
    /// 0 up to a thousand million, exclusive.
    let nanoseconds: Int64

    init(seconds: Int64, nanoseconds: Int64) {
        self.seconds = seconds
        self.nanoseconds = nanoseconds
    }

    init(nanoseconds: Int64) {
        seconds = nanoseconds.flooredQuotient(1_000_000_000)
        // The lowest second begins before what an `Int64` holds; the difference is right again.
        self.nanoseconds = nanoseconds &- seconds &* 1_000_000_000
    }

    /// Since 1970, or `nil` where no `Int64` holds it.
    var total: Int64? {
        // The lowest instants lie in a second that begins before what an `Int64` holds.
        let (base, rest) =
            seconds < 0
            ? (seconds + 1, nanoseconds - 1_000_000_000) : (seconds, nanoseconds)
        let (product, isHuge) = base.multipliedReportingOverflow(by: 1_000_000_000)
        let (sum, isBeyond) = product.addingReportingOverflow(rest)
        return isHuge || isBeyond ? nil : sum
    }

    static func < (left: Instant, right: Instant) -> Bool {
        (left.seconds, left.nanoseconds) < (right.seconds, right.nanoseconds)
    }
}
