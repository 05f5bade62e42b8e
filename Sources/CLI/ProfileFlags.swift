import ArgumentParser
import Rego

/// Whether and how an evaluation is profiled.
struct ProfileFlags: ParsableArguments {
    @Flag(help: "Print how often expressions were evaluated and what they took, and metrics.")
    var profile = false

    @Option(
        help: ArgumentHelp(
            "Show so many lines of the profile, 10 unless said; 0: all.", valueName: "n"))
    var profileLimit: Int?

    @Option(
        name: .customLong("profile-sort"),
        help: ArgumentHelp(
            "What the profile is sorted by, most first; again for more.",
            discussion: "total_time_ns, num_eval, num_redo, num_gen_expr, file or line.",
            valueName: "name"))
    var orders: [ProfileOrder] = []

    var isWanted: Bool { profile || profileLimit != nil || !orders.isEmpty }

    /// The lines that are shown of profiles of the same query.
    /// - Parameter runs: At least one.
    func lines(of runs: [[Profile.Expression]]) -> [ProfileReport.Line] {
        let keys = orders.flatMap(\.keys)
        let order = keys + ProfileOrder.standard.filter { !keys.contains($0) }
        let lines = ProfileReport.lines(of: runs).sorted { left, right in
            for key in order {
                if key.isMore(left, right) { return true }
                if key.isMore(right, left) { return false }
            }
            return false
        }
        let limit = profileLimit ?? 10
        return limit > 0 ? Array(lines.prefix(limit)) : lines
    }
}

/// One or several of OPA's names for what profiles are sorted by, as `--profile-sort` has them.
struct ProfileOrder: ExpressibleByArgument {
    enum Key: String {
        case time = "total_time_ns"
        case evaluations = "num_eval"
        case redos = "num_redo"
        case expressions = "num_gen_expr"
        case file, line

        func isMore(_ left: ProfileReport.Line, _ right: ProfileReport.Line) -> Bool {
            switch self {
            case .time: left.time.mean > right.time.mean
            case .evaluations: left.place.evaluations > right.place.evaluations
            case .redos: left.place.solutions > right.place.solutions
            case .expressions: left.place.expressions > right.place.expressions
            case .file: left.place.file > right.place.file
            case .line: left.place.row > right.place.row
            }
        }
    }

    /// OPA's order, which ends each other one.
    static let standard: [Key] = [.time, .evaluations, .redos, .file, .line]

    let keys: [Key]

    init?(argument: String) {
        let keys = argument.split(separator: ",").map { Key(rawValue: String($0)) }
        guard !keys.isEmpty, !keys.contains(nil) else { return nil }
        self.keys = keys.compactMap(\.self)
    }
}
