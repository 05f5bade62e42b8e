import Rego
public import RegoMachine

/// One operation of a patch: OPA takes these three of RFC 6902.
public struct DataPatch: Sendable {
    public enum Operation: String, Sendable {
        case add, remove, replace
    }

    public var operation: Operation
    public var path: [String]
    /// `null` where the operation has none.
    public var value: Document

    public init(_ operation: Operation, _ path: [String], _ value: Document) {
        self.operation = operation
        self.path = path
        self.value = value
    }
}

extension LivePolicy {
    /// Sets what stands at a path of `data`; objects on the way are made.
    /// - Parameter onlyIfAbsent: Throws `exists` where something is there already.
    public func put(
        data value: Document, at path: [String], onlyIfAbsent: Bool = false
    ) throws(WriteRefusal) {
        try writeData { (before) throws(WriteRefusal) in
            try before.checkScope(path)
            if onlyIfAbsent && before.data.exists(path) { throw .exists }
            let prepared = try before.data.makingFolders(to: path)
            return try prepared.applying(DataPatch(.add, path, value))
        }
    }

    /// Applies all operations, or none.
    public func patch(data operations: [DataPatch]) throws(WriteRefusal) {
        try writeData { (before) throws(WriteRefusal) in
            var data = before.data
            for operation in operations {
                try before.checkScope(operation.path)
                data = try data.applying(operation)
            }
            return data
        }
    }

    public func delete(data path: [String]) throws(WriteRefusal) {
        try writeData { (before) throws(WriteRefusal) in
            try before.checkScope(path)
            return try before.data.applying(DataPatch(.remove, path, .empty))
        }
    }

    private func writeData(
        _ change: (Revision) throws(WriteRefusal) -> Document
    ) throws(WriteRefusal) {
        try write { (before) throws(WriteRefusal) in
            let data = try change(before)
            let conflicts = before.policy.conflicts(with: data)
            guard conflicts.isEmpty else { throw .conflict(conflicts) }
            return before.with(data: data)
        }
    }
}

/// Where a path of a document leads.
private enum Place {
    case value(Value.Kind, count: Int)
    /// The element at `depth` of the path has nothing, and what it is looked up in is `parent`.
    case missing(depth: Int, parent: Value.Kind, reason: WriteRefusal.Reason)
}

extension Document {
    fileprivate func place(_ path: [String]) -> Place {
        withRoot { root in
            var value = root
            for (depth, element) in path.enumerated() {
                var reason = WriteRefusal.Reason.missing
                guard let next = value.member(element, &reason) else {
                    return .missing(depth: depth, parent: value.kind, reason: reason)
                }
                value = next
            }
            return .value(value.kind, count: value.count ?? 0)
        }
    }

    func exists(_ path: [String]) -> Bool {
        if case .value = place(path) { return true }
        return false
    }

    /// The document with an object at every element of the path but the last.
    fileprivate func makingFolders(to path: [String]) throws(WriteRefusal) -> Document {
        let parent = Array(path.dropLast())
        switch place(parent) {
        case .value(.object, _), .value(.array, _): return self
        case .value: throw .notAnObject(path: parent)
        case .missing(let depth, let kind, _):
            guard kind == .object, let made = setting(parent, to: .empty) else {
                throw .notAnObject(path: Array(parent[..<depth]))
            }
            return made
        }
    }

    fileprivate func applying(_ patch: DataPatch) throws(WriteRefusal) -> Document {
        guard let last = patch.path.last else { return try applyingAtRoot(patch) }
        let parent = Array(patch.path.dropLast())
        switch place(parent) {
        case .missing(_, _, let reason): throw .noDocument(path: patch.path, reason: reason)
        case .value(.object, _):
            guard patch.operation == .add || exists(patch.path) else {
                throw .noDocument(path: patch.path, reason: .missing)
            }
            let changed =
                patch.operation == .remove
                ? removing(patch.path) : setting(patch.path, to: patch.value)
            guard let changed else { throw .notAnObject(path: parent) }
            return changed
        case .value(.array, let count):
            let position = try Document.position(last, patch, count: count)
            return try replacing(array: parent, count: count, at: position, patch)
        case .value: throw .noDocument(path: patch.path, reason: .missing)
        }
    }

    private func applyingAtRoot(_ patch: DataPatch) throws(WriteRefusal) -> Document {
        guard patch.operation != .remove else { throw .root(.cannotBeRemoved) }
        guard patch.value.withRoot({ $0.kind == .object }) else { throw .root(.mustBeObject) }
        return patch.value
    }

    private static func position(
        _ element: String, _ patch: DataPatch, count: Int
    ) throws(WriteRefusal) -> Int {
        if element == "-" && patch.operation == .add { return count }
        guard let position = Int(element) else {
            throw .noDocument(path: patch.path, reason: .noIndex)
        }
        let last = patch.operation == .add ? count : count - 1
        guard position >= 0 && position <= last else {
            throw .noDocument(path: patch.path, reason: .outOfRange)
        }
        return position
    }

    /// Arrays are written anew: `add` moves what follows.
    private func replacing(
        array parent: [String], count: Int, at position: Int, _ patch: DataPatch
    ) throws(WriteRefusal) -> Document {
        var elements = (0..<count).compactMap { json(at: parent + [String($0)]) }
        let value = patch.value.json(at: []) ?? Array("null".utf8)
        switch patch.operation {
        case .add: elements.insert(value, at: position)
        case .replace: elements[position] = value
        case .remove: elements.remove(at: position)
        }
        let text = [UInt8(ascii: "[")] + elements.joined(separator: [UInt8(ascii: ",")])
            + [UInt8(ascii: "]")]
        guard let array = try? Document.parse(json: text), let changed = setting(parent, to: array)
        else { throw .notAnObject(path: parent) }
        return changed
    }
}

extension Value {
    /// What an element of a path leads to; `reason` is set where that is nothing.
    fileprivate func member(_ element: String, _ reason: inout WriteRefusal.Reason) -> Value? {
        switch kind {
        case .object:
            return entry(Array(element.utf8))
        case .array:
            guard let position = Int(element) else {
                reason = .noIndex
                return nil
            }
            guard position >= 0 && position < elements.count else {
                reason = .outOfRange
                return nil
            }
            return elements[position]
        default: return nil
        }
    }
    /// Entries are sorted, and the keys of a document are strings.
    private func entry(_ key: [UInt8]) -> Value? {
        let entries = entries
        var (low, high) = (0, entries.count)
        while low < high {
            let middle = (low + high) / 2
            let found = entries[middle].key.bytes
            if found.elementsEqual(key) { return entries[middle].value }
            if found.lexicographicallyPrecedes(key) { low = middle + 1 } else { high = middle }
        }
        return nil
    }
}
