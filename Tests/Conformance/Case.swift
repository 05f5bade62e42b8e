import RegoMachine
import RegoSyntax

/// One case of OPA's suite, as `conformance/eval` has it: one JSON object a line.
struct Case {
    /// Notes repeat; the file and the position in it name a case.
    let file: String
    let index: Int
    let note: String
    let query: String
    let modules: [String]
    let version: LanguageVersion
    /// JSON texts, their numbers as they were written.
    let data: [UInt8]?
    let input: [UInt8]?
    /// A ground Rego term that is the input instead.
    let inputTerm: String?
    /// The JSON array of expected bindings; empty: undefined.
    let wantResult: [UInt8]?
    let wantError: String?
    let wantErrorCode: String?
    let isStrict: Bool
    /// The values of actual bindings are arrays whose order means nothing.
    let sortsBindings: Bool
    let ignoresGeneratedVariables: Bool

    var id: String { "\(file) \(index)" }

    /// - Parameter folder: `v0` or `v1`: which Rego the modules are written in.
    init(line: Substring, folder: String) throws {
        let arena = Arena.make(bytesMax: 1 << 28)
        defer { arena.destroy() }
        try self.init(Record(json: Array(line.utf8), in: arena), folder: folder)
    }

    init(_ record: Record, folder: String) throws {
        file = try record.text("file") ?? ""
        index = try Int(record["index"].integer ?? -1)
        note = try record.text("note") ?? ""
        query = try record.text("query") ?? ""
        let sources = try record["modules"]
        modules = sources.kind == .array ? sources.elements.compactMap(\.string) : []
        version = folder == "v0" ? .v0 : .v1
        data = try record.json("data")
        input = try record.json("input")
        inputTerm = try record.text("input_term")
        wantResult = try record.json("want_result")
        wantError = try record.text("want_error")
        wantErrorCode = try record.text("want_error_code")
        isStrict = try record["strict_error"].isTrue
        sortsBindings = try record["sort_bindings"].isTrue
        ignoresGeneratedVariables = try record["ignore_generated_vars"].isTrue
    }
}

/// A JSON object, by its keys.
struct Record {
    let value: Value
    let arena: Arena

    init(value: Value, arena: Arena) {
        self.value = value
        self.arena = arena
    }

    init(json: [UInt8], in arena: Arena) throws {
        value = try Value.parsing(json, in: arena)
        self.arena = arena
    }

    subscript(key: String) -> Value {
        get throws { value.element(try Value.string(key, in: arena), arena: arena) }
    }

    func text(_ key: String) throws -> String? { try self[key].string }

    func json(_ key: String) throws -> [UInt8]? {
        let found = try self[key]
        guard !found.isUndefined else { return nil }
        var text = try TextBuilder(in: arena)
        try JSONWriter.write(found, to: &text)
        return Array(text.bytes)
    }
}

extension Value {
    /// A value whose memory is the arena's.
    static func parsing(_ json: [UInt8], in arena: Arena) throws -> Value {
        var copy = try TextBuilder(in: arena)
        try copy.append(json)
        return try unsafe JSONReader.value(copy.bytes, in: arena, limits: Limits())
    }
}
