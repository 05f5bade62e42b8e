public import RegoMachine

/// JSON Schemas by their names, for the type checker: what `-s` of OPA's commands names.
///
/// The schema at no path is that of `input`; the others are for `schemas` of annotations, such as
/// `input: schema.request` or `data.acl: schema["acl-schema"]`.
/// - Source: OPA documentation, "Type checking".
public struct SchemaSet: Sendable {
    private(set) var terms: [[String]: ResolvedTerm] = [:]

    public init() {}

    public var isEmpty: Bool { terms.isEmpty }

    /// - Parameter path: Of names, without `schema`; empty: the schema of `input`.
    /// - Throws: one clause: what is no schema, or has references that lead out of it.
    public mutating func add(_ schema: Document, at path: [String]) throws(Mistake) {
        let arena = Arena.make(bytesMax: 1 << 26)
        defer { arena.destroy() }
        let term = schema.withRoot { ResolvedTerm($0, arena) }
        do throws(SchemaTypes.Mistake) {
            _ = try SchemaTypes.type(of: term)
        } catch {
            throw Mistake(clause: error.clause)
        }
        terms[path] = term
    }

    /// Why a document is no schema.
    public struct Mistake: Error, Sendable {
        public let clause: String
    }
}
