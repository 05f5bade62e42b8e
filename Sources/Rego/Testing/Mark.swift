import RegoSyntax

/// What instrumented policies tell their host.
public enum Marks: Sendable {
    case none
    /// Each expression, rule and `else` that is reached: for coverage.
    case reached
    /// Each solution of an expression, too: for profiles.
    case solved
}

/// What happened at a place of a policy's sources, as an instrumented policy tells its host of it.
struct Mark {
    let place: Place
    let event: Event

    /// Where an expression or a rule begins. What is beyond the limits of `number` is told as the
    /// last place there is.
    struct Place: Hashable, Comparable {
        let file: Int32
        let row: Int32
        let column: Int32

        /// In one file.
        static func < (left: Place, right: Place) -> Bool {
            (left.row, left.column) < (right.row, right.column)
        }
    }

    enum Event: Int64 {
        /// An expression begins, or the computation of a rule's value.
        case expression
        /// A rule or an `else` has its value, which is a constant.
        case value
        /// An expression has a solution.
        case solution
    }

    private static let eventBits: Int64 = 2
    private static let columnBits: Int64 = 18
    private static let rowBits: Int64 = 22

    /// Columns above the event, rows above them, and files above these.
    var number: Int64 {
        let line = Int64(place.file) << Mark.rowBits | Int64(place.row)
        return (line << Mark.columnBits | Int64(place.column)) << Mark.eventBits | event.rawValue
    }
}

extension Mark.Place {
    init(_ span: ResolvedSpan) {
        file = span.file
        row = Int32(min(Int64(span.span.row), 1 << Mark.rowBits - 1))
        column = Int32(min(Int64(span.span.column), 1 << Mark.columnBits - 1))
    }
}

extension Mark {
    init(number: Int64) {
        let line = number >> (Mark.eventBits + Mark.columnBits)
        event = Event(rawValue: number & (1 << Mark.eventBits - 1)) ?? .expression
        place = Place(
            file: Int32(truncatingIfNeeded: line >> Mark.rowBits),
            row: Int32(line & (1 << Mark.rowBits - 1)),
            column: Int32(number >> Mark.eventBits & (1 << Mark.columnBits - 1)))
    }
}
