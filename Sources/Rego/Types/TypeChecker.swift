import RegoMachine
import RegoSyntax

extension Compiler {
    /// Pass: gives terms types, rule by rule, what a rule reads before it, and refuses what can
    /// never hold: operands of a wrong type, unifications whose sides never agree, references
    /// into what has no such element.
    ///
    /// What is not known is `any`, which agrees with all: base documents, `input`, a rule that
    /// was refused. Bodies of `every`, `and` and `or` are not looked at, as in OPA.
    func checkTypes(_ work: inout Work) {
        let isSound = work.changed.allSatisfy { work.isSound($0, before: .types) }
        guard isSound else { return }
        var checker = TypeChecker(
            builtins: builtins, exports: work.exports, modules: work.modules,
            types: work.types, schemas: options.schemas)
        var found: [Int: [(module: Int, mistakes: [Mistake])]] = [:]
        // What annotations say of schemas concerns rules of other modules, too.
        var pending = checker.annotations == nil ? work.changedNodes : work.allNodes
        while !pending.isEmpty {
            let before = pending.mapValues { _ in RegoType?.none }
                .merging(pending.keys.map { ($0, checker.ruleTypes[$0]) }) { $1 }
            for node in pending.keys {
                checker.ruleTypes[node] = nil
                found[node] = nil
            }
            for place in work.order(of: pending.keys) {
                let rule = work.modules[place.module].drafts[place.rule].rule
                let mistakes = checker.check(rule, place)
                guard !mistakes.isEmpty, let node = work.exports.find(rule.path) else { continue }
                found[node, default: []].append((place.module, mistakes))
            }
            // Others have other types where what they read has.
            pending = work.readers(
                of: pending.filter { checker.ruleTypes[$0.key] != before[$0.key] },
                besides: pending)
        }
        for (module, mistakes) in found.values.joined() { work.report(mistakes, in: module) }
        work.types = checker.ruleTypes
    }
}

extension Work {
    /// The branches of the rules at nodes, each after those that it reads.
    fileprivate mutating func order(of nodes: some Sequence<Int>) -> [BranchPlace] {
        let entries = nodes.flatMap { exports.nodes[$0].rules }
        for entry in entries { graph.explore(from: entry.module, rule: entry.rule) }
        return graph.ordered(entries)
    }

    fileprivate var allNodes: [Int: [String]] {
        var found: [Int: [String]] = [:]
        for module in modules {
            for draft in module.drafts {
                if let node = exports.find(draft.rule.path) { found[node] = draft.rule.path }
            }
        }
        return found
    }

    /// The nodes of unchanged modules whose rules read others, and their paths.
    fileprivate mutating func readers(
        of nodes: [Int: [String]], besides known: [Int: [String]]
    ) -> [Int: [String]] {
        guard !nodes.isEmpty, changed.count < modules.count else { return [:] }
        let paths = PathSet(Set(nodes.values))
        var found: [Int: [String]] = [:]
        let reading = Set(nodes.values.flatMap { readers.readers(of: $0) })
        for index in reading {
            for draft in modules[index].drafts {
                guard let node = exports.find(draft.rule.path), known[node] == nil,
                    draft.rule.branches.contains(where: { $0.reads(paths) })
                else { continue }
                found[node] = draft.rule.path
                rechecked.insert(index)
            }
        }
        return found
    }
}

/// One branch of a rule, by the place of its text.
struct BranchPlace {
    let module: Int
    let rule: Int
    let branch: Int
}

/// The types of rules, by the nodes of `Exports`, and those of the branch at hand.
struct TypeChecker {
    let builtins: BuiltinTable
    let exports: Exports
    let modules: [CompiledModule]
    /// By node; `nil` where no rule was looked at.
    var ruleTypes: [RegoType?]
    private let schemas: SchemaSet
    /// `nil` where none of them names a schema.
    fileprivate let annotations: Annotations?
    private let inputType: RegoType?
    private var signatures: [String: (operands: [RegoType], result: RegoType)] = [:]

    var locals = LocalTypes(count: 0)
    var names: [String?] = []
    /// Of the branch or query at hand.
    var file = ""
    var text = Text.query([])
    var declared: DeclaredTypes
    var mistakes: [Mistake] = []
    /// Whether comparisons whose sides never agree are noted: see the lint `mismatched-types`.
    var notesComparisons = false
    private(set) var comparisons: [TypedComparison] = []

