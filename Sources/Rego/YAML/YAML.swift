public import RegoMachine

/// YAML as OPA reads and writes it: to and from what JSON can say.
///
/// Scalars mean what YAML 1.1 makes of them (`yes` and `on` are true), numbers keep their digits,
/// keys become strings, the last of equal keys counts, and a text's first document is all of it.
/// Aliases share the value they name, so that they cost no memory; how much a document would be
/// when written out is bounded all the same.
/// - Source: sigs.k8s.io/yaml, which OPA uses; YAML 1.1, chapters 9 and 10.
public enum YAML {
    /// The value of a text's first document; null for an empty text.
    /// - Parameter text: Copied; it need not outlive the value.
    public static func value(
        _ text: Bytes, in arena: Arena, limits: Limits
    ) throws(YAMLError) -> Value {
        let reader = try YAMLReader(text, arena, limits)
        return try reader.document()
    }

    /// A text's first document as JSON; `null` for an empty text.
    public static func json(
        _ text: [UInt8], limits: Limits = Limits()
    ) throws(YAMLError) -> [UInt8] {
        let arena = Arena.make(bytesMax: limits.memoryBytes)
        defer { arena.destroy() }
        do {
            let bytes = try Value.string(text, in: arena).bytes
            var written = try TextBuilder(in: arena)
            try JSONWriter.write(try value(bytes, in: arena, limits: limits), to: &written)
            return Array(written.bytes)
        } catch let failure as YAMLError {
            throw failure
        } catch {
            throw YAMLError("document too large")
        }
    }

    /// Appends a value as block YAML; keys in the order of people, `a2` before `a10`.
    /// - Parameter charge: Called for each value written; it throws to end the writing.
    public static func write(
        _ value: Value, to text: inout TextBuilder,
        charge: (Int) throws(BuiltinError) -> Void = { _ in }
    ) throws(BuiltinError) {
        let writer = try YAMLWriter()
        try writer.write(value, charge)
        try text.append(writer.output)
    }
}

/// Why a text is no YAML, or none that JSON could say.
public struct YAMLError: Error, Sendable, Hashable {
    /// OPA's text, such as `yaml: line 1: did not find expected ',' or ']'`.
    public var message: String

    init(_ message: String) { self.message = "yaml: " + message }
}
