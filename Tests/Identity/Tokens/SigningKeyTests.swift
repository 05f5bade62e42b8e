import Cryptography
import RegoMachine
import Servers
import Storage
import Synchronization
import Testing

@testable import Identity

/// A clock that is set, and the keys of nodes that share a database.
final class KeyBench: Sendable {
    private let time: Mutex<Int64>
    let sealing: SealingKeys
    let audit: AuditLog

    /// - Parameter start: Microseconds since 1970.
    init(start: Int64 = 1_700_000_000_000_000) throws {
        time = Mutex(start)
        sealing = try SealingKeys(activeID: "a", keys: ["a": [UInt8](repeating: 7, count: 32)])
        let secret = [UInt8](repeating: 1, count: AuditKey.secretBytes)
        audit = AuditLog(key: try #require(AuditKey(secret: secret)))
    }

    /// Microseconds since 1970.
    var now: Int64 { time.withLock { $0 } }

    func wait(seconds: Int64) { wait(microseconds: seconds * 1_000_000) }
    func wait(microseconds: Int64) { time.withLock { $0 += microseconds } }

    var host: RegoMachine.Host {
        var host = StillHost().host()
        host.now = { self.now * 1_000 }
        return host
    }

    func node(_ algorithm: SigningAlgorithm = .es256) -> SigningKeys {
        SigningKeys(algorithm, sealing: sealing, host: host)
    }

    /// A node's look, or its rotation.
    func run(_ job: String, of node: SigningKeys, _ database: any Database) async throws {
        let jobs = node.jobs(database, audit, owner: "node")
        try await #require(jobs.first { $0.name == job }).work()
    }

    func rotate(_ node: SigningKeys, _ database: any Database) async throws {
        try await run("signing key rotation", of: node, database)
    }
}

extension SigningKeys {
    fileprivate func ids(_ state: SigningKey.State) -> [String] {
        published.filter { $0.state == state }.map(\.id)
    }
}

/// Keys on their way from next to active to retired.
@Suite struct SigningKeyTests {
    private static let day: Int64 = 86_400

    @Test(arguments: IdentityDatabase.all)
    func nodesThatStartAtOnceMakeOneSet(_ backend: IdentityDatabase) async throws {
        try await backend.with { database in
            let bench = try KeyBench()
            let sets = try await withThrowingTaskGroup(of: Set<String>.self) { group in
                for _ in 0..<4 {
                    group.addTask {
                        let node = bench.node()
                        try await patiently { try await node.open(database) }
                        return Set(node.published.map(\.id))
                    }
                }
                return try await group.reduce(into: []) { $0.append($1) }
            }
            #expect(sets.count == 4 && Set(sets).count == 1 && sets.allSatisfy { $0.count == 2 })
        }
    }

    @Test(arguments: IdentityDatabase.all)
    func aKeyIsPublishedBeforeItSignsAndUntilItsTokensHaveExpired(
        _ backend: IdentityDatabase
    ) async throws {
        try await backend.with { database in
            let bench = try KeyBench()
            let node = bench.node()
            try await node.open(database)
            let (first, second) = (node.ids(.active), node.ids(.next))
            bench.wait(seconds: 90 * Self.day - 1)
            try await bench.rotate(node, database)
            try await node.look(database)
            #expect(node.ids(.active) == first && node.ids(.next) == second)
            bench.wait(seconds: 1)
            try await bench.rotate(node, database)
            #expect(node.ids(.active) == second && node.ids(.retired) == first)
            let third = node.ids(.next)
            #expect(third.count == 1 && third != first && third != second)
            #expect(try node.signer().id == second[0])
            // The last of its tokens lives 15 minutes, clocks and nodes a little apart.
            bench.wait(seconds: 989)
            #expect(node.ids(.retired) == first)
            bench.wait(seconds: 1)
            #expect(node.ids(.retired) == [] && node.verifier(first[0]) == nil)
            try await bench.rotate(node, database)
            let rows = try await database.read(
                in: .none, [Statement("SELECT id FROM signing_keys")])[0]
            #expect(rows.count == 2)
        }
    }

