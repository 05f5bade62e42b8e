import Decisions
import RegoMachine
import Testing

/// What the system's policy answers, and what becomes of no answer.
@Suite struct VerdictTests {
    private func decided(
        _ rules: String, _ input: String = "{}", limits: Limits = Limits()
    ) throws -> Verdict {
        try PolicyFolder(["door.rego": door(rules)]).policy()
            .decided("door", input, limits: limits)
    }

    @Test func anAnswerIsRead() throws {
        let found = try decided(verdict(true))
        #expect(found.isAllowed && found.mayRead && found.failure == nil)
        #expect(found.rule == "some_rule" && found.reasons == ["so it is"])
        #expect(found.obligations.isEmpty)
    }

    @Test func aDenialKeepsItsRule() throws {
        let found = try decided(verdict(false, rule: "closed"))
        #expect(!found.isAllowed && found.mayRead && found.rule == "closed")
    }

    @Test func obligationsAreRead() throws {
        let found = try decided(
            verdict(
                true,
                obligations: """
                    [{"type": "restrict", "to": "own"}, {"type": "redact", "fields": ["a", "b"]},
                     {"type": "step_up", "acr": "mfa", "max_age_seconds": 300}]
                    """))
        #expect(
            found.obligations == [
                .restrictToOwn, .redact(["a", "b"]),
                .stepUp(acr: "mfa", maxAgeSeconds: 300),
            ])
    }

    @Test(arguments: [
        #"[{"type": "dance"}]"#, #"[{"to": "own"}]"#, #"[{"type": "restrict"}]"#, #"["restrict"]"#,
        #"[{"type": "restrict", "to": 1}]"#,
        #"[{"type": "restrict", "to": "all"}]"#, #"[{"type": "redact", "fields": [1]}]"#,
        #"[{"type": "step_up", "acr": "mfa"}]"#, "{}", "null",
    ])
    func anObligationThatNobodyKnowsIsADenial(_ obligations: String) throws {
        let found = try decided(verdict(true, obligations: obligations))
        #expect(!found.isAllowed && found.rule == "error")
    }

    @Test(arguments: [
        ("decision := true", "allow"),
        ("decision := {}", "allow"),
        (#"decision := {"allow": "true"}"#, "allow"),
        (#"decision := {"allow": 1}"#, "allow"),
        (#"decision := {"allow": true}"#, "rule"),
        (#"decision := {"allow": true, "rule": "r"}"#, "reasons"),
        (#"decision := {"allow": true, "rule": "r", "reasons": "x"}"#, "reasons"),
        (#"decision := {"allow": true, "rule": "r", "reasons": [1]}"#, "reasons"),
        (#"decision := {"allow": true, "rule": "r", "reasons": []}"#, "obligations"),
        (
            #"decision := {"allow": true, "rule": "r", "reasons": [], "obligations": []}"#,
            "may_read"
        ),
    ])
    func anAnswerOfAnotherShapeIsADenial(_ rules: String, _ member: String) throws {
        let found = try decided(rules)
        #expect(!found.isAllowed && !found.mayRead && found.rule == "error")
        #expect(found.failure == .shape(member: member))
    }

    @Test func noAnswerIsADenial() throws {
        let found = try decided(#"decision := {"allow": true} if input.never"#)
        #expect(!found.isAllowed && !found.mayRead && found.rule == "undefined")
        #expect(found.failure == .undefined)
    }

    @Test(arguments: ["window", "", "door/decision", "verdict", "doo", "door "])
    func anAreaThatIsNotThereIsADenial(_ area: String) throws {
        let policy = try PolicyFolder(["door.rego": door(verdict(true))]).policy()
        let found = policy.decided(area)
        #expect(!found.isAllowed && found.rule == "undefined")
    }

    @Test(arguments: [
        // Behind a `not`, a builtin that fails would permit.
        "decision := answer if not closed\nclosed if 1 / input.zero == 1\n",
        "decision := answer if count(input.number) > 1\n",
        "decision := answer\ndecision := 1 if input.zero == 0\n",
    ])
    func aFailureIsADenial(_ rules: String) throws {
        let answer = verdict(true).replacing("decision :=", with: "answer :=")
        let found = try decided(rules + answer, #"{"zero": 0, "number": 5}"#)
        #expect(!found.isAllowed && !found.mayRead && found.rule == "error")
        guard case .error = found.failure else {
            Issue.record("\(String(describing: found.failure)) is no failed evaluation")
            return
        }
    }

    @Test func whatTakesTooLongIsADenial() throws {
        var limits = Limits()
        limits.steps = 10_000
        let slow = verdict(true).replacing("decision :=", with: "answer :=")
            + "\ndecision := answer if count(numbers.range(1, 1000000)) > 1"
        let found = try decided(slow, limits: limits)
        #expect(!found.isAllowed && found.rule == "error")
        #expect(
            found.failure
                == .error("eval_limit_error: evaluation takes too many steps"))
    }

    @Test func aRequestThatIsNoJSONIsADenial() throws {
        let found = try decided(verdict(true), "{")
        #expect(!found.isAllowed && found.rule == "error")
    }
}
