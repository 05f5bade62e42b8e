package import RegoMachine
import RegoSyntax

extension Builtin {
    /// What Rego says of Rego. The compiler replaces the calls of `rego.metadata` by constants, so
    /// that only queries, which belong to no rule, ever run them.
    package static let modules: [Builtin] = [
        Builtin("rego.metadata.chain", [], .array(of: .any), run: Modules.noRule),
        Builtin("rego.metadata.rule", [], .any, run: Modules.noRule),
        Builtin(
            "rego.parse_module", [.string, .string], .object(.string, .any), run: Modules.parse),
    ]
}

enum Modules {
    static func noRule(
        _ operands: Operands, _ context: BuiltinContext
    ) throws(BuiltinError) -> Value {
        throw .failed("the rego.metadata functions are for rules only")
    }

    /// The syntax tree of a text, as OPA's JSON has it.
    static func parse(
        _ operands: Operands, _ context: BuiltinContext
    ) throws(BuiltinError) -> Value {
        try context.charge(operands[1].bytes.count)
        let source = Source(name: operands[0].bytes.string, text: operands[1].bytes.string)
        switch Parser.module(source) {
        case .success(let module):
            let json = TreeJSON.module(module, isIndented: false)
            let text = try Value.string(json, in: context.arena)
            do {
                return unsafe try JSONReader.value(
                    text.bytes, in: context.arena, limits: context.limits)
            } catch {
                throw .failed("the module nests too deeply")
            }
        case .failure(let refusal):
            throw .failed(Diagnostic.rendered(refusal.all) { _ in source })
        }
    }
}