    @Test(arguments: IdentityDatabase.all)
    func theNextKeyWaitsUntilEverybodyKnowsIt(_ backend: IdentityDatabase) async throws {
        try await backend.with { database in
            let bench = try KeyBench()
            let node = bench.node()
            try await node.open(database)
            let next = node.ids(.next)
            let table = SigningKeyTable(sealing: bench.sealing)
            for (wait, isDone) in [(0, false), (359, false), (1, true)] as [(Int64, Bool)] {
                bench.wait(seconds: wait)
                let now = bench.now
                let changed = try await database.transaction(in: .system) { transaction in
                    try await table.rotate(in: transaction, now: now)?.active
                }
                #expect(changed == (isDone ? next[0] : nil))
            }
            #expect(SigningKeyTable.publishedMaxAgeSeconds == 300)
        }
    }

    @Test(arguments: IdentityDatabase.all)
    func anotherNodeKnowsWithoutARestart(_ backend: IdentityDatabase) async throws {
        try await backend.with { database in
            let bench = try KeyBench()
            let (one, other) = (bench.node(), bench.node())
            try await one.open(database)
            try await other.open(database)
            bench.wait(seconds: 90 * Self.day)
            try await one.look(database)
            try await bench.rotate(one, database)
            let token = AccessTokens(issuer: "i", keys: one, host: bench.host)
            let text = try token.text(of: .sample(now: bench.now / 1_000_000))
            let there = AccessTokens(issuer: "i", keys: other, host: bench.host)
            // It has known the key since it was made.
            #expect(there.token(text, for: "api") != nil)
            #expect(throws: SigningFailure.stale) { try other.signer() }
            try await bench.run("signing keys", of: other, database)
            #expect(try other.signer().id == one.signer().id)
        }
    }

    @Test func aNodeThatHeardNothingForAMinuteSignsNothing() async throws {
        try await IdentityDatabase.sqlite.with { database in
            let bench = try KeyBench()
            let node = bench.node()
            #expect(node.fault == .stale && node.active == nil)
            try await node.open(database)
            bench.wait(seconds: 60)
            #expect(node.fault == nil && node.active?.ageSeconds == 60)
            bench.wait(seconds: 1)
            #expect(node.fault == .stale)
            try await node.look(database)
            #expect(node.fault == nil)
        }
    }

    @Test(arguments: IdentityDatabase.all)
    func anotherAlgorithmComesByWayOfTheNextKey(_ backend: IdentityDatabase) async throws {
        try await backend.with { database in
            let bench = try KeyBench()
            let before = bench.node()
            try await before.open(database)
            let node = bench.node(.eddsa)
            try await node.open(database)
            try await bench.rotate(node, database)
            #expect(node.published.map(\.algorithm.rawValue).sorted() == ["ES256", "EdDSA"])
            #expect(try node.signer().algorithm == .es256)
            bench.wait(seconds: 360)
            try await bench.rotate(node, database)
            #expect(try node.signer().algorithm == .eddsa)
            #expect(node.ids(.retired) == before.ids(.active))
        }
    }

    @Test func rotationsAreRecorded() async throws {
        try await IdentityDatabase.sqlite.with { database in
            let bench = try KeyBench()
            let node = bench.node()
            try await node.open(database)
            bench.wait(seconds: 90 * Self.day)
            for _ in 0..<3 { try await bench.rotate(node, database) }
            let rows = try await database.read(
                in: .system, [Statement("SELECT action, actor_kind, details FROM audit_entries")])[
                    0]
            #expect(rows.count == 1)
            #expect(try rows[0].text("action") == "signing_key:rotate")
            #expect(try rows[0].text("details").contains(node.ids(.active)[0]))
        }
    }

    private func key(_ der: [UInt8]) throws -> Key { try Key(privateKey: der.span) }

