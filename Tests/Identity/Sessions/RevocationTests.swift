import RegoMachine
import Servers
import Storage
import Testing

@testable import Identity

/// What a node knows of what was revoked elsewhere, and for how long it may rely on it.
@Suite struct RevocationTests {
    private func revoke(
        _ kind: Revocation.Kind, _ subject: String, _ bench: KeyBench, _ database: any Database
    ) async throws {
        let insertion = Revocation(kind, subject, now: bench.now).insertion(now: bench.now)
        _ = try await database.transaction(in: .none) { try await $0.execute(insertion) }
    }

    @Test(arguments: IdentityDatabase.all)
    func aNodeIsSureForASecondAfterItHasRead(_ backend: IdentityDatabase) async throws {
        try await backend.with { database in
            let bench = try KeyBench()
            let revocations = Revocations(host: bench.host)
            let token = AccessToken.sample(now: bench.now / 1_000_000)
            #expect(revocations.refuse(token) == nil, "it has read nothing yet")
            try await revocations.look(database)
            bench.wait(seconds: 1)
            #expect(revocations.refuse(token) == false)
            bench.wait(microseconds: 1)
            #expect(revocations.refuse(token) == nil)
            let statement = Revocations.finding(token, now: bench.now)
            #expect(try await database.read(in: .none, [statement])[0].isEmpty)
            try await revoke(.session, "ses_1", bench, database)
            #expect(try await database.read(in: .none, [statement])[0].count == 1)
            try await revocations.look(database)
            #expect(revocations.refuse(token) == true)
        }
    }

    /// A transaction that commits late has an early time in its row.
    @Test func whatIsWrittenLateIsReadAllTheSame() async throws {
        try await IdentityDatabase.sqlite.with { database in
            let bench = try KeyBench()
            let revocations = Revocations(host: bench.host)
            let token = AccessToken.sample(now: bench.now / 1_000_000)
            let row = Revocation(.token, "jti_1", now: bench.now).insertion(now: bench.now)
            bench.wait(seconds: 9)
            try await revocations.look(database)
            #expect(revocations.refuse(token) == false)
            _ = try await database.transaction(in: .none) { try await $0.execute(row) }
            try await revocations.look(database)
            #expect(revocations.refuse(token) == true)
        }
    }

    @Test func whatIsKnownToBeRevokedStaysSoWithoutADatabase() async throws {
        let bench = try KeyBench()
        let revocations = Revocations(host: bench.host)
        let token = AccessToken.sample(now: bench.now / 1_000_000)
        revocations.add([Revocation(.token, "jti_1", now: bench.now)])
        bench.wait(seconds: AccessToken.lifetimeSeconds)
        #expect(revocations.refuse(token) == true)
    }
}
