extension Document {
    /// `{}`.
    public static let empty = Document(root: frozenEmptyObject, segments: [emptySegment])

    private static let emptySegment = Segment(Arena.make(bytesMax: 1 << 16))
    private static let frozenEmptyObject: Value = {
        guard var root = try? Value.object(in: emptySegment.arena) else { return .null }
        root.freeze(emptySegment.arena)
        return root
    }()

    /// - Parameter limits: `nesting` and `memoryBytes` bound what is read; so does
    ///   `Limits.numberDigits`.
    /// - Throws: `JSONError` for bytes that are no JSON document, or one that is too large.
    public static func parse(
        json: some RandomAccessCollection<UInt8>, limits: Limits = .init()
    ) throws(JSONError) -> Document {
        let segment = Segment(Arena.make(bytesMax: limits.memoryBytes))
        let text: Value
        do throws(BuiltinError) {
            text = try Value.string(json, in: segment.arena)
        } catch { throw JSONError(message: "document too large", offset: 0) }
        var root = unsafe try JSONReader.value(text.bytes, in: segment.arena, limits: limits)
        segment.arena.trimScratch()
        root.freeze(segment.arena)
        return Document(root: root, segments: [segment])
    }

    /// The document of a value that an evaluation made, copied out of its arena.
    /// - Returns: `nil` where it takes more than `limits.memoryBytes`.
    public static func copy(of value: Value, limits: Limits = .init()) -> Document? {
        let segment = Segment(Arena.make(bytesMax: limits.memoryBytes))
        guard var root = try? value.deepCopied(in: segment.arena) else { return nil }
        root.freeze(segment.arena)
        return Document(root: root, segments: [segment])
    }

    /// The JSON of what stands at a path of keys (array positions in decimal), or `nil`.
    public func json(at path: [String]) -> [UInt8]? {
        let scratch = Arena.make(bytesMax: .max / 2)
        defer { scratch.destroy() }
        let value = value(at: path, scratch)
        guard !value.isUndefined, var text = try? TextBuilder(in: scratch, capacity: 4096),
            (try? JSONWriter.write(value, to: &text)) != nil
        else { return nil }
        return Array(text.bytes)
    }

    /// Whether anything stands at a path.
    public func holdsValue(at path: [String]) -> Bool {
        let scratch = Arena.make(bytesMax: 1 << 20)
        defer { scratch.destroy() }
        return !value(at: path, scratch).isUndefined
    }

    func value(at path: [String], _ scratch: Arena) -> Value {
        var value = root
        for key in path {
            value = value.child(key, scratch)
            if value.isUndefined { break }
        }
        return value
    }

    /// The document with `value` at `path`; objects on the way are made where there are none.
    /// - Returns: `nil` where something on the way is no object (or array, with a position).
    public func setting(_ path: [String], to value: Document) -> Document? {
        changed(retaining: value) { root, arena throws(BuiltinError) in
            try root.setting(path[...], to: value.root, arena)
        }
    }

    /// The document without what stands at `path`, or `nil` where nothing does.
    public func removing(_ path: [String]) -> Document? {
        if path.isEmpty { return .empty }
        return changed(retaining: nil) { root, arena throws(BuiltinError) in
            try root.removing(path[...], arena)
        }
    }

    /// This document with another's keys laid into it, deep; a conflict where both have a value at
    /// a path and one of them is no object.
    public func merging(_ other: Document) -> Result<Document, MergeConflict> {
        if let path = root.conflict(with: other.root) {
            return .failure(MergeConflict(path: path))
        }
        let merged = changed(retaining: other) { root, arena throws(BuiltinError) in
            try root.merging(other.root, arena)
        }
        return merged.map { .success($0) } ?? .failure(MergeConflict(path: []))
    }

    public struct MergeConflict: Error, Sendable {
        public let path: [String]
    }

    /// A document whose changed spine stands in a segment of its own; the rest is shared.
    private func changed(
        retaining other: Document?,
        _ change: (Value, Arena) throws(BuiltinError) -> Value
    ) -> Document? {
        let segment = Segment(Arena.make(bytesMax: .max / 2))
        guard var root = try? change(root, segment.arena), !root.isUndefined else { return nil }
        root.freeze(segment.arena)
        let kept = segments + (other?.segments ?? []) + [segment]
        let document = Document(root: root, segments: kept)
        if kept.count < Document.segmentsMax { return document }
        var whole = Limits()
        whole.memoryBytes = .max / 2
        return Document.copy(of: document.root, limits: whole)
    }
}

