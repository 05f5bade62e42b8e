public import RegoMachine

extension Builtin {
    /// Every builtin of this build, in the order of their families.
    public static let all: [Builtin] = [
        numbers, aggregates, bits, operators, conversions, units, strings, arrays, documents,
        encodings, graphs, jsonTexts, membership, objects, sets, types, regex, globs,
        identifiers, internals, networks, times, uris, versions,
        crypto, graphQL, modules, tokens, yamlTexts, x509, aws, http, schemas,
    ].flatMap { $0 }
}
