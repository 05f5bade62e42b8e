public import RegoMachine
import Synchronization

/// How often the expressions of a policy were evaluated, how many solutions they had, and how long
/// they took, by lines.
///
/// The policy is compiled with marks where expressions begin and where they have a solution. The
/// time from one mark to the next counts for the line of the first of them, unless the next one is
/// a solution after a solution: then something was iterated further to find it, and it counts
/// there. What a line calls counts for the lines that are called. Reading the clock is not counted.
///
/// One evaluation at a time: a profile of several threads would mix up their times.
/// - Source: OPA documentation, "Policy Performance", Profiling.
public final class Profile: Sendable {
    private struct Line: Hashable {
        let file: Int32
        let row: Int32

        init(_ place: Mark.Place) {
            file = place.file
            row = place.row
        }
    }

    private struct Entry {
        var nanoseconds: UInt64 = 0
        var evaluations = 0
        var solutions = 0
        /// Where the expressions of the line begin.
        var columns: Set<Int32> = []

        mutating func count(_ mark: Mark) {
            columns.insert(mark.place.column)
            if mark.event == .solution { solutions += 1 } else { evaluations += 1 }
        }
    }

    private struct Progress {
        var entries: [Line: Entry] = [:]
        var last: Mark?
        var since: UInt64 = 0

        mutating func charge(_ mark: Mark, until now: UInt64) {
            entries[Line(mark.place), default: Entry()].nanoseconds += now - since
        }
    }

    private let progress = Mutex(Progress())

    public init() {}

    /// A host that notes what is evaluated, besides what it did before.
    public func noting(_ host: Host) -> Host {
        var noting = host
        noting.reached = { [self] number in
            let mark = Mark(number: number)
            if mark.event != .value { note(mark, at: host.monotonic(), host) }
            host.reached(number)
        }
        return noting
    }

    private func note(_ mark: Mark, at now: UInt64, _ host: Host) {
        progress.withLock { progress in
            if let last = progress.last {
                let isFound = last.event == .solution && mark.event == .solution
                progress.charge(isFound ? mark : last, until: now)
            }
            progress.entries[Line(mark.place), default: Entry()].count(mark)
            progress.last = mark
            progress.since = host.monotonic()
        }
    }

    /// What was evaluated on one line.
    public struct Expression: Sendable {
        /// Empty for the query.
        public let file: String
        /// From 1.
        public let row: Int
        /// Of the first expression.
        public let column: Int
        public let nanoseconds: UInt64
        public let evaluations: Int
        /// How often an evaluation had a solution, and went on from there.
        public let solutions: Int
        /// How many expressions begin on the line.
        public let expressions: Int
    }

    /// Ends the evaluation that was noted: what comes next is another one.
    /// - Returns: Each line that was evaluated, in the order of the sources, the query last.
    public func finish(_ policy: Policy, at now: UInt64) -> [Expression] {
        let entries = progress.withLock { progress in
            if let last = progress.last { progress.charge(last, until: now) }
            defer { progress = Progress() }
            return progress.entries
        }
        return entries.sorted { ($0.key.file, $0.key.row) < ($1.key.file, $1.key.row) }.map {
            line, entry in
            Expression(
                // The query's file comes after those of the policy.
                file: line.file < policy.resolved.files.count
                    ? policy.resolved.file(line.file) : "",
                row: Int(line.row), column: Int(entry.columns.min() ?? 0),
                nanoseconds: entry.nanoseconds, evaluations: entry.evaluations,
                solutions: entry.solutions, expressions: entry.columns.count)
        }
    }
}
