import RegoMachine
import RegoSyntax

/// Emits the statements of one function or query.
///
/// There is a cursor: statements go to the innermost open block. Planning an iteration opens a
/// block that stays open for what follows in the same body; `nested` closes what its body opened.
final class FunctionPlanner {
    let planner: Planner
    var environment: Int
    let locals: LocalTable
    /// What each variable that is bound here stands for.
    var bound: [LocalID: IROperand] = [:]
    var open: [OpenBlock] = []
    private(set) var nextLocal: IRLocal
    var location = IRLocation.none

    struct OpenBlock {
        var statements: [IRStatement] = []
        var opener: Opener
        var location: IRLocation
    }

    enum Opener {
        case nested
        case scan(IRLocal, key: IRLocal, value: IRLocal)
        case with(IRLocal, path: [Int32], value: IROperand)
    }

    static let input = IROperand.local(0)
    static let data = IROperand.local(1)

    /// - Parameter firstLocal: The first number that is free: `input`, `data` and the operands come
    ///   before it.
    init(_ planner: Planner, locals: LocalTable, environment: Int, firstLocal: IRLocal = 2) {
        self.planner = planner
        self.locals = locals
        self.environment = environment
        nextLocal = firstLocal
    }

    func newLocal() -> IRLocal {
        nextLocal += 1
        return nextLocal - 1
    }

    func emit(_ kind: IRStatement.Kind, keys: [IROperand] = []) {
        open[open.count - 1].statements.append(IRStatement(kind, location, keys: keys))
    }

    /// The block that `body` plans, variables bound in it forgotten.
    func nested(_ body: () -> Void) -> IRBlock {
        let outer = bound
        let depth = open.count
        open.append(OpenBlock(opener: .nested, location: location))
        body()
        close(to: depth + 1)
        bound = outer
        return IRBlock(open.removeLast().statements)
    }

    /// A block of its own in the current one: undefined inside it ends only it.
    func block(_ body: () -> Void) {
        let made = nested(body)
        emit(.block([made]))
    }

    /// Closes iterations and `with` statements until `depth` blocks are open.
    func close(to depth: Int) {
        while open.count > depth {
            let closed = open.removeLast()
            let block = IRBlock(closed.statements)
            let kind: IRStatement.Kind =
                switch closed.opener {
                case .nested: .block([block])
                case .scan(let source, let key, let value):
                    .scan(source, key: key, value: value, block)
                case .with(let local, let path, let value):
                    .with(local, path: path, value: value, block)
                }
            open[open.count - 1].statements.append(IRStatement(kind, closed.location))
        }
    }

    /// Iterates: what follows in this body is planned once for each entry.
    func scan(_ source: IROperand) -> (key: IROperand, value: IROperand) {
        let key = newLocal()
        let value = newLocal()
        let from = local(source)
        if open.count > Planner.openMax {
            planner.refuseNesting(at: location)
            return (.boolean(false), .boolean(false))
        }
        open.append(OpenBlock(opener: .scan(from, key: key, value: value), location: location))
        return (.local(key), .local(value))
    }

    /// A local with the operand's value.
    func local(_ operand: IROperand) -> IRLocal {
        if case .local(let local) = operand { return local }
        let made = newLocal()
        emit(.assignVar(operand, target: made))
        return made
    }

    func bind(_ variable: LocalID, _ operand: IROperand) {
        // `input` and `data` mean something else inside a `with`.
        if operand == FunctionPlanner.input || operand == FunctionPlanner.data {
            let copy = newLocal()
            emit(.assignVar(operand, target: copy))
            bound[variable] = .local(copy)
        } else {
            bound[variable] = operand
        }
    }

    func number(_ value: Int64) -> IROperand {
        let made = newLocal()
        emit(.makeNumberInt(value, target: made))
        return .local(made)
    }

    func string(_ text: String) -> IROperand { .string(planner.string(text)) }

    /// Tells the host that a place is reached, where the policy is instrumented.
    func mark(_ span: ResolvedSpan) {
        if planner.marks != .none { tell(.expression, at: span) }
    }

    /// Tells the host that a rule or an `else` has its value, or computes it now.
    func mark(_ span: ResolvedSpan, value: ResolvedTerm) {
        let event: Mark.Event = value.constant == nil ? .expression : .value
        if planner.marks != .none { tell(event, at: span) }
    }

    /// Tells the host that an expression has a solution, where the policy is profiled.
    func markSolution(_ span: ResolvedSpan) {
        if planner.marks == .solved { tell(.solution, at: span) }
    }

    private func tell(_ event: Mark.Event, at span: ResolvedSpan) {
        let mark = number(Mark(place: Mark.Place(span), event: event).number)
        emit(.call("internal.reached", [mark], result: newLocal()))
    }

    func at(_ span: ResolvedSpan) {
        location = IRLocation(
            file: span.file, row: span.span.row, column: span.span.column)
    }
}

extension FunctionPlanner {
    /// A local that is defined once any of `alternatives` was; the first that is wins.
    func firstDefined(_ alternatives: [() -> IROperand]) -> IROperand {
        let target = newLocal()
        emit(.resetLocal(target))
        for (number, alternative) in alternatives.enumerated() {
            block {
                if number > 0 { emit(.isUndefined(target)) }
                emit(.assignVar(alternative(), target: target))
            }
        }
        emit(.isDefined(target))
        return .local(target)
    }

    /// The row of a query's answer.
    func answer(_ query: ResolvedQuery) {
        let values = query.expressions.map { term($0.value) }
        let variables = query.variables.map { ($0.name, bound[$0.local] ?? .boolean(true)) }
        let bindings = newLocal()
        emit(.makeObject(target: bindings))
        for (name, value) in variables {
            emit(.objectInsert(key: string(name), value, object: bindings))
        }
        let expressions = newLocal()
        emit(.makeArray(capacity: Int32(values.count), target: expressions))
        for value in values { emit(.arrayAppend(value, array: expressions)) }
        let row = newLocal()
        emit(.makeArray(capacity: 2, target: row))
        emit(.arrayAppend(.local(bindings), array: row))
        emit(.arrayAppend(.local(expressions), array: row))
        emit(.resultSetAdd(row))
    }
}
