import Foundation
import Identity
import Loopback
import Servers
import Storage
import Testing

/// What is left of a request: its decision, and its row of the record.
@Suite struct RecordTests {
    @Test(arguments: IdentityDatabase.all)
    func aDecisionSaysWhy(_ backend: IdentityDatabase) async throws {
        try await PublicServer.with(backend) { server in
            let acme = server.world.acme
            let path = "/api/v1/organizations/\(acme.id)"
            let denied = try await server.ask("PATCH", path, as: acme["viewer"], #"{"name":"X"}"#)
            #expect(denied.status == 403)
            let id = try #require(denied.field("x-decision-id"))
            #expect(try denied.json["decision_id"] as? String == id)
            let reply = try await server.ask("GET", "/api/v1/decisions/\(id)", as: acme.owner)
            #expect(reply.status == 200)
            let decision = try reply.json
            #expect(decision["action"] as? String == "organization:update")
            #expect(decision["outcome"] as? String == "denied")
            #expect((decision["reasons"] as? [String])?.isEmpty == false)
            let subject = try #require(decision["subject"] as? [String: Any])
            #expect(subject["id"] as? String == acme["viewer"].account)
            // Its own subject sees it, another one does not, and neither does another tenant.
            for (person, status) in [
                (acme["viewer"], 200), (acme["member"], 404), (server.world.bolt.owner, 404),
            ] {
                let reply = try await server.ask("GET", "/api/v1/decisions/\(id)", as: person)
                #expect(reply.status == status)
            }
        }
    }

    @Test(arguments: IdentityDatabase.all)
    func credentialsThatAreNoGoodAreCounted(_ backend: IdentityDatabase) async throws {
        try await PublicServer.leaving(backend) { server in
            let key = server.world.acme.owner.key
            let forged = "Authorization: Bearer \(key.dropLast(8))00000000"
            for field in [forged, forged, "Authorization: Basic YTpi"] {
                let reply = try await server.ask("GET", "/api/v1/me", fields: [field])
                #expect(reply.status == 401)
                // Nobody was asked to decide.
                #expect(reply.field("x-decision-id") == nil)
            }
        } look: { database in
            let statement = Statement(
                "SELECT details FROM audit_entries WHERE outcome = 'rejected'")
            let rows = try await database.read(in: .system, [statement])[0]
            #expect(try rows.map { try $0.text("details") } == [#"{"count":3}"#])
        }
    }

    @Test(arguments: IdentityDatabase.all)
    func aRepeatedAnswerIsADecisionOfItsOwn(_ backend: IdentityDatabase) async throws {
        try await PublicServer.with(backend) { server in
            let owner = server.world.acme.owner
            let path = "/api/v1/organizations/\(server.world.acme.id)/members"
            let body = """
                {"principal":"\(server.world.bolt["viewer"].account)","role":"viewer"}
                """
            for _ in 0..<2 {
                let reply = try await server.ask(
                    "POST", path, as: owner, body, fields: ["Idempotency-Key: one"])
                #expect(reply.status == 201)
                let id = try #require(reply.field("x-decision-id"))
                let kept = try await server.ask("GET", "/api/v1/decisions/\(id)", as: owner)
                #expect(kept.status == 200)
            }
            let reply = try await server.ask("GET", "/api/v1/audit?action=member:create", as: owner)
            #expect(try (reply.json["data"] as? [Any])?.count == 1)
        }
    }

    @Test(arguments: IdentityDatabase.all)
    func secretsThatClientsSendAreNotKept(_ backend: IdentityDatabase) async throws {
        try await PublicServer.with(backend) { server in
            let canary = "canary-4711"
            let body = #"{"principal":"usr_x","role":"viewer","password":"\#(canary)"}"#
            let path = "/api/v1/organizations/\(server.world.acme.id)/members"
            let reply = try await server.ask("POST", path, as: server.world.acme.owner, body)
            #expect(reply.status == 422)
            #expect(!reply.body.contains(canary))
            let rows = try await server.database.read(
                in: .system,
                [
                    Statement("SELECT input AS text FROM decisions"),
                    Statement("SELECT details AS text FROM audit_entries"),
                ])
            for row in rows.joined() { #expect(!(try row.text("text")).contains(canary)) }
        }
    }

    @Test(arguments: IdentityDatabase.all)
    func whatIsDoneIsRecordedAndTheRecordIsWhole(_ backend: IdentityDatabase) async throws {
        try await PublicServer.with(backend) { server in
            let acme = server.world.acme
            let path = "/api/v1/organizations/\(acme.id)"
            let changed = try await server.ask("PATCH", path, as: acme.owner, #"{"name":"A"}"#)
            let denied = try await server.ask("PATCH", path, as: acme["viewer"], #"{"name":"B"}"#)
            #expect(changed.status == 200 && denied.status == 403)
            let reply = try await server.ask("GET", "/api/v1/audit", as: acme.owner)
            let entries = try #require(try reply.json["data"] as? [[String: Any]])
            // Whoever reads the record is in it.
            #expect(entries.count == 3)
            #expect(entries[2]["action"] as? String == "audit:read")
            for (entry, (outcome, request)) in zip(
                entries, [("allowed", changed), ("denied", denied)])
            {
                #expect(entry["outcome"] as? String == outcome)
                #expect(entry["decision"] as? String == request.field("x-decision-id"))
                #expect(entry["request_id"] as? String == request.field("x-request-id"))
                #expect(entry["address"] as? String == "127.0.0.1")
            }
            let report = try await AuditVerification(key: server.audit).report(
                server.database, heads: [], now: 0)
            #expect(report.findings.isEmpty)
            #expect(report.rows == 3)
        }
    }
}
