extension Document {
    /// `{}`.
    public static var empty: Document { preconditionFailure("contract") }

    /// - Parameter limits: `nesting`, `numberDigits` and `memoryBytes` bound what is read.
    public static func parse(
        json: some RandomAccessCollection<UInt8>, limits: Limits = .init()
    ) throws(JSONError) -> Document { preconditionFailure("contract") }

    /// The JSON of what stands at a path of keys (array positions in decimal), or `nil`.
    public func json(at path: [String]) -> [UInt8]? { preconditionFailure("contract") }

    /// The document with `value` at `path`; objects on the way are made where there are none.
    /// - Returns: `nil` where something on the way is no object (or array, with a position).
    public func setting(_ path: [String], to value: Document) -> Document? {
        preconditionFailure("contract")
    }

    /// The document without what stands at `path`, or `nil` where nothing does.
    public func removing(_ path: [String]) -> Document? { preconditionFailure("contract") }

    /// This document with another's keys laid into it, deep; `nil` with the path where both have a
    /// value that is not an object.
    public func merging(_ other: Document) -> Result<Document, MergeConflict> {
        preconditionFailure("contract")
    }

    public struct MergeConflict: Error, Sendable {
        public let path: [String]
    }
}

/// Why bytes are no JSON document.
public struct JSONError: Error, Sendable, Hashable {
    /// One lower-case clause.
    public var message: String
    /// Bytes from the start.
    public var offset: Int
}
