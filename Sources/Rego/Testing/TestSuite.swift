import RegoMachine
public import RegoSyntax

/// Policies and the tests among their rules, compiled: immutable, shared by any number of threads,
/// each with a `TestRunner` of its own.
///
/// Two tests of one name are two tests here, the second with `#01` behind its name, where rules of
/// one name are otherwise one; and rules with sub-tests note which of them they begin.
/// - Source: OPA 1.20, `opa test`.
public struct TestSuite: Sendable {
    public let policy: Policy
    /// In the order of the modules and of their text.
    public let tests: [TestRule]

    /// - Throws: every diagnostic of every module.
    public init(
        modules: [Module], options: CompileOptions = .init()
    ) throws(CompileFailure) {
        var modules = modules
        var tests: [TestRule] = []
        var counts: [[String]: Int] = [:]
        for index in modules.indices {
            for rule in modules[index].rules.indices {
                guard !modules[index].rules[rule].isDefault,
                    let length = modules[index].rules[rule].head.testNameLength
                else { continue }
                tests.append(
                    TestSuite.test(
                        in: &modules[index], index, rule, nameLength: length, &counts))
            }
        }
        self.tests = tests
        policy = try Policy(modules: modules, options: options)
    }

    private static func test(
        in module: inout Module, _ index: Int, _ rule: Int, nameLength length: Int,
        _ counts: inout [[String]: Int]
    ) -> TestRule {
        let path = module.package + module.rules[rule].head.names(length)
        let last = path[path.count - 1]
        let isSkipped = last.hasPrefix(TestRule.skippedPrefix)
        if !isSkipped {
            if let count = counts[path] {
                let number = count < 10 ? "0\(count)" : "\(count)"
                module.rules[rule].head.rename(length, to: "\(last)#\(number)")
            }
            counts[path, default: 0] += 1
            module.rules[rule].noteCases(after: length)
        }
        let head = module.rules[rule].head
        let names = head.names(length)
        return TestRule(
            package: RegoText.term(.path(["data"] + module.package, head.span)),
            name: RegoText.term(.path(names, head.span)), isSkipped: isSkipped,
            file: module.source.name, span: head.span, path: module.package + names,
            module: index, rule: rule, hasCases: head.path.count > length - 1)
    }

    /// The tests whose full name, such as `data.authz_test.test_read`, a regular expression matches
    /// anywhere.
    /// - Parameter pattern: In Go's syntax.
    /// - Returns: The tests, or what is wrong with the pattern.
    public func tests(matching pattern: String) -> Result<[TestRule], PatternMistake> {
        do throws(BuiltinError) {
            let compiled = try Pattern(Array(pattern.utf8))
            return .success(
                tests.filter { test in
                    unsafe Array(test.fullName.utf8).withUnsafeBytes { bytes in
                        compiled.matches(unsafe Bytes(bytes))
                    }
                })
        } catch {
            return .failure(PatternMistake(message: EvaluationFailure(error).message))
        }
    }

    /// A regular expression that is none.
    public struct PatternMistake: Error, Sendable {
        public let message: String
    }
}