    init(
        builtins: BuiltinTable, exports: Exports, modules: [CompiledModule], types: [RegoType?],
        schemas: SchemaSet
    ) {
        self.schemas = schemas
        inputType = schemas.terms[[]].flatMap { try? SchemaTypes.type(of: $0) }
        declared = DeclaredTypes(input: inputType)
        let annotations = Annotations(modules)
        self.annotations = annotations.nameSchemas ? annotations : nil
        self.builtins = builtins
        self.exports = exports
        self.modules = modules
        ruleTypes = types
    }

    /// Where the text of a reference is looked for.
    enum Text {
        case rule(Rule)
        case query([Expression])
    }

    /// Looks at a query, after all rules.
    mutating func check(
        _ body: [ResolvedExpression], locals table: LocalTable, of query: [Expression],
        file: String
    ) -> [Mistake] {
        self.file = file
        text = .query(query)
        declared = DeclaredTypes(input: inputType)
        names = table.names
        locals = LocalTypes(count: names.count)
        mistakes = []
        for expression in body { check(expression) }
        return mistakes
    }

    /// Looks at one branch and adds to the rule's type.
    mutating func check(_ rule: ResolvedRule, _ place: BranchPlace) -> [Mistake] {
        let module = modules[place.module].module
        file = module.source.name
        text = .rule(module.rules[place.rule])
        var faults: [String] = []
        if let annotations {
            (declared, faults) = annotations.declared(
                place.rule, of: place.module, schemas: schemas, input: inputType)
        }
        names = rule.locals.names
        locals = LocalTypes(count: names.count)
        mistakes = []
        for fault in faults where place.branch == 0 { refuseSchema(fault, rule.span) }
        let branch = rule.branches[place.branch]
        for expression in branch.body { check(expression) }
        guard let node = exports.find(rule.path) else { return mistakes }
        let value = type(of: branch.value, branch.span)
        let found: RegoType
        switch rule.kind {
        case _ where !mistakes.isEmpty: found = .any
        case .function:
            let operands = rule.arguments.map { type(of: $0, branch.span) }
            found = .function(operands, value)
        case .member: found = nested(.set(value), rule, branch.span)
        case .value: found = nested(value, rule, branch.span)
        }
        ruleTypes[node] = ruleTypes[node]?.merged(with: found) ?? found
        return mistakes
    }

    /// The objects that the rest of a rule's path makes around its value.
    private mutating func nested(
        _ value: RegoType, _ rule: ResolvedRule, _ span: ResolvedSpan
    ) -> RegoType {
        // An `else` has the keys of its rule, whose variables its own body need not bind.
        rule.rest.reversed().reduce(value) { .object(of: type(of: $1, span), $0) }
    }

    private mutating func type(of term: ResolvedTerm, _ span: ResolvedSpan) -> RegoType {
        let shape = shape(of: term, span)
        if let type = locals.type(of: shape) { return type }
        _ = locals.admit(shape, .any, widening: false)
        return locals.type(of: shape) ?? .any
    }

    // MARK: Expressions

    private mutating func check(_ expression: ResolvedExpression) {
        let span = expression.span
        for modifier in expression.modifiers { check(modifier, span) }
        // What `with` replaces may be of another type.
        let notes = notesComparisons
        notesComparisons = notes && expression.modifiers.isEmpty
        defer { notesComparisons = notes }
        switch expression.kind {
        case .term(let term): _ = shape(of: term, span)
        case .unify(let left, .call(let callee, let operands, let place)) where place == span:
            // Here a result that is known already was written as a last operand.
            let output = shape(of: left, span)
            let isKnown = locals.type(of: output) != nil
            let result = call(callee, operands, output: isKnown ? output : nil, span)
            if !isKnown, !locals.match(output, result) { refuseMatch(output, result, span) }
        case .unify(let left, let right):
            let one = shape(of: left, span)
            let two = shape(of: right, span)
            if !locals.match(one, two) { refuseMatch(one, two, span) }
        case .not(let body):
            let mark = locals.mark
            for inner in body { check(inner) }
            locals.restore(to: mark)
        case .every(_, _, let domain, _): _ = shape(of: domain, span)
        case .and, .or: break
        }
    }

