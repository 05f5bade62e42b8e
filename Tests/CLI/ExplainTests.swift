import Foundation
import Testing

/// `ostiary explain`, on the product's own policies and on small ones.
@Suite struct ExplainTests {
    private static let policies = Invocation.projectRoot.appending(path: "Policies").path

    private func explained(
        _ policy: String, _ decision: String, input: String, data: String = "{}",
        _ flags: [String] = []
    ) throws -> String {
        let run = try Invocation(
            ["explain", "-d", "\(Self.policies)/\(policy)", "-d", "data.json", "-i", "input.json"]
                + flags + [decision],
            files: ["input.json": input, "data.json": data])
        #expect(run.status == 0 && run.errors.isEmpty, "\(run.errors)")
        return run.output
    }

    private static let document = #"""
        {"subject": {"id": "ada", "department": "law", "clearance": 1}, "action": "read",
         "document": {"owner": "bob", "department": "law", "classification": 2},
         "environment": {"hour": 10, "network": "internal"}}
        """#

    @Test func aDenialLeadsToTheConditionBehindIt() throws {
        let text = try explained("abac", "data.authorization.abac.allow", input: Self.document)
        #expect(text.hasPrefix("Denied: the clearance is below the document's classification.\n"))
        let title = "The action is known, and nothing speaks against it"
        #expect(text.contains("\ndata.authorization.abac.allow (\(title)) is false\n"))
        #expect(text.contains("because `count(denials) == 0` is not so (line 23)"))
        #expect(text.contains("gives \"the clearance is below the document's classification\""))
        #expect(
            text.contains(
                "because `input.subject.clearance >= input.document.classification` is not so"))
        #expect(text.contains("input.subject.clearance: 1\n"))
        #expect(text.contains("default allow := false: stands in, as no other rule has a value"))
        // Rules that added nothing are told on request alone.
        #expect(!text.contains("denials contains \"outside of working hours\""))
    }

    @Test func aFalseMemberIsFalseAndNotUndefined() throws {
        let run = try Invocation(
            ["explain", "-d", "p.rego", "data.a.decision.allow"],
            files: ["p.rego": "package a\n\ndecision := {\"allow\": false}\n"])
        #expect(run.output.contains("\ndata.a.decision.allow is false\n"), "\(run.output)")
    }

    @Test func allRulesAreToldOnRequest() throws {
        let text = try explained(
            "abac", "data.authorization.abac.allow", input: Self.document, ["--full"])
        #expect(text.contains("✗ denials contains \"outside of working hours\": does not hold"))
    }

    @Test func whatIsMaskedIsShownNowhere() throws {
        let input = #"{"subject": "s3cret-ada", "action": "read", "resource": 4711}"#
        let data = #"{"rbac": {"subjects": {"s3cret-ada": ["s3cret-ada:role"]}}}"#
        for format in ["pretty", "json", "mermaid", "dot"] {
            let text = try explained(
                "rbac", "data.authorization.rbac.allow", input: input, data: data,
                ["--mask", "/input/subject", "--mask", "/input/resource", "-f", format])
            #expect(!text.contains("s3cret") && !text.contains("4711"), "\(text)")
        }
    }

    @Test func aMaskThatIsNoPointerIsRefused() throws {
        let run = try Invocation(
            ["explain", "--mask", "input.password", "data.a.p"], files: [:])
        #expect(run.status == 2)
        #expect(run.errors.contains("--mask input.password: not a pointer into /input or /data"))
    }

    @Test func jsonNamesTheExpressionThatFailed() throws {
        let text = try explained(
            "abac", "data.authorization.abac.cleared", input: Self.document, ["-f", "json"])
        let root = try #require(
            try JSONSerialization.jsonObject(with: Data(text.utf8)) as? [String: Any])
        #expect(root["value"] == nil)
        let rule = try #require((root["rules"] as? [[String: Any]])?.first)
        #expect(rule["outcome"] as? String == "fails")
        let failed = try #require(rule["failed"] as? [String: Any])
        let values = try #require(failed["values"] as? [[String: Any]])
        #expect(values.map { $0["value"] as? Int } == [1, 2])
    }

    @Test func drawingsNameEveryNodeTheyLink() throws {
        let mermaid = try explained(
            "abac", "data.authorization.abac.allow", input: Self.document, ["-f", "mermaid"])
        #expect(mermaid.hasPrefix("flowchart TD\n"))
        let dot = try explained(
            "abac", "data.authorization.abac.allow", input: Self.document, ["-f", "dot"])
        #expect(dot.hasPrefix("digraph explanation {") && dot.hasSuffix("}\n"))
        for (text, arrow) in [(mermaid, " --> "), (dot, " -> ")] {
            let lines = text.split(separator: "\n").map { $0.trimmingPrefix("  ") }
            let links = lines.filter { $0.contains(arrow) && !$0.contains("label") }
            #expect(links.count > 4)
            for link in links {
                for name in link.replacing(";", with: "").components(separatedBy: arrow) {
                    let isThere = lines.contains {
                        $0.hasPrefix("\(name)[") || $0.hasPrefix("\(name) [")
                    }
                    #expect(isThere, "\(name)")
                }
            }
        }
    }

    @Test func aRuleThatHeldBecauseOfAnotherIsFollowed() throws {
        let input = #"{"method": "PUT", "path": ["v1", "policies", "x"], "identity": "ada"}"#
        let data = #"{"access": {"subjects": {"ada": {"roles": ["author"]}}}}"#
        let text = try explained("system", "data.system.authz.allow", input: input, data: data)
        #expect(text.contains("since `reaches_everything`"))
        #expect(text.contains(#"since `input.path[1] == "policies"`"#), "\(text)")
    }

    private static let small = """
        package a

