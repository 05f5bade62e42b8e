import RegoMachine
import Servers
import Storage
import Synchronization
import Testing

@testable import Identity

/// What is left of organizations that were deleted long ago.
@Suite struct OrganizationPurgeTests {
    private static let key = AuditKey(secret: [UInt8](repeating: 7, count: 32))!

    /// One, so that no id comes twice.
    private let random = StillHost()

    private func purge(
        _ database: any Database, now: Int64 = PurgeScene.now, owner: String = "one",
        batchRows: Int = 500
    ) async throws -> Int {
        try await OrganizationPurge(
            audit: AuditLog(key: Self.key), owner: owner, host: random.host(now: now * 1_000),
            batchRows: batchRows
        ).purge(database)
    }

    private func with(
        _ backend: IdentityDatabase, _ body: (PurgeScene) async throws -> Void
    ) async throws {
        try await backend.with { database in
            let scene = PurgeScene(database: database, key: Self.key)
            try await scene.addPeople()
            try await body(scene)
        }
    }

    private func expectNothingGone(from scene: PurgeScene) async throws {
        let before = try await scene.dump()
        #expect(try await self.purge(scene.database) == 0)
        #expect(try await scene.dump() == before)
    }

    @Test(arguments: IdentityDatabase.all)
    func whoMayStillBeRestoredStays(_ backend: IdentityDatabase) async throws {
        try await with(backend) { scene in
            try await scene.add("late", deletedAt: PurgeScene.longAgo + 1)
            try await scene.add("active")
            try await scene.change(
                "UPDATE organizations SET status = 'active' WHERE slug = 'active'")
            try await self.expectNothingGone(from: scene)
            #expect(try await self.purge(scene.database, now: PurgeScene.now + 1) == 1)
        }
    }

    @Test(arguments: IdentityDatabase.all)
    func theInstallationsOwnStays(_ backend: IdentityDatabase) async throws {
        try await with(backend) { scene in
            try await scene.add("home")
            try await scene.change("UPDATE realms SET organization_id = 'org_home'")
            try await self.expectNothingGone(from: scene)
        }
    }

    @Test(arguments: IdentityDatabase.all, ["'org_held'", "NULL"])
    func aLegalHoldKeepsAll(_ backend: IdentityDatabase, _ organization: String) async throws {
        try await with(backend) { scene in
            try await scene.add("held")
            try await scene.change(
                "INSERT INTO legal_holds VALUES ('hld_1', \(organization), 'case 1', 0, NULL)")
            try await self.expectNothingGone(from: scene)
            try await scene.change("UPDATE legal_holds SET released_at = 1")
            #expect(try await self.purge(scene.database) == 1)
        }
    }

    @Test(arguments: IdentityDatabase.all)
    func allOfItGoesAndNothingOfOthers(_ backend: IdentityDatabase) async throws {
        try await with(backend) { scene in
            try await scene.add("gone")
            try await scene.add("kept", deletedAt: PurgeScene.now)
            let before = try await scene.dump()
            for rows in OrganizationRows.all {
                let there = before[rows.table] ?? []
                #expect(there.contains { $0.contains("gone") }, "\(rows.table)")
            }
            #expect(try await self.purge(scene.database) == 1)
            try await self.expectGone(before, scene)
            #expect(try await self.purge(scene.database) == 0)
        }
    }

