import Decisions
import Outbound
import RegoMachine
import Testing

/// The system's policy: which one decides, and what becomes of the next.
@Suite struct SystemPolicyTests {
    private static let areas = [
        "audit", "decision", "key", "me", "member", "organization", "platform", "policy", "service",
        "service_account", "setup",
    ]

    private static func embedded() throws -> SystemPolicy {
        try SystemPolicy(.embedded, areas: areas, host: .system)
    }

    @Test func theEmbeddedOneDecidesEveryArea() throws {
        let policy = try Self.embedded()
        for area in Self.areas {
            let found = policy.decided(area, #"{"action": "\#(area):fly"}"#)
            #expect(!found.isAllowed && found.rule == "default" && !found.isFailed)
        }
    }

    @Test func theEmbeddedOneDecidesByRoles() throws {
        let found = try Self.embedded().decided(
            "organization",
            """
            {"action": "organization:read", "tenant": {"id": "org_a", "status": "active"},
             "subject": {"kind": "account", "id": "usr_1", "status": "active",
               "credential": {"scopes": ["*"]},
               "membership": {"id": "mem_1", "organization": "org_a", "status": "active",
                 "roles": [{"name": "viewer", "rank": 20, "is_system": true}]}},
             "resource": {"type": "organization", "id": "org_a", "exists": true,
               "organization": "org_a"}}
            """)
        #expect(found.isAllowed && found.rule == "role_permits" && found.revision.count == 16)
    }

    @Test func theEmbeddedOneNeverChanges() throws {
        let policy = try Self.embedded()
        #expect(try policy.reloadIfChanged() == false)
    }

    @Test func aFolderReplacesTheEmbeddedOneAsAWhole() throws {
        let folder = try PolicyFolder(["door.rego": door(verdict(true))])
        let policy = try folder.policy()
        #expect(policy.decided("door").isAllowed)
        #expect(policy.decided("organization").rule == "undefined")
    }

    @Test func aFolderMustDecideEveryArea() throws {
        let folder = try PolicyFolder([
            "door.rego": door(verdict(true)),
            "window.rego": "package ostiary.window\n\ndecision(x) := x\n",
            "gate.rego": "package ostiary\n\ngate.decision := 1\n",
        ])
        let fault = try #require(throws: CandidateFault.self) {
            try folder.policy(areas: ["door", "window", "gate", "roof"])
        }
        #expect(
            fault.description
                == "no rule for data.ostiary.window.decision, data.ostiary.roof.decision")
    }

    @Test(arguments: [
        ("no Rego", "package"),
        ("does not compile", door("decision := nobody")),
        ("conflicts with data", "package shelf\n\nbook := 1\n"),
    ])
    func aFolderThatIsNoPolicyIsRefused(_ note: String, _ text: String) throws {
        let folder = try PolicyFolder([
            "door.rego": door(verdict(true)), "other.rego": text,
            "data.json": #"{"shelf": {"book": 1}}"#,
        ])
        #expect(throws: CandidateFault.self, "\(note)") { try folder.policy() }
    }

    @Test func aFolderThatIsNotThereIsRefused() {
        #expect(throws: CandidateFault.self) {
            try SystemPolicy(.folder("/nowhere/at/all"), areas: [], host: .system)
        }
    }

    @Test func aChangeTakesEffect() throws {
        let folder = try PolicyFolder(["door.rego": door(verdict(true))])
        let policy = try folder.policy()
        let before = policy.revision
        #expect(try policy.reloadIfChanged() == false)
        try folder.write(["door.rego": door(verdict(false, rule: "closed"))])
        #expect(try policy.reloadIfChanged())
        let found = policy.decided("door")
        #expect(found.rule == "closed")
        #expect(found.revision == policy.revision && found.revision != before)
    }

    @Test(arguments: [
        ("it is no Rego", "door.rego", "package ostiary.door\n\ndecision :="),
        ("it does not compile", "door.rego", door("decision := nobody")),
        ("an area is gone", "door.rego", door("choice := 1")),
        (
            "a test fails", "door_test.rego",
            "package ostiary.door_test\n\ntest_it if data.ostiary.door.decision == 1\n"
        ),
        (
            "a test ends in an error", "door_test.rego",
            "package ostiary.door_test\n\ntest_it := 1\n\ntest_it := 2\n"
        ),
    ])
    func theLastGoodOneStaysWhere(_ note: String, _ name: String, _ text: String) throws {
        let folder = try PolicyFolder(["door.rego": door(verdict(true))])
        let policy = try folder.policy()
        let before = policy.revision
        try folder.write([name: text])
        #expect(throws: CandidateFault.self, "\(note)") { try policy.reloadIfChanged() }
        #expect(policy.revision == before && policy.decided("door").isAllowed)
        #expect(policy.fault != nil)
        // It is said once, and again what the files hold then.
        #expect(try policy.reloadIfChanged() == false)
        if name != "door.rego" { try folder.remove(name) }
        try folder.write(["door.rego": door(verdict(true, rule: "mended"))])
        #expect(try policy.reloadIfChanged())
        #expect(policy.fault == nil && policy.decided("door").rule == "mended")
    }

    @Test func testsThatPassOrWaitAreNoHindrance() throws {
        let folder = try PolicyFolder([
            "door.rego": door(verdict(true)),
            "door_test.rego": """
                package ostiary.door_test

                test_it if data.ostiary.door.decision.allow

                todo_test_more if data.ostiary.door.decision == 1
                """,
        ])
        #expect(try folder.policy().decided("door").isAllowed)
    }

    @Test func aTestThatFailsIsNamed() throws {
        let folder = try PolicyFolder([
            "door.rego": door(verdict(true)),
            "door_test.rego": "package ostiary.door_test\n\ntest_it if false\n",
        ])
        let fault = try #require(throws: CandidateFault.self) { try folder.policy() }
        #expect(fault.description == "tests fail: data.ostiary.door_test.test_it")
    }

    @Test func theSameTextIsTheSameRevisionEverywhere() throws {
        let files = ["door.rego": door(verdict(true)), "a.rego": "package a\n\nx := 1\n"]
        let one = try PolicyFolder(files)
        let other = try PolicyFolder(files)
        let data = try PolicyFolder(files.merging(["data.json": #"{"y": 1}"#]) { one, _ in one })
        #expect(try one.policy().revision == other.policy().revision)
        #expect(try one.policy().revision != data.policy().revision)
    }
}
