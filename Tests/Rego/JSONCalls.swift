import Testing

@testable import Rego
@testable import RegoMachine

/// Calls one row as the machine does, in an arena of its own; operands and results are JSON.
struct JSONCalls {
    let rows: [Builtin]
    var host = Host(
        now: { 1_510_000_289_500_000_000 }, monotonic: { 0 },
        randomBytes: { count in (0..<count).map { UInt8(truncatingIfNeeded: $0) } },
        timeZone: { _ in nil }, lookUp: { _ in .failure("no network") }, print: { _ in })
    var limits = Limits()

    func callAsFunction(_ name: String, _ operands: String...) throws -> String {
        let arena = Arena.make(bytesMax: limits.memoryBytes)
        defer { arena.destroy() }
        let context = BuiltinContext(arena: arena, host: host, limits: limits)
        context.begin()
        let row = try #require(rows.first { $0.name == name })
        // One more than needed, so that there is an address for no operands too.
        let values = try operands.map { try value($0, arena) } + [.undefined]
        let result = try unsafe values.withUnsafeBufferPointer { buffer in
            let start = try unsafe #require(buffer.baseAddress)
            return try row.run(unsafe Operands(start: start, count: operands.count), context)
        }
        if result.isUndefined { return "undefined" }
        var text = try TextBuilder(in: arena)
        try JSONWriter.write(result, to: &text)
        return text.bytes.string
    }

    private func value(_ json: String, _ arena: Arena) throws -> RegoMachine.Value {
        let bytes = try RegoMachine.Value.string(json, in: arena).bytes
        return unsafe try JSONReader.value(bytes, in: arena, limits: limits)
    }
}

/// The JSON of a text.
func quoted(_ text: String) -> String {
    let arena = Arena.make(bytesMax: 1 << 24)
    defer { arena.destroy() }
    guard let value = try? RegoMachine.Value.string(text, in: arena),
        var json = try? TextBuilder(in: arena),
        (try? JSONWriter.write(value, to: &json)) != nil
    else { return "null" }
    return json.bytes.string
}
