extension BuiltinContext {
    /// What `answer` gave for equal operands earlier in this query, or what it gives now.
    func once(
        _ name: String, _ operands: Operands, _ answer: () throws(BuiltinError) -> Value
    ) throws(BuiltinError) -> Value {
        var key = try TextBuilder(in: arena)
        let values = (0..<operands.count).map { operands[$0] }
        try key.append(name)
        try JSONWriter.write(.array(values, in: arena), to: &key)
        let text = key.bytes.string
        if let recorded = recorded[text] { return recorded }
        let value = try answer()
        record(text, value)
        return value
    }

    /// Keeps an answer for the rest of this query.
    package func record(_ key: String, _ value: Value) {
        recorded[key] = value
        arena.noteEscape()
    }
}

extension BuiltinCache {
    /// Where families of this room keep what they cache; 8 and above are those of `Rego`.
    enum Slot {
        static let globs = 0
        static let zones = 1
    }
}
