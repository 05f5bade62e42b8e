import Rego
import RegoSyntax
import Testing

@Suite struct ResolvedRules {
    @Test(arguments: [
        ("p := 1\np contains 2", ["2:1 conflicting rules data.a.p found"]),
        ("p := 1\np(x) := x", ["2:1 conflicting rules data.a.p found"]),
        ("p(x) := x\np(x, y) := x", ["2:1 conflicting rules data.a.p found"]),
        ("p := 1\np.q := 2", ["2:1 rule data.a.p conflicts with [data.a.p.q]"]),
        (
            "default p := 1\ndefault p := 2",
            ["1:1 multiple default rules data.a.p found at test-0.rego:2, test-0.rego:3"]
        ),
        ("p if p", ["2:1 rule data.a.p is recursive: data.a.p -> data.a.p"]),
        (
            "p if q\nq if p",
            [
                "2:1 rule data.a.p is recursive: data.a.p -> data.a.q -> data.a.p",
                "3:1 rule data.a.q is recursive: data.a.q -> data.a.p -> data.a.q",
            ]
        ),
        ("p if data.a", ["2:1 rule data.a.p is recursive: data.a.p -> data.a.p"]),
        ("f(x) := f(x)", ["2:1 rule data.a.f is recursive: data.a.f -> data.a.f"]),
    ])
    func thatConflictAreRefused(_ text: String, _ mistakes: [String]) throws {
        #expect(try Compiling().mistakes("package a\n\(text)") == mistakes)
    }

    @Test func cannotHaveThePathOfAPackage() throws {
        #expect(
            try Compiling().mistakes("package a.b", "package a\nb := 1") == [
                "test-1.rego:1:1 package a.b conflicts with rule b defined at test-1.rego:2"
            ])
    }

    @Test func ofEveryModuleAreToldAtOnce() throws {
        #expect(
            try Compiling().mistakes("package a\np if x", "package b\np if y") == [
                "2:6 var x is unsafe", "test-1.rego:2:6 var y is unsafe",
            ])
    }

    @Test func dataByANumberReachesNoRule() throws {
        #expect(try Compiling().mistakes("package a\np := data[2]") == [])
    }

    @Test func headsArePatternsThatTheBodyBinds() throws {
        let text = "package a\np[input.x].y := count(input.z) if input.w"
        let rule = try Compiling().policy([text]).rules[0]
        #expect(rule.path == ["a", "p"])
        #expect(rule.rest.count == 2)
        #expect(rule.branches[0].body.count == 3)
        guard case .local = rule.rest[0], case .string("y") = rule.rest[1],
            case .local = rule.branches[0].value
        else {
            Issue.record("\(rule)")
            return
        }
    }

    @Test func whatIsNestedInAPlainNotComesBeforeIt() throws {
        let text = "package a\np if not startswith(input.x, upper(input.y))"
        let body = try Compiling().policy([text]).rules[0].branches[0].body
        #expect(body.count == 3)
        guard case .unify(_, .call) = body[0].kind, case .unify(_, .reference) = body[1].kind,
            case .not = body[2].kind
        else {
            Issue.record("\(body)")
            return
        }
    }

    @Test func aScopedNotKeepsWhatIsNestedInIt() throws {
        let text = """
            package a
            import future.keywords.not
            p if not startswith(input.x, upper(input.y))
            """
        #expect(try Compiling().policy([text]).rules[0].branches[0].body.count == 1)
    }

    @Test func keysAreBoundBeforeWhatReadsThem() throws {
        let text = "package a\np if startswith([i, input.xs[i]], [i])"
        let body = try Compiling().policy([text]).rules[0].branches[0].body
        #expect(body.count == 2)
        guard case .unify(.local, .reference) = body[0].kind, case .term(.call) = body[1].kind
        else {
            Issue.record("\(body)")
            return
        }
    }

    @Test func keysOfMatchedObjectsAreBoundOnce() throws {
        let text = "package a\np := x if {\"b\": x, input.k: 1} = {input.k: 1, \"b\": 2}"
        let body = try Compiling().policy([text]).rules[0].branches[0].body
        guard case .unify(.local(let key), .reference) = body[0].kind,
            case .unify(.object(let left), .object(let right)) = body[1].kind,
            case .local(let first) = left[1].key, case .local(let second) = right[0].key
        else {
            Issue.record("\(body)")
            return
        }
        #expect(body.count == 2)
        #expect(first == key && second == key)
    }

    @Test func metadataAreConstants() throws {
        let text = """
            # METADATA
            # title: all of it
            package a

            # METADATA
            # authors:
            # - Jane Doe <jane@example.com>
            p := rego.metadata.chain()
            """
        let rule = try Compiling().policy([text]).rules[0]
        guard case .array(let links) = rule.branches[0].value else {
            Issue.record("\(rule)")
            return
        }
        #expect(links.count == 2)
    }

    @Test func metadataThatAreNoYAMLAreRefusedWhereTheyAreRead() throws {
        let block = "# METADATA\n# title: [\n"
        let mistakes = try Compiling().mistakes("package a\n\n\(block)p := rego.metadata.rule()")
        #expect(mistakes.count == 1)
        #expect(mistakes[0].hasPrefix("3:1 yaml: "))
        #expect(try Compiling().mistakes("package a\n\n\(block)p := 1") == [])
    }

    @Test func valuesOfWithAreReadOutsideOfIt() throws {
        let text = "package a\np if input.x with input as data.b with data.b as 1"
        let body = try Compiling().policy([text]).rules[0].branches[0].body
        #expect(body.count == 2)
        #expect(body[0].modifiers.isEmpty)
        #expect(body[1].modifiers.count == 2)
    }
}

@Suite struct ResolvedQueries {
    @Test func refuseWhatNothingBinds() throws {
        #expect(throws: Diagnostics.self) { try Compiling().query("x > 1") }
    }

    @Test func bindTheirVariablesInTheOrderOfTheText() throws {
        let query = try Compiling().query("z = 1; a := z; input.xs[_]; input.ys[b]")
        #expect(query.variables.map(\.name) == ["z", "a", "b"])
    }

    @Test func keepTheValueOfATermEvenIfFalse() throws {
        let query = try Compiling().query("1 == 2")
        #expect(query.body.count == 1)
        guard case .unify(.local, .call) = query.body[0].kind else {
            Issue.record("\(query.body)")
            return
        }
        #expect(query.expressions.map(\.text) == ["1 == 2"])
    }

    @Test func wantNoFalseAmongSeveralExpressions() throws {
        #expect(try Compiling().query("x := 1; x == 2").body.count == 3)
        #expect(try Compiling().query("input.xs[_]").body.count == 2)
    }

    @Test func readTheRulesOfTheirPackage() throws {
        let query = try Compiling().query("data.a.p", against: "package a\np := 1")
        guard case .unify(_, .reference(.data, let path)) = query.body[0].kind else {
            Issue.record("\(query.body)")
            return
        }
        #expect(path.map(\.text) == ["a", "p"])
    }
}