    /// What says nothing of it is as before; what does is its record, and its people.
    private func expectGone(_ before: [String: [String]], _ scene: PurgeScene) async throws {
        let after = try await scene.dump()
        #expect(after.keys == before.keys)
        for (table, rows) in after {
            let others = rows.filter { !$0.contains("gone") }
            #expect(others == before[table]?.filter { !$0.contains("gone") }, "\(table)")
        }
        let left = after.mapValues { $0.filter { $0.contains("gone") } }.filter { !$1.isEmpty }
        #expect(
            left.mapValues(\.count) == ["audit_entries": 2, "principals": 1, "accounts": 1],
            "\(left)")
        #expect(left["audit_entries"]?.contains { $0.contains("organization:purge") } == true)
        #expect(left["accounts"]?.contains { $0.contains("org_gone") } == false)
        // Its name is anybody's.
        try await scene.change(
            """
            INSERT INTO organizations (
                id, realm_id, slug, name, tier, status, version, created_at, updated_at
            ) VALUES ('org_new', 'default', 'gone', 'n', 'free', 'active', 1, 0, 0)
            """)
    }

    @Test(arguments: IdentityDatabase.all)
    func oneThatIsKilledIsFollowedByAnother(_ backend: IdentityDatabase) async throws {
        try await with(backend) { scene in
            try await scene.add("gone")
            try await scene.add("kept", deletedAt: PurgeScene.now)
            let before = try await scene.dump()
            var (killed, now) = (0, PurgeScene.now)
            while try await !scene.isGone("gone") {
                killed += 1
                // The lease of the one before is over.
                now += 301_000_000
                let mortal = MortalDatabase(scene.database, transactions: killed)
                _ = try? await self.purge(
                    mortal, now: now, owner: "node \(killed)", batchRows: 1)
                try await self.expectResumable(before, scene)
            }
            #expect(killed > 20)
            try await self.expectGone(before, scene)
        }
    }

    /// Nobody restores what lacks something, and others lack nothing.
    private func expectResumable(
        _ before: [String: [String]], _ scene: PurgeScene
    ) async throws {
        let after = try await scene.dump()
        func others(_ dump: [String: [String]]) -> [String: [String]] {
            dump.mapValues { $0.filter { !$0.contains("gone") } }
        }
        #expect(others(after) == others(before))
        guard try await !scene.isGone("gone"), after != before else { return }
        let marked = try await scene.database.read(
            in: .system,
            [Statement("SELECT id FROM organizations WHERE purge_begun_at IS NOT NULL")])[0]
        #expect(try marked.map { try $0.text("id") } == ["org_gone"])
        #expect(after["audit_entries"] == before["audit_entries"])
    }

    @Test(arguments: IdentityDatabase.all)
    func aHoldStopsWhatHasBegun(_ backend: IdentityDatabase) async throws {
        try await with(backend) { scene in
            try await scene.add("gone")
            let mortal = MortalDatabase(scene.database, transactions: 5)
            _ = try? await self.purge(mortal, batchRows: 1)
            try await scene.change(
                "INSERT INTO legal_holds VALUES ('hld_1', 'org_gone', 'case 1', 0, NULL)")
            try await self.expectNothingGone(from: scene)
        }
    }

    /// Its rows would keep the organization's from going, or be there for ever.
    @Test(arguments: IdentityDatabase.all)
    func everyTableThatKnowsOfOrganizationsIsPurged(
        _ backend: IdentityDatabase
    ) async throws {
        let kept = [
            "organizations": "goes last, by itself",
            "realms": "names one that stays",
            "accounts": "are nobody's; who manages them is forgotten",
            "audit_entries": "stay for their own time",
        ]
        try await backend.with { database in
            let catalogue = Catalogue(database)
            var found = Set(try await catalogue.ofOrganizations + ["organizations"])
            var next = Array(found)
            while let table = next.popLast() {
                guard table == "organizations" || kept[table] == nil else { continue }
                let referring = Set(try await catalogue.referring(to: table))
                next += referring.subtracting(found)
                found.formUnion(referring)
            }
            let purged = Set(OrganizationRows.all.map(\.table))
            #expect(found.subtracting(kept.keys) == purged)
            #expect(purged.isDisjoint(with: kept.keys) && found.isSuperset(of: kept.keys))
        }
    }
}

extension PurgeScene {
    fileprivate func isGone(_ slug: String) async throws -> Bool {
        try await database.read(
            in: .system,
            [Statement("SELECT id FROM organizations WHERE slug = $1", [.text(slug)])])[0].isEmpty
    }
}

/// A database whose node dies after so many transactions.
private final class MortalDatabase: Database {
    private let whole: any Database
    private let left: Mutex<Int>

    var dialect: Dialect { whole.dialect }

    init(_ whole: any Database, transactions: Int) {
        self.whole = whole
        left = Mutex(transactions)
    }

    private func live() throws(StorageFailure) {
        let isAlive = left.withLock { left in
            left -= 1
            return left >= 0
        }
        if !isAlive { throw .unavailable(retryAfterSeconds: 1) }
    }

    func read(
        in scope: Scope, _ statements: [Statement]
    ) async throws(StorageFailure) -> [[Row]] { try await whole.read(in: scope, statements) }

    func transaction<Result: Sendable>(
        in scope: Scope, _ body: @escaping @Sendable (Transaction) async throws -> Result
    ) async throws -> Result {
        try live()
        return try await whole.transaction(in: scope, body)
    }

    func schemaChange<Result: Sendable>(
        _ body: @escaping @Sendable (Transaction) async throws -> Result
    ) async throws -> Result {
        try live()
        return try await whole.schemaChange(body)
    }

    func close() async { await whole.close() }
}
