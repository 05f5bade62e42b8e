public import RegoMachine
import RegoSyntax
import Synchronization

/// A line of a policy's sources, as an instrumented policy tells its host of it.
struct CoveragePlace: Hashable {
    let file: Int32
    let row: Int32

    var number: Int64 { Int64(file) << 32 | Int64(row) }

    init(file: Int32, row: Int32) {
        self.file = file
        self.row = row
    }

    init(number: Int64) {
        self.init(
            file: Int32(truncatingIfNeeded: number >> 32), row: Int32(number & 0x7FFF_FFFF))
    }
}

/// Which lines of a policy evaluations reached. Any number of threads may share one.
///
/// A line counts that begins an expression, which is reached where it is evaluated, or a rule or an
/// `else`, which is where it had a value. A `default` has no condition, and where it is only there
/// to be safe nothing can reach it: it does not count. The policy is compiled with `marksReach`,
/// and with shortcuts that leave neither indexes nor early exits to pass anything over.
/// - Source: OPA documentation, "Policy Testing", Coverage.
public final class Coverage: Sendable {
    private let reached = Mutex<Set<Int64>>([])

    public init() {}

    /// A host that notes what is reached.
    public func noting(_ host: Host) -> Host {
        var host = host
        host.reached = { [self] place in reached.withLock { _ = $0.insert(place) } }
        return host
    }

    /// What was reached of one file, and what was not: lines from 1, each once.
    public struct File: Sendable {
        public let name: String
        public let covered: [Int]
        public let notCovered: [Int]
        /// Why, for each of `notCovered`.
        public let reasons: [String]

        /// 0 to 100; 100 where nothing counts.
        public var percent: Double {
            let count = covered.count + notCovered.count
            return count == 0 ? 100 : 100 * Double(covered.count) / Double(count)
        }
    }

    /// By name, those that have lines which count.
    public func files(of policy: Policy) -> [File] {
        let reached = Set(reached.withLock { $0 }.map { CoveragePlace(number: $0) })
        var rules: [Int32: [RuleLines]] = [:]
        for rule in policy.resolved.rules where !rule.isDefault {
            rules[rule.span.file, default: []].append(RuleLines(rule))
        }
        return rules.map { file, rules in
            let known = Set(reached.lazy.filter { $0.file == file }.map(\.row))
            let rows = Set(rules.flatMap(\.rows))
            let missing = rows.subtracting(known).sorted()
            return File(
                name: policy.resolved.file(file),
                covered: rows.intersection(known).map(Int.init).sorted(),
                notCovered: missing.map(Int.init),
                reasons: missing.map { row in
                    rules.first { $0.rows.contains(row) }?.reason(row, reached: known) ?? ""
                })
        }.sorted { $0.name < $1.name }
    }
}

/// The lines of one rule that count.
private struct RuleLines {
    /// Of the rule itself, and of each `else`.
    private let heads: [Int32]
    let rows: Set<Int32>

    init(_ rule: ResolvedRule) {
        heads = rule.branches.map(\.span.span.row)
        var rows: [Int32: Set<Int32>] = [:]
        for branch in rule.branches {
            branch.span.add(to: &rows)
            branch.body.forEach { $0.addPlaces(to: &rows) }
            branch.value.addPlaces(to: &rows)
        }
        self.rows = rows[rule.span.file] ?? []
    }

    /// Why a line was not reached.
    func reason(_ row: Int32, reached: Set<Int32>) -> String {
        let met = rows.intersection(reached)
        if met.isEmpty { return "nothing asked for the rule" }
        if heads.dropFirst().contains(row) {
            return "no case needed this `else`, or none fulfilled it"
        }
        let before = met.subtracting(heads).filter { $0 < row || row == heads[0] }.max()
        guard let before else { return "an earlier part of the rule decided" }
        return row == heads[0]
            ? "the rule never had a value: line \(before) is the last that was reached"
            : "line \(before) before it never held"
    }
}

extension ResolvedSpan {
    fileprivate func add(to rows: inout [Int32: Set<Int32>]) {
        rows[file, default: []].insert(span.row)
    }
}

extension ResolvedExpression {
    fileprivate func addPlaces(to rows: inout [Int32: Set<Int32>]) {
        span.add(to: &rows)
        switch kind {
        case .term(let term): term.addPlaces(to: &rows)
        case .unify(let left, let right):
            left.addPlaces(to: &rows)
            right.addPlaces(to: &rows)
        case .not(let body): body.forEach { $0.addPlaces(to: &rows) }
        case .and(let left, let right), .or(let left, let right):
            (left + right).forEach { $0.addPlaces(to: &rows) }
        case .every(_, _, let domain, let body):
            domain.addPlaces(to: &rows)
            body.forEach { $0.addPlaces(to: &rows) }
        }
    }
}

extension ResolvedTerm {
    /// Of the bodies of comprehensions in it.
    fileprivate func addPlaces(to rows: inout [Int32: Set<Int32>]) {
        switch self {
        case .null, .boolean, .number, .string, .local, .input, .data: break
        case .reference(let head, let path): ([head] + path).forEach { $0.addPlaces(to: &rows) }
        case .call(_, let arguments, _): arguments.forEach { $0.addPlaces(to: &rows) }
        case .array(let parts), .set(let parts): parts.forEach { $0.addPlaces(to: &rows) }
        case .object(let pairs):
            for pair in pairs {
                pair.key.addPlaces(to: &rows)
                pair.value.addPlaces(to: &rows)
            }
        case .arrayComprehension(_, let body), .setComprehension(_, let body),
            .objectComprehension(_, _, let body):
            body.forEach { $0.addPlaces(to: &rows) }
        }
    }
}
