import Foundation
import Testing

/// What `ostiary explain` finds to have decided, however a policy makes its verdict of it.
@Suite struct CauseTests {
    private static let policy = """
        package a

        decision := verdict({"for": permits, "against": denials})

        verdict(area) := {"allow": false, "reason": "no"} if count(area.against) > 0
        else := {"allow": true} if count([name | some name in area["for"]]) > 0
        else := {"allow": false}

        permits contains "owner" if input.owner == input.subject

        permits contains "reader" if {
        	input.action == "read"
        	input.public
        	known
        }

        denials contains "frozen" if {
        	known
        	is_frozen
        }

        # METADATA
        # title: The document is frozen
        is_frozen if input.frozen == true

        known if input.subject

        name := "no variable of a comprehension"
        """

    private func told(
        _ input: String, _ query: String = "data.a.decision", _ flags: [String] = []
    ) throws -> Invocation {
        let run = try Invocation(
            ["explain", "-d", "p.rego", "-i", "input.json"] + flags + [query],
            files: ["p.rego": Self.policy, "input.json": input])
        #expect(run.status == 0 && run.errors.isEmpty, "\(run.errors)")
        return run
    }

    @Test func aRuleThatSpeaksAgainstIsFoundBehindFunctions() throws {
        let text = try told(#"{"owner": 1, "subject": 1, "frozen": true}"#).output
        let answer = """
            Denied: no.

            This decided against it:
              frozen  [p.rego:17]
                “The document is frozen” is so
                  input.frozen is true
                given that
                  `known` is so

            """
        #expect(text.hasPrefix(answer), "\(text)")
    }

    @Test func theRuleThatCameFurthestIsTheNearest() throws {
        let text = try told(#"{"subject": 1, "action": "read"}"#).output
        let answer = """
            Denied.

            The nearest rule that would have allowed it does not hold:
              `permits contains "reader"`  [p.rego:11]
                input.public would have to be true; it is missing

            """
        #expect(text.hasPrefix(answer), "\(text)")
        #expect(!text.prefix { $0 != "[" }.contains("owner"))
    }

    @Test func twoCausesAreToldWhereNeitherAloneDecides() throws {
        let text = try told(#"{"subject": 1, "action": "read", "frozen": true}"#).output
        #expect(text.contains("This decided against it:\n  frozen  [p.rego:17]\n"))
        #expect(text.contains("Nor does a rule hold that would have allowed it. The nearest:\n"))
        #expect(text.contains("input.public would have to be true; it is missing"))
    }

    @Test func anAllowedRequestIsToldWhatAllowedIt() throws {
        let text = try told(#"{"owner": 1, "subject": 1}"#).output
        #expect(text.hasPrefix("Allowed: owner.\n\nThis allows it:\n  owner  [p.rego:9]\n"))
        #expect(text.contains("    input.owner is input.subject (1)\n"), "\(text)")
    }

    @Test func aMemberOfADecisionIsExplainedByTheRulesBehindIt() throws {
        let input = #"{"owner": 1, "subject": 1, "frozen": true}"#
        let text = try told(input, "data.a.decision.allow").output
        let answer = "Denied: no.\n\nThis decided against it:\n  frozen  [p.rego:17]\n"
        #expect(text.hasPrefix(answer), "\(text)")
    }

    @Test func whatIsToldInDetailStandsThere() throws {
        // `known` is read first where nothing was decided, and is left out there.
        let text = try told(#"{"subject": 1, "owner": 2, "frozen": true}"#).output
        #expect(!text.contains("told before") && text.contains("✓ known: holds"), "\(text)")
    }

    @Test func variablesOfComprehensionsAreNoRules() throws {
        let text = try told(#"{"owner": 1, "subject": 1}"#, "data.a.decision", ["--full"]).output
        #expect(!text.contains("data.a.name"), "\(text)")
    }

    @Test func functionsThatFunctionsCallAreFollowed() throws {
        let run = try Invocation(
            ["explain", "-d", "p.rego", "data.a.p"],
            files: [
                "p.rego": "package a\n\np if f(1)\n\nf(x) if g(x)\n\ng(y) if y > 0\n"
            ])
        #expect(run.output.contains("data.a.g(1) is true"), "\(run.output)")
    }

    @Test func programsAreToldTheCauses() throws {
        let input = #"{"owner": 1, "subject": 1, "frozen": true}"#
        let json = try told(input, "data.a.decision", ["-f", "json"]).json
        let summary = try #require(json["summary"] as? [String: Any])
        #expect(summary["verdict"] as? String == "denied")
        #expect(summary["reasons"] as? [String] == ["no"])
        let cause = try #require((summary["causes"] as? [[String: Any]])?.first)
        #expect(cause["cause"] as? String == "present")
        #expect(cause["document"] as? String == "data.a.denials")
        #expect(json["document"] as? String == "data.a.decision")
    }

    @Test func theShortAnswerShowsNoSecret() throws {
        let input = #"{"owner": "s3cret-owner", "subject": "s3cret-me"}"#
        for format in ["pretty", "json", "mermaid", "dot"] {
            let text = try told(
                input, "data.a.decision",
                ["--mask", "/input/owner", "--mask", "/input/subject", "-f", format]
            ).output
            #expect(!text.contains("s3cret"), "\(text)")
        }
    }
}
