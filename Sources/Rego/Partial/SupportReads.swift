/// Which support rules something reads, and those which they read: what was made on the way to
/// something else is left out.
struct SupportReads {
    private let rules: [ResolvedRule]
    /// By each path that theirs begin with.
    private var below: [[String]: [Int]] = [:]
    private var isRead: [Bool]
    private var waiting: [Int] = []
    /// The paths that are read.
    private var paths: Set<[String]> = []

    init(_ rules: [ResolvedRule]) {
        self.rules = rules
        isRead = rules.map { _ in false }
        for (index, rule) in rules.enumerated() {
            for length in 0...rule.path.count {
                below[Array(rule.path.prefix(length)), default: []].append(index)
            }
        }
    }

    /// Whether a package is a part of what is read.
    func holds(_ package: [String]) -> Bool {
        (0...package.count).contains { paths.contains(Array(package.prefix($0))) }
    }

    /// All that are read, in their order.
    mutating func closure() -> [ResolvedRule] {
        while let index = waiting.popLast() {
            let rule = rules[index]
            (rule.rest + rule.arguments).forEach { add($0) }
            for branch in rule.branches {
                add(branch.value)
                branch.body.forEach { add($0) }
            }
        }
        return rules.indices.filter { isRead[$0] }.map { rules[$0] }
    }

    mutating func add(_ expression: ResolvedExpression) {
        expression.ownTerms.forEach { add($0) }
        expression.bodies.joined().forEach { add($0) }
    }

    private mutating func add(_ term: ResolvedTerm) {
        switch term {
        case .null, .boolean, .number, .string, .local, .input: break
        case .data: note([])
        case .reference(let head, let path):
            if case .data = head { note(path.constantStart) } else { add(head) }
            path.forEach { add($0) }
        case .call(let callee, let terms, _):
            if case .function(let path) = callee { note(path) }
            terms.forEach { add($0) }
        case .array(let terms), .set(let terms): terms.forEach { add($0) }
        case .object(let pairs):
            for pair in pairs {
                add(pair.key)
                add(pair.value)
            }
        case .arrayComprehension(let head, let body), .setComprehension(let head, let body):
            add(head)
            body.forEach { add($0) }
        case .objectComprehension(let key, let value, let body):
            add(key)
            add(value)
            body.forEach { add($0) }
        }
    }

    private mutating func note(_ path: [String]) {
        guard paths.insert(path).inserted else { return }
        for length in 0...path.count {
            let start = Array(path.prefix(length))
            for index in below[start] ?? [] where !isRead[index] {
                guard length == path.count || rules[index].path == start else { continue }
                isRead[index] = true
                waiting.append(index)
            }
        }
    }
}
