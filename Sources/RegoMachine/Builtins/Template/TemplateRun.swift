/// Carries out a template's tree.
/// - Source: Go's `text/template`, `exec.go`.
struct TemplateRun {
    private let definitions: [String: [TemplateNode]]
    private let context: BuiltinContext
    private(set) var output: TextBuilder
    private var dot: TemplateValue
    private var variables: [(name: String, value: TemplateValue)]
    private var depth = 0

    /// Templates that invoke each other.
    private static let depthMax = 100

    /// How a list of nodes ended.
    private enum Flow { case on, leave, next }

    init(
        _ definitions: [String: [TemplateNode]], root: Value, _ context: BuiltinContext
    ) throws(BuiltinError) {
        self.definitions = definitions
        self.context = context
        output = try TextBuilder(in: context.arena, capacity: 256)
        dot = TemplateValue(root)
        variables = [("$", dot)]
    }

    mutating func execute(_ nodes: [TemplateNode]) throws(BuiltinError) {
        _ = try walk(nodes)
    }

    private func failure(_ reason: String) -> BuiltinError {
        .failed("template: template: executing \"template\": \(reason)")
    }

    private mutating func walk(_ nodes: [TemplateNode]) throws(BuiltinError) -> Flow {
        for node in nodes {
            try context.charge(1)
            switch node {
            case .text(let text): try output.append(text)
            case .action(let pipeline):
                let value = try value(of: pipeline)
                if pipeline.variables.isEmpty { try output.append(template: value) }
            case .branch(let branch):
                let flow = try walk(branch)
                if flow != .on { return flow }
            case .invoke(let name, let argument): try invoke(name, argument)
            case .leave: return .leave
            case .next: return .next
            }
        }
        return .on
    }

    private mutating func walk(_ branch: TemplateNode.Branch) throws(BuiltinError) -> Flow {
        let (inSight, outer) = (variables.count, dot)
        defer {
            variables.removeSubrange(inSight...)
            dot = outer
        }
        if branch.kind == .range { return try loop(branch) }
        let value = try value(of: branch.condition)
        guard value.isTrue else { return try walk(branch.alternative) }
        if branch.kind == .with { dot = value }
        return try walk(branch.body)
    }

    private mutating func invoke(
        _ name: String, _ argument: TemplatePipeline?
    ) throws(BuiltinError) {
        guard let body = definitions[name] else {
            throw failure("template \"\(name)\" not defined")
        }
        guard depth < TemplateRun.depthMax else {
            throw failure("exceeded maximum template depth (\(TemplateRun.depthMax))")
        }
        var inner = TemplateValue.missing
        if let argument { inner = try value(of: argument) }
        let outer = (dot, variables)
        (dot, variables) = (inner, [("$", inner)])
        depth += 1
        _ = try walk(body)
        depth -= 1
        (dot, variables) = outer
    }
}

extension TemplateRun {
    private mutating func loop(_ branch: TemplateNode.Branch) throws(BuiltinError) -> Flow {
        var bare = branch.condition
        bare.variables = []
        let subject = try value(of: bare)
        let names = branch.condition.variables
        var count = 0
        switch subject {
        case .missing: break
        case .integer(let number):
            while count < number {
                count += 1
                if try !turn(branch, names, .integer(Int64(count - 1)), nil) { break }
            }
        case .collection(let collection) where collection.kind == .object:
            for entry in collection.entries {
                count += 1
                let (key, value) = (TemplateValue(entry.key), TemplateValue(entry.value))
                if try !turn(branch, names, key, value) { break }
            }
        case .collection(let collection):
            for element in collection.items {
                let value = TemplateValue(element)
                let index = TemplateValue.integer(Int64(count))
                count += 1
                if try !turn(branch, names, index, value) { break }
            }
        default: throw failure("range can't iterate over \(try text(subject))")
        }
        return count == 0 ? try walk(branch.alternative) : .on
    }