        p if {
        	some user in data.users
        	owns(user, input.thing)
        }

        owns(user, thing) if user.things[_] == thing

        result := "many" if count(input.list) > 2
        else := "few" if count(input.list) > 0
        else := "none"

        all_even if every n in input.list { n % 2 == 0 }

        recursion if not data.b.loop with input as {}

        nothing := data.missing.value
        """

    private func small(_ decision: String, _ input: String) throws -> String {
        try Invocation(
            ["explain", "-d", "p.rego", "-d", "data.json", "-i", "input.json", decision],
            files: [
                "p.rego": Self.small, "input.json": input,
                "data.json": #"{"users": [{"things": ["a"]}, {"things": []}]}"#,
            ]
        ).output
    }

    @Test func callsAreToldWithTheirOperands() throws {
        let text = try small("data.a.p", #"{"thing": "b"}"#)
        #expect(text.contains("because `owns(user, input.thing)` is not so (line 5)"))
        #expect(text.contains("(the first of 2 answers)"))
        #expect(text.contains(#"data.a.owns({"things":["a"]}, "b") is undefined"#))
        #expect(text.contains("because `user.things[_] == thing` is not so"))
    }

    @Test func anElseSaysWhatTheBranchesBeforeItLacked() throws {
        let text = try small("data.a.result", #"{"list": [1]}"#)
        #expect(text.contains("because `count(input.list) > 2` is not so"))
        #expect(text.contains("✓ else := \"few\": holds"))
        #expect(!text.contains("none"))
    }

    @Test func everyNamesTheElement() throws {
        let text = try small("data.a.all_even", #"{"list": [2, 3]}"#)
        #expect(text.contains("because `n % 2 == 0` is not so"))
        #expect(text.contains("n: 3"))
    }

    @Test func anyQueryCanBeExplained() throws {
        let text = try small("input.list[0] > 1; data.a.p", #"{"list": [1]}"#)
        #expect(text.contains("is undefined") && text.contains("input.list[0]: 1"))
    }

    @Test func aValueThatIsNotThereIsNamed() throws {
        let text = try small("data.a.nothing", "{}")
        #expect(text.contains("because `data.missing.value` is not so"))
    }

    @Test func evalTellsItBesideTheAnswer() throws {
        let files = ["p.rego": "package a\n\np if {\n\ttrace(\"here\")\n\tinput.n > 1\n}\n"]
        func told(_ mode: String, _ format: String) throws -> String {
            try Invocation(
                ["eval", "-d", "p.rego", "--explain", mode, "-f", format, "data.a.p"],
                files: files
            ).output
        }
        #expect(try told("fails", "pretty").contains("because `input.n > 1` is not so (line 5)"))
        #expect(try told("full", "json").contains("\"explanation\": {"))
        #expect(try told("notes", "pretty").hasPrefix("note: here\n"))
        #expect(try told("notes", "json").contains("\"here\""))
    }

    @Test func whatDoesNotCompileIsAnError() throws {
        let run = try Invocation(["explain", "data.a.p ="], files: [:])
        #expect(run.status == 2 && run.errors.contains("rego_parse_error"))
    }
}
