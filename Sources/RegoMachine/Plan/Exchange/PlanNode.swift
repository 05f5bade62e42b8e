/// Why a `plan.json` cannot be used: one clause that begins with the place in the text.
public struct PlanError: Error, Sendable, Equatable {
    public let clause: String

    public init(_ clause: String) { self.clause = clause }

    func at(_ place: String) -> PlanError { PlanError("\(place): \(clause)") }
}

/// An object of a `plan.json`, whose members are read strictly.
struct PlanNode {
    private let value: Value
    private let arena: Arena

    init(_ value: Value, _ arena: Arena) throws(PlanError) {
        guard value.kind == .object else { throw PlanError("an object is wanted") }
        self.value = value
        self.arena = arena
    }

    /// `undefined` where there is none, or null.
    private func member(_ name: String) -> Value {
        guard let key = try? Value.string(name, in: arena) else { return .undefined }
        let found = value.element(key, arena: arena)
        return found.kind == .null ? .undefined : found
    }

    func node(_ name: String) throws(PlanError) -> PlanNode {
        do throws(PlanError) {
            return try PlanNode(member(name), arena)
        } catch { throw error.at(name) }
    }

    /// Absent: no elements.
    func list<Element>(
        _ name: String, _ read: (Value) throws(PlanError) -> Element
    ) throws(PlanError) -> [Element] {
        let list = member(name)
        if list.isUndefined { return [] }
        guard list.kind == .array else { throw PlanError("\(name): an array is wanted") }
        var found: [Element] = []
        for (position, element) in list.elements.enumerated() {
            do throws(PlanError) {
                found.append(try read(element))
            } catch { throw error.at("\(name)[\(position)]") }
        }
        return found
    }

    func nodes<Element>(
        _ name: String, _ read: (PlanNode) throws(PlanError) -> Element
    ) throws(PlanError) -> [Element] {
        try list(name) { (element) throws(PlanError) in try read(PlanNode(element, arena)) }
    }

    func text(_ name: String) throws(PlanError) -> String {
        guard let text = member(name).string else { throw PlanError("\(name): a string is wanted") }
        return text
    }

    func strings(_ name: String) throws(PlanError) -> [String] {
        try list(name) { (element) throws(PlanError) in
            guard let text = element.string else { throw PlanError("a string is wanted") }
            return text
        }
    }

    func integer(_ name: String) throws(PlanError) -> Int64 {
        guard let number = member(name).integer else {
            throw PlanError("\(name): an integer is wanted")
        }
        return number
    }

    /// A number of 32 bits that is not negative, such as a local or an index.
    func number(_ name: String) throws(PlanError) -> Int32 {
        guard let number = Int32(exactly: try integer(name)), number >= 0 else {
            throw PlanError("\(name): out of range")
        }
        return number
    }

    func numbers(_ name: String) throws(PlanError) -> [Int32] {
        try list(name) { (element) throws(PlanError) in
            guard let number = element.integer.flatMap({ Int32(exactly: $0) }), number >= 0 else {
                throw PlanError("an integer from 0 on is wanted")
            }
            return number
        }
    }

    func operand(_ name: String) throws(PlanError) -> IROperand {
        try node(name).operand()
    }

    func operand() throws(PlanError) -> IROperand {
        switch try text("type") {
        case "local": return .local(try number("value"))
        case "string_index": return .string(try number("value"))
        case "bool":
            guard let flag = member("value").boolean else {
                throw PlanError("value: a boolean is wanted")
            }
            return .boolean(flag)
        case let type: throw PlanError("unknown type of operand: \(type)")
        }
    }

    /// Where a statement comes from; nowhere, where the numbers make no sense.
    func location() -> IRLocation {
        let numbers = ["file", "row", "col"].map { name in
            member(name).integer.flatMap { Int32(exactly: $0) }
        }
        guard let file = numbers[0], let row = numbers[1], let column = numbers[2] else {
            return .none
        }
        return IRLocation(file: file, row: row, column: column)
    }
}