    /// One turn of a loop; `false` once it is left.
    private mutating func turn(
        _ branch: TemplateNode.Branch, _ names: [String], _ index: TemplateValue,
        _ element: TemplateValue?
    ) throws(BuiltinError) -> Bool {
        let inSight = variables.count
        defer { variables.removeSubrange(inSight...) }
        try context.charge(1)
        dot = element ?? index
        if names.count == 1 { set(names[0], dot, isNew: !branch.condition.isAssignment) }
        if names.count == 2 {
            set(names[0], index, isNew: !branch.condition.isAssignment)
            set(names[1], dot, isNew: !branch.condition.isAssignment)
        }
        return try walk(branch.body) != .leave
    }

    private mutating func set(_ name: String, _ value: TemplateValue, isNew: Bool) {
        if !isNew, let position = variables.lastIndex(where: { $0.name == name }) {
            variables[position].value = value
        } else {
            variables.append((name, value))
        }
    }
}

extension TemplateRun {
    private mutating func value(
        of pipeline: TemplatePipeline
    ) throws(BuiltinError) -> TemplateValue {
        var value: TemplateValue?
        for command in pipeline.commands { value = try result(of: command, last: value) }
        let result = value ?? .missing
        for name in pipeline.variables { set(name, result, isNew: !pipeline.isAssignment) }
        return result
    }

    /// - Parameter last: What the command before gives, the last operand of this one.
    private mutating func result(
        of command: [TemplateOperand], last: TemplateValue?
    ) throws(BuiltinError) -> TemplateValue {
        try context.charge(1)
        guard case .function(let name) = command[0] else {
            if command.count > 1 || last != nil {
                throw failure("can't give argument to non-function")
            }
            return try evaluate(command[0])
        }
        if name == "and" || name == "or" {
            return try shortCircuit(command, last, stopsAt: name == "or")
        }
        var operands: [TemplateValue] = []
        for operand in command.dropFirst() { operands.append(try evaluate(operand)) }
        if let last { operands.append(last) }
        do throws(BuiltinError) {
            return try TemplateFunctions.call(name, operands, context)
        } catch {
            guard case .failed(let reason) = error else { throw error }
            throw failure("error calling \(name): \(reason)")
        }
    }

    /// `and` gives the first empty operand, `or` the first other one, or else the last.
    private mutating func shortCircuit(
        _ command: [TemplateOperand], _ last: TemplateValue?, stopsAt truth: Bool
    ) throws(BuiltinError) -> TemplateValue {
        var value: TemplateValue?
        for operand in command.dropFirst() {
            let next = try evaluate(operand)
            if next.isTrue == truth { return next }
            value = next
        }
        guard let result = last ?? value else {
            throw failure("wrong number of args for \(truth ? "or" : "and"): want at least 1 got 0")
        }
        return result
    }

    private mutating func evaluate(
        _ operand: TemplateOperand
    ) throws(BuiltinError) -> TemplateValue {
        switch operand {
        case .dot: return dot
        case .literal(let value): return value
        case .fields(let fields): return try follow(dot, fields)
        case .variable(let name, let fields):
            let value = variables.last { $0.name == name }?.value ?? .missing
            return try follow(value, fields)
        case .function: return try result(of: [operand], last: nil)
        case .pipeline(let pipeline, let fields):
            let inSight = variables.count
            let value = try value(of: pipeline)
            variables.removeSubrange(inSight...)
            return try follow(value, fields)
        }
    }

    private func follow(
        _ start: TemplateValue, _ fields: [String]
    ) throws(BuiltinError) -> TemplateValue {
        var value = start
        for field in fields {
            switch value {
            case .missing: throw failure("nil data; no entry for key \"\(field)\"")
            case .collection(let object) where object.kind == .object:
                let key = try Value.string(field, in: context.arena)
                value = TemplateValue(object.element(key, arena: context.arena))
            default:
                throw failure("can't evaluate field \(field) in \(try text(value))")
            }
        }
        return value
    }

    private func text(_ value: TemplateValue) throws(BuiltinError) -> String {
        var text = try TextBuilder(in: context.arena)
        try text.append(template: value)
        return text.bytes.prefix(40).elementsEqual(text.bytes)
            ? text.bytes.string : "a value of \(text.bytes.count) bytes"
    }
}
