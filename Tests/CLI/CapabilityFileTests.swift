import Foundation
import Loopback
import Testing

/// `--capabilities`: what a file leaves out, policies cannot use.
@Suite struct CapabilityFileTests {
    private static func capabilities(
        _ builtins: [String] = ["eq", "http.send", "net.lookup_ip_addr", "plus", "count"],
        _ rest: String = #""features": ["rego_v1"]"#
    ) -> String {
        let rows = builtins.map { #"{"name": "\#($0)", "decl": {"type": "function"}}"# }
        return #"{"builtins": [\#(rows.joined(separator: ","))], \#(rest)}"#
    }

    private static func said(_ policy: String, _ capabilities: String, _ more: [String] = []) throws
        -> String
    {
        let run = try Invocation(
            ["check", "--capabilities", "c.json", "p.rego"] + more,
            files: ["p.rego": policy, "c.json": capabilities])
        return run.status == 0 ? "fine" : run.errors
    }

    @Test func aBuiltinThatIsLeftOutIsUndefined() throws {
        let policy = "package a\n\np := count(input.x)\n\nq := upper(input.y)\n"
        let said = try Self.said(policy, Self.capabilities())
        #expect(said.contains("p.rego:5: rego_type_error: undefined function upper"))
        #expect(!said.contains("count"))
    }

    @Test(arguments: [
        ("p := $\"a {input.x}\"", "template strings are not supported by current capabilities"),
        ("import future.keywords.and\n\np := 1", "unexpected keyword, must be one of"),
    ])
    func whatTheLanguageLacksIsRefused(_ text: String, _ message: String) throws {
        #expect(try Self.said("package a\n\n\(text)\n", Self.capabilities()).contains(message))
    }

    @Test func withoutRegoV1NoSourceIsReadAsV1() throws {
        let older = Self.capabilities(["eq"], #""features": ["rule_head_refs"]"#)
        #expect(try Self.said("package a\n\np := 1\n", older).contains("rego_v1 feature required"))
        #expect(try Self.said("package a\n\np.q := 1\n", older, ["--v0-compatible"]) == "fine")
        let oldest = Self.capabilities(["eq"], #""features": []"#)
        let policy = "package a\n\np.q := 1\n"
        #expect(
            try Self.said(policy, oldest, ["--v0-compatible"])
                .contains("rule heads with refs are not supported"))
    }

    @Test(arguments: ["[]", "{", #"{"builtins": {}}"#, #"{"features": [1]}"#])
    func whatIsNoCapabilitiesFileIsRefused(_ text: String) throws {
        #expect(try Self.said("package a\n", text).contains("c.json: "))
    }

    @Test func anUnknownVersionIsRefused() throws {
        let run = try Invocation(
            ["check", "--capabilities", "v0.1.0", "p.rego"], files: ["p.rego": "package a\n"])
        #expect(run.errors.contains("no capabilities version or file found at v0.1.0"))
    }

    @Test func theCapabilitiesOfThisBuildAllowAll() throws {
        let own = try Invocation(["capabilities", "--current"]).output
        let policy = "package a\n\np := $\"{upper(input.x)}\" if input.default\n"
        #expect(try Self.said(policy, own) == "fine")
        #expect(try Invocation(["capabilities"]).output == "v1.20.0\n")
    }

    @Test(arguments: [
        #"http.send({"method": "GET", "url": "http://127.0.0.1:1/"})"#,
        #"http.send({"method": "GET", "url": "http://other.example/"})"#,
        #"http.send({"method": "GET", "url": "http://one.example@127.0.0.1:1/"})"#,
        #"net.lookup_ip_addr("localhost")"#,
    ])
    func aHostThatIsNotAllowedIsNotAsked(_ call: String) throws {
        let run = try Invocation(
            ["eval", "--strict-builtin-errors", "--capabilities", "c.json", call],
            files: [
                "c.json": Self.capabilities(
                    ["eq", "http.send", "net.lookup_ip_addr"],
                    #""features": ["rego_v1"], "allow_net": ["one.example"]"#)
            ])
        #expect(run.status == 2)
        #expect(run.output.contains("unallowed host: "))
    }

    @Test func aHostThatIsAllowedIsAsked() throws {
        let run = try Invocation(
            [
                "eval", "--capabilities", "c.json", "-f", "raw",
                "count(net.lookup_ip_addr(\"localhost\")) > 0",
            ],
            files: [
                "c.json": Self.capabilities(
                    ["eq", "gt", "count", "net.lookup_ip_addr"],
                    #""features": ["rego_v1"], "allow_net": ["localhost"]"#)
            ])
        #expect(run.output == "true\n")
    }
}
