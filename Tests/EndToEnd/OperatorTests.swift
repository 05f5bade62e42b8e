import Loopback
import Outbound
import Servers
import Storage
import Testing

/// What operators do to accounts and organizations at the command line.
@Suite struct OperatorTests {
    private func admin(
        _ verb: String, _ id: String, _ installation: EmptyInstallation
    ) async throws -> String {
        try await ServedNode.run(
            ["admin", verb, id, "--reason", "case 4711"] + installation.flags)
    }

    private func refusal(
        _ verb: String, _ id: String, _ installation: EmptyInstallation
    ) async -> String {
        do { return try await admin(verb, id, installation) } catch { return "\(error)" }
    }

    private func status(
        of id: String, in table: String, _ installation: EmptyInstallation
    ) async throws -> String {
        var status = ""
        try await installation.open { database in
            status = try await database.read(
                in: .system, [Statement("SELECT status FROM \(table) WHERE id = $1", [.text(id)])])[
                    0
                ][0].text("status")
        }
        return status
    }

    @Test(arguments: IdentityDatabase.all)
    func theySuspendAndLetGoOn(_ backend: IdentityDatabase) async throws {
        try await EmptyInstallation.with(backend) { installation in
            let world = try await world(of: installation)
            let (account, organization) = (world.acme.owner.account, world.acme.id)
            for (id, table) in [(account, "accounts"), (organization, "organizations")] {
                _ = try await admin("suspend", id, installation)
                #expect(try await status(of: id, in: table, installation) == "suspended")
                _ = try await admin("reactivate", id, installation)
                #expect(try await status(of: id, in: table, installation) == "active")
            }
            _ = try await admin("unlock", account, installation)
            let record = try await ServedNode.run(["audit", "export"] + installation.flags)
            for action in [
                "suspend_account", "reactivate_account", "suspend_organization",
                "reactivate_organization", "unlock_account",
            ] { #expect(record.contains("platform:\(action)"), "\(action)") }
            #expect(record.contains("case 4711") && record.contains(account))
        }
    }

    @Test func theLastAdministratorAndWhatIsNotThereAreRefused() async throws {
        try await EmptyInstallation.with(.sqlite) { installation in
            let world = try await world(of: installation)
            let last = world.administrator.account
            let refused = await refusal("suspend", last, installation)
            #expect(refused.contains("is the last administrator of the installation"))
            #expect(try await status(of: last, in: "accounts", installation) == "active")
            for (verb, id) in [
                ("suspend", "usr_nobody"), ("reactivate", "org_nobody"), ("unlock", world.acme.id),
            ] {
                let unknown = await refusal(verb, id, installation)
                #expect(unknown.contains("there is nothing to \(verb) by `\(id)`"), "\(unknown)")
            }
            let record = try await ServedNode.run(["audit", "export"] + installation.flags)
            #expect(!record.contains("platform:"))
        }
    }

    private func world(of installation: EmptyInstallation) async throws -> World {
        _ = try await ServedNode.run(["migrate"] + installation.nodeFlags)
        var world: World?
        try await installation.open { world = try await World($0, .system) }
        return try #require(world)
    }
}
