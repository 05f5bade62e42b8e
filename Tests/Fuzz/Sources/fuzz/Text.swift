import Rego
import RegoMachine
import RegoSyntax

/// Sources of both versions, and queries. What parses is laid out, and what is laid out parses.
func fuzzParser(_ bytes: [UInt8]) {
    let source = Source(name: "fuzz.rego", bytes: bytes)
    for version in [LanguageVersion.v1, .v0] {
        let options = ParserOptions(version: version)
        if case .success = Parser.module(source, options: options) {
            checkLayout(source, version)
        }
        _ = Parser.query(source, options: options)
    }
}

private func checkLayout(_ source: Source, _ version: LanguageVersion) {
    let target: FormatTarget = version == .v0 ? .v0 : .v1
    guard case .success(let text) = Formatter.formatted(source, target: target, version: version)
    else { return }
    let again = Source(name: "formatted.rego", bytes: text)
    if case .failure(let refusal) = Parser.module(again, options: .init(version: version)) {
        fatalError("what was laid out does not parse: \(refusal.all.first.map { "\($0)" } ?? "")")
    }
}

/// A document read, written and read again is the same document. YAML only has to end.
func fuzzJSON(_ bytes: [UInt8]) {
    let arena = Arena.make(bytesMax: 64 << 20)
    defer { arena.destroy() }
    _ = try? YAML.json(bytes)
    guard let first = value(bytes, arena) else { return }
    guard let written = text(first, arena) else { return }
    guard let second = value(written, arena) else { fatalError("what was written is no JSON") }
    guard first == second else { fatalError("another document") }
    guard written == text(second, arena) else { fatalError("another text") }
}

func value(_ bytes: [UInt8], _ arena: Arena) -> Value? {
    guard var copy = try? TextBuilder(in: arena), (try? copy.append(bytes)) != nil else {
        return nil
    }
    return try? unsafe JSONReader.value(copy.bytes, in: arena, limits: Limits())
}

func text(_ value: Value, _ arena: Arena) -> [UInt8]? {
    guard var text = try? TextBuilder(in: arena), (try? JSONWriter.write(value, to: &text)) != nil
    else { return nil }
    return Array(text.bytes)
}
