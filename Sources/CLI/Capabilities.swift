import ArgumentParser
import Rego
import RegoMachine

/// `ostiary capabilities`: what policies may use here, printed from the table of builtins.
struct Capabilities: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Print the builtins and language features of this build.",
        discussion: """
            Without a flag, the versions that --capabilities of other commands may
            name. The JSON has the form of OPA's capabilities files: take lines out
            of it, and policies can no longer use what they stand for.

              ostiary capabilities --current >capabilities.json
              ostiary check --capabilities capabilities.json Policies
            """)

    @Flag(help: "Print the capabilities of this build.")
    var current = false

    @Option(help: ArgumentHelp("Print the capabilities of a version.", valueName: "version"))
    var version: String?

    @Option(help: ArgumentHelp("Check a capabilities file, and print it.", valueName: "file"))
    var file: String?

    /// The version of OPA whose language this build has.
    static let version = "v1.20.0"

    func validate() throws {
        let given = [current, version != nil, file != nil].filter { $0 }
        if given.count > 1 {
            throw ValidationError("specify one of --current, --version and --file")
        }
        if let version, version != Self.version {
            throw ValidationError(
                "no capabilities version \(version): this build has \(Self.version) alone")
        }
    }

    func run() throws {
        if let file {
            let text = try Standard.read(file)
            do throws(LanguageCapabilities.Mistake) {
                _ = try LanguageCapabilities(json: text)
            } catch {
                throw Problems(clause: "\(file): \(error.clause)")
            }
            Standard.output(text)
        } else if current || version != nil {
            Standard.output(Self.json(Builtin.all))
        } else {
            Standard.output(Array("\(Self.version)\n".utf8))
        }
    }

    /// Operators as authors write them, by the builtins that they call.
    private static let operators = [
        "and": "&", "assign": ":=", "div": "/", "eq": "=", "equal": "==", "gt": ">", "gte": ">=",
        "internal.member_2": "in", "internal.member_3": "in", "lt": "<", "lte": "<=", "minus": "-",
        "mul": "*", "neq": "!=",
        "or": "|", "plus": "+", "rem": "%",
    ]

    /// What the compiler makes of the language itself; no plan calls them.
    private static let compiled = ["assign", "eq", "print"].map { name in
        Builtin(name, name == "print" ? [] : [.any, .any], .boolean) { _, _ throws(BuiltinError) in
            .undefined
        }
    }

    /// Statements: they have no value.
    private static let statements: Set<String> = ["internal.print", "internal.test_case", "print"]

    static func json(_ builtins: [Builtin]) -> [UInt8] {
        var layout = JSONLayout()
        layout.object { layout in
            layout.member("builtins") { layout in
                let all = (builtins + compiled).filter { $0.name != "internal.reached" }
                    .sorted { $0.name < $1.name }
                layout.array(all) { $0.builtin($1) }
            }
            layout.member("future_keywords") { layout in
                layout.array(["and", "not", "or"]) { $0.string($1) }
            }
            layout.member("features") { layout in
                layout.array(["keywords_in_refs", "rego_v1", "template_strings"]) { $0.string($1) }
            }
        }
        layout.newLine()
        return layout.bytes
    }

    fileprivate static func infix(_ builtin: Builtin) -> String? { operators[builtin.name] }

    fileprivate static func result(_ builtin: Builtin) -> TypeDeclaration? {
        statements.contains(builtin.name) ? nil : builtin.result
    }
}

extension JSONLayout {
    fileprivate mutating func builtin(_ builtin: Builtin) {
        object { layout in
            layout.member("name") { $0.string(builtin.name) }
            layout.member("decl") { layout in
                layout.function(
                    builtin.arguments, Capabilities.result(builtin),
                    isVariadic: builtin.name == "print")
            }
            if let infix = Capabilities.infix(builtin) {
                layout.member("infix") { $0.string(infix) }
            }
            layout.flag("relation", builtin.traits.contains(.relation))
            layout.flag("deprecated", builtin.traits.contains(.deprecated))
            layout.flag("nondeterministic", builtin.traits.contains(.nondeterministic))
        }
    }

    private mutating func flag(_ name: String, _ isSet: Bool) {
        if isSet { member(name) { $0.value(Array("true".utf8)) } }
    }

    private mutating func function(
        _ arguments: [TypeDeclaration], _ result: TypeDeclaration?, isVariadic: Bool = false
    ) {
        object { layout in
            if !arguments.isEmpty {
                layout.member("args") { $0.array(arguments) { $0.type($1) } }
            }
            if let result { layout.member("result") { $0.type(result) } }
            layout.member("type") { $0.string("function") }
            if isVariadic { layout.member("variadic") { $0.type(.any) } }
        }
    }

    private mutating func type(_ type: TypeDeclaration) {
        if case .function(let arguments, let result) = type { return function(arguments, result) }
        object { layout in
            switch type {
            case .any, .null, .boolean, .number, .string, .function: break
            case .anyOf(let types): layout.member("of") { $0.array(types) { $0.type($1) } }
            case .array(let fixed, let rest):
                if let rest { layout.member("dynamic") { $0.type(rest) } }
                if !fixed.isEmpty { layout.member("static") { $0.array(fixed) { $0.type($1) } } }
            case .set(let member): layout.member("of") { $0.type(member) }
            case .object(let known, let others): layout.properties(known, others)
            }
            layout.member("type") { $0.string(Self.name(type)) }
        }
    }

    private mutating func properties(
        _ known: [TypeDeclaration.Property], _ others: [TypeDeclaration]
    ) {
        if others.count == 2 {
            member("dynamic") { layout in
                layout.object { layout in
                    layout.member("key") { $0.type(others[0]) }
                    layout.member("value") { $0.type(others[1]) }
                }
            }
        }
        guard !known.isEmpty else { return }
        member("static") { layout in
            layout.array(known) { layout, property in
                layout.object { layout in
                    layout.member("key") { $0.string(property.key) }
                    layout.member("value") { $0.type(property.value) }
                }
            }
        }
    }

    private static func name(_ type: TypeDeclaration) -> String {
        switch type {
        case .any, .anyOf: "any"
        case .null: "null"
        case .boolean: "boolean"
        case .number: "number"
        case .string: "string"
        case .array: "array"
        case .set: "set"
        case .object: "object"
        case .function: "function"
        }
    }
}
