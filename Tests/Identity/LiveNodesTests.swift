import RegoMachine
import Servers
import Storage
import Testing

@testable import Identity

/// How many nodes there are, and what each of them admits where nothing is shared.
@Suite struct LiveNodesTests {
    private static let start: Int64 = 1_700_000_000_000_000_000

    @Test(arguments: IdentityDatabase.all)
    func aNodeCountsThoseThatHaveBeatenLately(_ backend: IdentityDatabase) async throws {
        try await backend.with { database in
            let still = StillHost()
            let (first, second) = (LiveNodes(still.host()), LiveNodes(still.host()))
            #expect(first.count == 1)
            try await first.beat(database)
            #expect(first.count == 1)
            try await second.beat(database)
            try await first.beat(database)
            #expect((first.count, second.count) == (2, 2))
            // Sixteen seconds later, the two have missed three beats.
            let late = LiveNodes(still.host(now: Self.start + 16_000_000_000))
            try await late.beat(database)
            #expect(late.count == 1)
        }
    }

    @Test func nodesThatShareNothingAdmitTogetherWhatOneWould() async throws {
        try await IdentityDatabase.sqlite.with { database in
            let still = StillHost()
            let nodes = (0..<3).map { _ in LiveNodes(still.host()) }
            // The first to come learns of the last one at its second beat.
            for node in nodes + nodes { try await node.beat(database) }
            var admitted = 0
            for node in nodes {
                let limiter = CallLimiter(MemoryKeys { 0 }, nodes: node) { 0 }
                for _ in 0..<10 {
                    let admission = await limiter.admit(.tenant("acme"), [.minute(10)])
                    if admission?.isAdmitted == true { admitted += 1 }
                }
            }
            #expect(admitted == 9)
        }
    }

    @Test func aShareIsNeverNothing() {
        #expect(RateWindow.minute(2).share(of: 5).limit == 1)
        #expect(RateWindow.minute(0).share(of: 5).limit == 0)
    }
}
