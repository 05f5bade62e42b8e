import RegoMachine
import RegoSyntax

/// Terms: each becomes what is known of it, on as many strands as there are ways to have it.
extension PartialEvaluator {
    func reduce(
        _ written: ResolvedTerm, _ strand: Strand, _ situation: Situation, demand: Demand = .any
    ) throws(EvaluationFailure) -> [Reduced] {
        let term = strand.resolved(written)
        switch term {
        case .null, .boolean, .number, .string, .local: return [Reduced(term: term, strand: strand)]
        case .array(let elements):
            return try reduce(elements, strand, situation).map {
                Reduced(term: .array($0.terms), strand: $0.strand)
            }
        case .set(let members):
            return try reduce(members, strand, situation).map { (found) throws(EvaluationFailure) in
                Reduced(term: try canonical(.set(found.terms)), strand: found.strand)
            }
        case .object(let pairs):
            let parts = pairs.flatMap { [$0.key, $0.value] }
            return try reduce(parts, strand, situation).map { (found) throws(EvaluationFailure) in
                let entries = stride(from: 0, to: found.terms.count, by: 2).map {
                    (key: found.terms[$0], value: found.terms[$0 + 1])
                }
                return Reduced(term: try canonical(.object(entries)), strand: found.strand)
            }
        default: break
        }
        if !reach(situation).touches(term, strand.deferred) {
            return try evaluate(term, strand, situation)
        }
        switch term {
        case .reference(let head, let path):
            return try reference(head, path, strand, situation, demand)
        case .data: return try dataReference([], strand, situation, demand)
        case .call(let callee, let arguments, let span):
            return try call(callee, arguments, span, strand, situation, demand)
        case .arrayComprehension, .setComprehension, .objectComprehension:
            return try comprehension(term, strand, situation)
        default: return [Reduced(term: term, strand: strand)]
        }
    }

    /// Several terms, one after the other.
    func reduce(
        _ terms: [ResolvedTerm], _ strand: Strand, _ situation: Situation
    ) throws(EvaluationFailure) -> [(terms: [ResolvedTerm], strand: Strand)] {
        var ways: [(terms: [ResolvedTerm], strand: Strand)] = [([], strand)]
        for term in terms {
            var next: [(terms: [ResolvedTerm], strand: Strand)] = []
            for way in ways {
                for found in try reduce(term, way.strand, situation) {
                    next.append((way.terms + [found.term], found.strand))
                }
                try check(next)
            }
            ways = next
        }
        return ways.map { way in (way.terms.map { way.strand.resolved($0) }, way.strand) }
    }

    /// What touches nothing unknown.
    private func evaluate(
        _ term: ResolvedTerm, _ strand: Strand, _ situation: Situation
    ) throws(EvaluationFailure) -> [Reduced] {
        if case .reference(let head, let path) = term, head.isGround {
            return try elements(of: head, path[...], strand, situation)
        }
        if !term.directLocals.contains(where: { strand.isUnbound($0) }), !term.walks {
            let value = try known.value(
                term, under: situation.modifiers, at: nowhere, among: locals)
            if let value { try charge(parts: value.size) }
            return value.map { [Reduced(term: $0, strand: strand)] } ?? []
        }
        let local = makeLocal()
        let expression = ResolvedExpression(kind: .unify(.local(local), term), span: nowhere)
        return try evaluate(expression, strand, situation).map {
            Reduced(term: $0.resolved(.local(local)), strand: $0)
        }
    }

    /// A value as the machine has it: members in order, each once.
    private func canonical(_ term: ResolvedTerm) throws(EvaluationFailure) -> ResolvedTerm {
        guard term.isGround, !term.isPlain else { return term }
        return try known.value(term, under: [], at: nowhere, among: locals) ?? term
    }

    // MARK: References

    private func reference(
        _ head: ResolvedTerm, _ path: [ResolvedTerm], _ strand: Strand, _ situation: Situation,
        _ demand: Demand
    ) throws(EvaluationFailure) -> [Reduced] {
        switch head {
        case .input, .local: return try later(head, path, strand, situation)
        case .data: return try dataReference(path, strand, situation, demand)
        default: break
        }
        var all: [Reduced] = []
        for found in try reduce(head, strand, situation) {
            if found.term.isGround {
                all += try elements(of: found.term, path[...], found.strand, situation)
            } else if let part = found.term.part(at: path[0]) {
                all += try continued(
                    Reduced(term: part, strand: found.strand), path.dropFirst(), situation)
            } else if found.term.isReferenceHead {
                all += try later(found.term, path, found.strand, situation)
            } else {
                let local = makeLocal()
                var strand = found.strand
                strand.save(.unify(.local(local), found.term), at: nowhere)
                all += try later(.local(local), path, strand, situation)
            }
        }
        return all
    }

    /// A reference that is read when the residual is evaluated. What is unbound in its path
    /// iterates then.
    func later(
        _ head: ResolvedTerm, _ path: [ResolvedTerm], _ strand: Strand, _ situation: Situation
    ) throws(EvaluationFailure) -> [Reduced] {
        try reduce(path, strand, situation).map { found in
            var strand = found.strand
            for element in found.terms {
                for local in element.directLocals where strand.isUnbound(local) {
                    strand.put(off: local, varies: true)
                }
            }
            return Reduced(term: .joined(head, found.terms), strand: strand)
        }
    }