    private mutating func check(_ modifier: ResolvedExpression.Modifier, _ span: ResolvedSpan) {
        switch (modifier.target, modifier.value) {
        case (.callee(let target), .callee(let value)):
            guard let wanted = arity(of: target), let given = arity(of: value), wanted != given
            else { return }
            refuseReplacement(target, wanted, value, given, span)
        case (_, .term(let term)): _ = shape(of: term, span)
        case (_, .callee): break
        }
    }

    private func arity(of callee: Callee) -> Int? {
        switch callee {
        case .builtin(let name): builtins[name]?.arity
        case .function(let path): exports.operands(of: path)
        }
    }

    // MARK: Terms

    mutating func shape(of term: ResolvedTerm, _ span: ResolvedSpan) -> Shape {
        switch term {
        case .null: return .type(.null)
        case .boolean: return .type(.boolean)
        case .number: return .type(.number)
        case .string: return .type(.string)
        case .local(let local): return .local(local)
        case .input: return .type(declared.start(isInput: true, [])?.type ?? .any)
        case .data: return .type(.any)
        case .reference(let head, let path): return reference(head, path, span)
        case .call(let callee, let operands, let place):
            return call(callee, operands, output: nil, place)
        case .array(let elements): return .array(elements.map { shape(of: $0, span) })
        case .set(let elements): return .set(elements.map { shape(of: $0, span) })
        case .object(let pairs):
            return .object(
                pairs.map {
                    (shape(of: $0.key, span), $0.key.constant, shape(of: $0.value, span))
                })
        case .arrayComprehension(let head, let body):
            return comprehension([head], body, span) { .array([], rest: $0[0]) }
        case .setComprehension(let head, let body):
            return comprehension([head], body, span) { .set($0[0]) }
        case .objectComprehension(let key, let value, let body):
            return comprehension([key, value], body, span) { .object(of: $0[0], $0[1]) }
        }
    }

    private mutating func comprehension(
        _ heads: [ResolvedTerm], _ body: [ResolvedExpression], _ span: ResolvedSpan,
        _ make: ([RegoType]) -> RegoType
    ) -> Shape {
        let count = mistakes.count
        let mark = locals.mark
        for expression in body { check(expression) }
        let types = heads.map { type(of: $0, span) }
        locals.restore(to: mark)
        return mistakes.count == count ? .type(make(types)) : .refused
    }

    // MARK: Calls

    private mutating func call(
        _ callee: Callee, _ operands: [ResolvedTerm], output: Shape?, _ span: ResolvedSpan
    ) -> Shape {
        let count = mistakes.count
        var shapes = operands.map { shape(of: $0, span) }
        guard let (wanted, result) = signature(of: callee) else { return .type(.any) }
        if notesComparisons { note(callee, shapes, span) }
        if let output { shapes.append(output) }
        for (position, shape) in shapes.enumerated() {
            let type = position < wanted.count ? wanted[position] : result
            if type.isAny, case .type = shape { continue }
            guard !locals.admit(shape, type) else { continue }
            if !shapes.contains(where: \.isRefused) || mistakes.count == count {
                refuseOperands(
                    of: callee, shapes, at: position, wanted, output == nil ? nil : result, span)
            }
            return .refused
        }
        return .type(result)
    }

    private mutating func note(_ callee: Callee, _ sides: [Shape], _ span: ResolvedSpan) {
        guard case .builtin(let name) = callee, TypedComparison.names.contains(name),
            sides.count == 2, let left = locals.type(of: sides[0]),
            let right = locals.type(of: sides[1]), !left.agrees(with: right)
        else { return }
        comparisons.append(
            TypedComparison(
                module: Int(span.file), span: span.span, left: left.description,
                right: right.description))
    }

    /// `nil` where it is not known.
    private mutating func signature(
        of callee: Callee
    ) -> (operands: [RegoType], result: RegoType)? {
        switch callee {
        case .builtin(let name):
            if let known = signatures[name] { return known }
            guard let row = builtins[name] else { return nil }
            let signature = (
                operands: row.arguments.map { RegoType($0) }, result: RegoType(row.result))
            signatures[name] = signature
            return signature
        case .function(let path):
            guard let node = exports.find(path), let type = ruleTypes[node],
                case .function(let operands, let result) = type.kind
            else { return nil }
            return (operands, result)
        }
    }
}

extension Shape {
    var isRefused: Bool { if case .refused = self { true } else { false } }
}