extension Value {
    fileprivate func child(_ key: String, _ scratch: Arena) -> Value {
        switch kind {
        case .object:
            guard let name = try? Value.string(key, in: scratch) else { return .undefined }
            return element(name, arena: scratch)
        case .array:
            guard let position = Int64(key), position >= 0 else { return .undefined }
            return element(.integer(position), arena: scratch)
        default: return .undefined
        }
    }

    /// `undefined` where the path cannot be made.
    fileprivate func setting(
        _ path: ArraySlice<String>, to value: Value, _ arena: Arena
    ) throws(BuiltinError) -> Value {
        guard let key = path.first else { return value }
        let rest = path.dropFirst()
        switch kind {
        case .object:
            let old = child(key, arena)
            let base = old.isUndefined ? try Value.object(in: arena) : old
            let new = try base.setting(rest, to: value, arena)
            if new.isUndefined { return new }
            let copy = try copied(in: arena)
            try copy.insert(try .string(key, in: arena), new, in: arena)
            return copy
        case .array:
            let old = child(key, arena)
            let isAppended = rest.isEmpty && (key == "-" || Int(key) == elements.count)
            if old.isUndefined && !isAppended { return .undefined }
            let new = isAppended ? value : try old.setting(rest, to: value, arena)
            if new.isUndefined { return new }
            var changed = Array(elements)
            if isAppended { changed.append(new) } else { changed[Int(key) ?? 0] = new }
            return try .array(changed, in: arena)
        default: return .undefined
        }
    }

    fileprivate func removing(
        _ path: ArraySlice<String>, _ arena: Arena
    ) throws(BuiltinError) -> Value {
        guard let key = path.first else { return .undefined }
        let old = child(key, arena)
        if old.isUndefined { return .undefined }
        let new = path.count == 1 ? Value.undefined : try old.removing(path.dropFirst(), arena)
        if new.isUndefined && path.count > 1 { return .undefined }
        if kind == .array {
            var changed = Array(elements)
            if path.count == 1 {
                changed.remove(at: Int(key) ?? 0)
            } else {
                changed[Int(key) ?? 0] = new
            }
            return try .array(changed, in: arena)
        }
        let name = try Value.string(key, in: arena)
        let copy = try Value.object(capacity: entries.count, in: arena)
        for (other, value) in entries where other != name {
            try copy.insert(other, value, in: arena)
        }
        if !new.isUndefined { try copy.insert(name, new, in: arena) }
        return copy
    }

    fileprivate func conflict(with other: Value) -> [String]? {
        guard kind == .object, other.kind == .object else { return [] }
        let scratch = Arena.make(bytesMax: .max / 2)
        defer { scratch.destroy() }
        for (key, value) in other.entries {
            let mine = element(key, arena: scratch)
            if !mine.isUndefined, let path = mine.conflict(with: value) {
                return [key.string ?? ""] + path
            }
        }
        return nil
    }

    fileprivate func merging(_ other: Value, _ arena: Arena) throws(BuiltinError) -> Value {
        guard kind == .object, other.kind == .object else { return other }
        let merged = try copied(in: arena)
        for (key, value) in other.entries {
            let mine = element(key, arena: arena)
            try merged.insert(
                key, mine.isUndefined ? value : try mine.merging(value, arena), in: arena)
        }
        return merged
    }

    /// The value with all of its memory in `arena`.
    public func deepCopied(in arena: Arena) throws(BuiltinError) -> Value {
        switch kind {
        case .undefined, .null, .boolean, .integer: return self
        case .decimal: return try .decimal(bytes, in: arena)
        case .string: return try .string(bytes, in: arena)
        case .array:
            var copies: [Value] = []
            copies.reserveCapacity(elements.count)
            for element in elements { copies.append(try element.deepCopied(in: arena)) }
            return try .array(copies, in: arena)
        case .set:
            let copy = try Value.set(capacity: members.count, in: arena)
            for member in members { try copy.insert(try member.deepCopied(in: arena), in: arena) }
            return copy
        case .object:
            let copy = try Value.object(capacity: entries.count, in: arena)
            for (key, value) in entries {
                try copy.insert(
                    try key.deepCopied(in: arena), try value.deepCopied(in: arena), in: arena)
            }
            return copy
        }
    }
}

/// Why bytes are no JSON document.
public struct JSONError: Error, Sendable, Hashable {
    /// One lower-case clause.
    public var message: String
    /// Bytes from the start.
    public var offset: Int

    public init(message: String, offset: Int) {
        self.message = message
        self.offset = offset
    }
}