    /// What stands at a path of a value. A key that is unknown may be any.
    func elements(
        of value: ResolvedTerm, _ path: ArraySlice<ResolvedTerm>, _ strand: Strand,
        _ situation: Situation
    ) throws(EvaluationFailure) -> [Reduced] {
        guard let element = path.first else { return [Reduced(term: value, strand: strand)] }
        let rest = path.dropFirst()
        var all: [Reduced] = []
        for key in try reduce(element, strand, situation) {
            if key.term.isGround {
                guard let found = try self.element(key.term, of: value) else { continue }
                all += try elements(of: found, rest, key.strand, situation)
                continue
            }
            let entries = value.entries
            if key.strand.isFrozen && entries.count > 1 {
                all += try later(value, [key.term] + rest, key.strand, situation)
                continue
            }
            for entry in entries {
                for strand in try match(key.term, entry.key, nowhere, key.strand) {
                    all += try elements(of: entry.value, rest, strand, situation)
                }
                try check(all)
            }
        }
        return all
    }

    private func element(
        _ key: ResolvedTerm, of value: ResolvedTerm
    ) throws(EvaluationFailure) -> ResolvedTerm? {
        if case .array(let elements) = value {
            guard case .number(let text) = key else { return nil }
            if let index = Int(text) {
                return elements.indices.contains(index) ? elements[index] : nil
            }
        }
        for entry in value.entries where try isEqual(entry.key, key, nowhere) { return entry.value }
        return nil
    }

    // MARK: Calls

    private func call(
        _ callee: Callee, _ arguments: [ResolvedTerm], _ span: ResolvedSpan, _ strand: Strand,
        _ situation: Situation, _ demand: Demand
    ) throws(EvaluationFailure) -> [Reduced] {
        var all: [Reduced] = []
        for found in try reduce(arguments, strand, situation) {
            switch situation.mocks[callee] {
            case .value(let term):
                // The operands must have values all the same.
                var strand = found.strand
                for operand in found.terms where !operand.isTotal {
                    strand.save(.unify(.local(makeLocal()), operand), at: span)
                }
                all.append(Reduced(term: term, strand: strand))
            case .callee(let other):
                all += try call(
                    other, reduced: found.terms, span, found.strand, withoutMocks(situation),
                    demand)
            case nil:
                all += try call(
                    callee, reduced: found.terms, span, found.strand, situation, demand)
            }
        }
        return all
    }

    private func call(
        _ callee: Callee, reduced arguments: [ResolvedTerm], _ span: ResolvedSpan,
        _ strand: Strand, _ situation: Situation, _ demand: Demand
    ) throws(EvaluationFailure) -> [Reduced] {
        let term = ResolvedTerm.call(callee, arguments, span)
        if !reach(situation).touches(term, strand.deferred), arguments.allSatisfy(\.isGround) {
            return try evaluate(term, strand, situation)
        }
        switch callee {
        case .builtin("walk"):
            let local = makeLocal()
            var strand = strand
            strand.save(.unify(.local(local), term), at: span)
            return [Reduced(term: .local(local), strand: strand)]
        case .builtin: return [Reduced(term: term, strand: strand)]
        case .function(let path):
            return try function(path, arguments, span, strand, situation, demand)
        }
    }
}

extension ResolvedTerm {
    /// Keys and values, as iteration gives them.
    var entries: [(key: ResolvedTerm, value: ResolvedTerm)] {
        switch self {
        case .array(let elements):
            elements.enumerated().map { (.number(String($0.offset)), $0.element) }
        case .set(let members): members.map { ($0, $0) }
        case .object(let pairs): pairs
        default: []
        }
    }

    /// What a literal that has a value in any case holds at a key that is written in it.
    fileprivate func part(at key: ResolvedTerm) -> ResolvedTerm? {
        guard isTotal else { return nil }
        switch (self, key) {
        case (.array(let elements), .number(let text)):
            return Int(text).flatMap { elements.indices.contains($0) ? elements[$0] : nil }
        case (.object(let pairs), .string):
            guard pairs.allSatisfy({ if case .string = $0.key { true } else { false } }) else {
                return nil
            }
            return pairs.last { $0.key.isSame(as: key) }?.value
        default: return nil
        }
    }

    /// How many values it is made of.
    var size: Int {
        switch self {
        case .array(let elements), .set(let elements): elements.reduce(1) { $0 + $1.size }
        case .object(let pairs): pairs.reduce(1) { $0 + $1.key.size + $1.value.size }
        default: 1
        }
    }

    /// Whether its text says nothing twice: an object whose keys are different strings, and no set
    /// of several.
    fileprivate var isPlain: Bool {
        switch self {
        case .array(let elements): elements.allSatisfy(\.isPlain)
        case .set(let members): members.count < 2 && members.allSatisfy(\.isPlain)
        case .object(let pairs):
            Set(pairs.map { if case .string(let name) = $0.key { name } else { "" } }).count
                == pairs.count && pairs.allSatisfy { $0.value.isPlain }
        default: true
        }
    }

    /// What may be read from in a text.
    fileprivate var isReferenceHead: Bool {
        switch self {
        case .local, .input, .data, .reference: true
        default: false
        }
    }
}
