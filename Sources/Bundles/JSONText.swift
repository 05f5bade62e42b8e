import RegoMachine

enum JSONText {
    /// A string as JSON.
    static func quoted(_ text: String) -> String {
        let arena = Arena.make(bytesMax: 1 << 24)
        defer { arena.destroy() }
        guard let value = try? Value.string(text, in: arena),
            var json = try? TextBuilder(in: arena),
            (try? JSONWriter.write(value, to: &json)) != nil
        else { return "\"\"" }
        return json.bytes.string
    }
}