    /// Whoever can write to the table makes no key that is trusted, and finds none to sign with.
    @Test(arguments: IdentityDatabase.all)
    func theTableAloneMakesNoKey(_ backend: IdentityDatabase) async throws {
        try await backend.with { database in
            let bench = try KeyBench()
            let node = bench.node()
            try await node.open(database)
            let key = try Key(generating: .ec(.p256))
            let (publicKey, privateKey) = (try key.publicKeyDER(), try key.privateKeyDER())
            let kept = try await database.read(
                in: .none, [Statement("SELECT public_key, private_key FROM signing_keys")])[0]
            for row in kept {
                let bytes = try row.bytes("private_key")
                #expect(throws: CryptographyError.self) { try self.key(bytes) }
            }
            let changes: [(String, [SQLValue])] = [
                ("SET public_key = $1", [.bytes(publicKey)]),
                ("SET private_key = $1 WHERE state = 'active'", [.bytes(privateKey)]),
                (
                    "SET public_key = $1 WHERE state = 'active'",
                    [.bytes(try kept[0].bytes("private_key"))]
                ),
                ("SET algorithm = 'EdDSA' WHERE state = 'active'", []),
                ("SET algorithm = 'HS256' WHERE state = 'active'", []),
                ("SET id = 'another' WHERE state = 'active'", []),
            ]
            for (change, values) in changes {
                let isRefused: Bool
                do {
                    try await database.transaction(in: .system) { transaction in
                        try await transaction.execute(
                            Statement("UPDATE signing_keys \(change)", values))
                        _ = try await SigningKeyTable(sealing: bench.sealing)
                            .keys(in: transaction)
                    }
                    isRefused = false
                } catch is SigningFailure { isRefused = true }
                #expect(isRefused, "\(change)")
            }
        }
    }

    @Test(arguments: SigningAlgorithm.allCases)
    func othersReadThePublicHalfAlone(_ algorithm: SigningAlgorithm) async throws {
        try await IdentityDatabase.sqlite.with { database in
            let node = try KeyBench().node(algorithm)
            try await node.open(database)
            #expect(SigningKeys.shape.faults(in: node.jwks).isEmpty)
            let keys = try #require(node.jwks["keys"]?.elements)
            #expect(keys.count == 2)
            for key in keys {
                guard case .object(let members) = key else { return }
                let names = Set(members.map(\.name))
                let own: Set<String> =
                    switch algorithm {
                    case .es256: ["crv", "x", "y"]
                    case .eddsa: ["crv", "x"]
                    case .rs256: ["n", "e"]
                    }
                #expect(names == own.union(["kid", "kty", "use", "alg"]))
                #expect(key["alg"]?.text == algorithm.rawValue)
            }
        }
    }

    /// The example of RFC 7638, section 3.1.
    @Test func aKeyIsCalledByItsThumbprint() throws {
        let modulus =
            "0vx7agoebGcQSuuPiLJXZptN9nndrQmbXEps2aiAFbWhM78LhWx4cbbfAAtVT86zwu1RK7aPFFxuhDR1"
            + "L6tSoc_BJECPebWKRXjBZCiFV4n3oknjhMstn64tZ_2W-5JsGY4Hc5n9yBXArwl93lqt7_RN5w6Cf0h4"
            + "QyQ5v-65YGjQR0_FDW2QvzqY368QQMicAtaSqzs8KJZgnYb9c7d0zgdAZHzu6qMQvRL5hajrn1n91CbO"
            + "pbISD08qNLyrdkt-bFTWhAI4vMQFh6WeZu0fM4lFd2NcRwr3XPksINHaQ-G_xBniIqbw0Ls1jF44-csF"
            + "Cur-kEgU8awapJzKnqDKgw"
        let n = try Base64.url.decode(Array(modulus.utf8), padded: false)
        let key = try Key(RSAMembers(n: n, e: [1, 0, 1], secret: nil))
        #expect(
            PublicJWK(key)?.thumbprint == "NzbLsXh8uDCcd-6MNwXF4W_7noWXFZAfHkxZsRGC9Xs")
    }
}
