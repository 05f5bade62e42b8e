public import RegoMachine
import RegoSyntax
import Synchronization

/// Which lines of a policy evaluations reached. Any number of threads may share one.
///
/// An expression is reached where it is evaluated, a rule or an `else` where it had a value. A line
/// is covered once all that begins on it was reached, so that a rule on one line does not count for
/// having been tried. A `default` has no condition, and where it is only there
/// to be safe nothing can reach it: it does not count. The policy is compiled with marks,
/// and with shortcuts that leave neither indexes nor early exits to pass anything over.
/// - Source: OPA documentation, "Policy Testing", Coverage.
public final class Coverage: Sendable {
    private let reached = Mutex<Set<Int64>>([])

    public init() {}

    /// What evaluations may not leave out.
    public static let shortcuts: Shortcuts = [.memory, .folding]

    /// A host that notes what is reached, besides what it did before.
    public func noting(_ host: Host) -> Host {
        var noting = host
        noting.reached = { [self] mark in
            reached.withLock { _ = $0.insert(mark) }
            host.reached(mark)
        }
        return noting
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
        let reached = Set(
            reached.withLock { $0 }.map { Mark(number: $0) }
                .filter { $0.event != .solution }.map(\.place))
        var rules: [Int32: [RulePlaces]] = [:]
        for rule in policy.resolved.rules where !rule.isDefault {
            rules[rule.span.file, default: []].append(RulePlaces(rule))
        }
        return rules.map { file, rules in
            let known = reached.filter { $0.file == file }
            let places = Set(rules.flatMap(\.places))
            var missing: [Int32: Mark.Place] = [:]
            for place in places.subtracting(known).sorted().reversed() {
                missing[place.row] = place
            }
            let rows = missing.keys.sorted()
            return File(
                name: policy.resolved.file(file),
                covered: Set(places.map(\.row)).subtracting(rows).sorted().map(Int.init),
                notCovered: rows.map(Int.init),
                reasons: rows.map { row in
                    let place = missing[row]
                    return rules.first { $0.places.contains { $0 == place } }
                        .flatMap { rule in place.map { rule.reason($0, reached: known) } } ?? ""
                })
        }.sorted { $0.name < $1.name }
    }
}

/// The places of one rule that count.
private struct RulePlaces {
    /// Of the rule itself, and of each `else`.
    private let heads: [Mark.Place]
    let places: Set<Mark.Place>

    init(_ rule: ResolvedRule) {
        heads = rule.branches.map { Mark.Place($0.span) }
        var places: Set<Mark.Place> = []
        for branch in rule.branches {
            branch.span.add(to: &places)
            branch.body.forEach { $0.addPlaces(to: &places) }
            branch.value.addPlaces(to: &places)
        }
        self.places = places.filter { $0.file == rule.span.file }
    }

    /// Why a place was not reached.
    func reason(_ place: Mark.Place, reached: Set<Mark.Place>) -> String {
        let met = places.intersection(reached)
        if met.isEmpty { return "nothing asked for the rule" }
        if heads.dropFirst().contains(place) {
            return "no case needed this `else`, or none fulfilled it"
        }
        let isHead = place == heads[0]
        let before = met.subtracting(heads).filter { isHead || $0 < place }.max()
        guard let before else { return "an earlier part of the rule decided" }
        if isHead {
            return before.row == place.row
                ? "the condition on this line never held"
                : "the rule never had a value: line \(before.row) is the last that was reached"
        }
        return before.row == place.row
            ? "column \(place.column): what stands before it on the line never held"
            : "line \(before.row) before it never held"
    }
}

extension ResolvedSpan {
    fileprivate func add(to places: inout Set<Mark.Place>) {
        places.insert(Mark.Place(self))
    }
}

extension ResolvedExpression {
    fileprivate func addPlaces(to places: inout Set<Mark.Place>) {
        span.add(to: &places)
        switch kind {
        case .term(let term): term.addPlaces(to: &places)
        case .unify(let left, let right):
            left.addPlaces(to: &places)
            right.addPlaces(to: &places)
        case .not(let body): body.forEach { $0.addPlaces(to: &places) }
        case .and(let left, let right), .or(let left, let right):
            (left + right).forEach { $0.addPlaces(to: &places) }
        case .every(_, _, let domain, let body):
            domain.addPlaces(to: &places)
            body.forEach { $0.addPlaces(to: &places) }
        }
    }
}

extension ResolvedTerm {
    /// Of the bodies of comprehensions in it.
    fileprivate func addPlaces(to places: inout Set<Mark.Place>) {
        switch self {
        case .null, .boolean, .number, .string, .local, .input, .data: break
        case .reference(let head, let path): ([head] + path).forEach { $0.addPlaces(to: &places) }
        case .call(_, let arguments, _): arguments.forEach { $0.addPlaces(to: &places) }
        case .array(let parts), .set(let parts): parts.forEach { $0.addPlaces(to: &places) }
        case .object(let pairs):
            for pair in pairs {
                pair.key.addPlaces(to: &places)
                pair.value.addPlaces(to: &places)
            }
        case .arrayComprehension(_, let body), .setComprehension(_, let body),
            .objectComprehension(_, _, let body):
            body.forEach { $0.addPlaces(to: &places) }
        }
    }
}
