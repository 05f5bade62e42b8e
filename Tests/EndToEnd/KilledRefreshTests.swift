import Loopback
import Servers
import Storage
import Synchronization
import Testing

/// A node that is killed while it gives out new tokens: whoever has no answer asks again with what
/// they have.
@Suite struct KilledRefreshTests {
    private static let ada = "ada@example.com"
    private static let families = 12
    /// As long as flags allow: a start may take its time where all tests run at once.
    private static let flags = ["--refresh-grace", "60"]

    @Test(arguments: IdentityDatabase.all)
    func aLostAnswerIsGivenAgainAfterAKill(_ backend: IdentityDatabase) async throws {
        let rounds = Rounds.count(4)
        try await EmptyInstallation.with(backend) { installation in
            var node = try await ServedNode.start(installation, Self.flags)
            var tokens = [try await node.signUp(Self.ada).refresh]
            for _ in 1..<Self.families { tokens.append(try await node.signIn(Self.ada).refresh) }
            var (answered, lost) = (0, 0)
            for round in 0..<rounds {
                // Another moment in each round, from the first answer to the last but one.
                let count = round % (Self.families - 1) + 1
                let answers = try await answers(to: tokens, by: node, killedAfter: count)
                // All families have come to the same place in the rounds before.
                let committed = try await used(installation).count { $0 == round + 1 }
                answered += answers.count
                lost += committed - answers.count
                node = try await ServedNode.start(installation, Self.flags)
                var next: [String] = []
                for token in tokens {
                    let reply = try await node.refresh(token)
                    #expect(reply.status == 200, "round \(round): \(reply.body)")
                    let again = try Refreshed(reply)
                    next.append(again.refresh)
                    guard let answer = answers[token] else { continue }
                    let (tokenID, sameID) = (try answer.tokenID, try again.tokenID)
                    #expect(again.refresh == answer.refresh && tokenID == sameID, "\(round)")
                }
                tokens = next
            }
            for token in tokens { #expect(try await node.refresh(token).status == 200) }
            try await node.end()
            // One successor of each, whoever has asked how often.
            let places = try await used(installation)
            #expect(places == Array(repeating: rounds + 1, count: Self.families))
            print(
                "\(backend): \(rounds) kills, of \(rounds * Self.families) answers \(answered)"
                    + " came before, \(lost) were lost after their commit")
        }
    }

    /// Asks with all tokens at once, and kills the node after so many answers.
    /// - Returns: Those that came, by token.
    private func answers(
        to tokens: [String], by node: ServedNode, killedAfter count: Int
    ) async throws -> [String: Refreshed] {
        try await withThrowingTaskGroup(of: (String, Refreshed?).self) { group in
            for token in tokens {
                group.addTask {
                    // An answer that is cut off is none.
                    guard let reply = try? await node.refresh(token), reply.status == 200,
                        reply.body.hasSuffix("}")
                    else { return (token, nil) }
                    return (token, try Refreshed(reply))
                }
            }
            var answers: [String: Refreshed] = [:]
            for try await (token, answer) in group {
                answers[token] = answer
                if answer != nil, answers.count == count { try await node.kill() }
            }
            if answers.count < count { try await node.kill() }
            return answers
        }
    }

    /// The last place in each family whose token was used.
    private func used(_ installation: EmptyInstallation) async throws -> [Int] {
        let found = Mutex<[Int]>([])
        try await installation.open { database in
            let rows = try await database.read(
                in: .system,
                [
                    Statement(
                        """
                        SELECT family_id, MAX(place) - 1 AS place FROM refresh_tokens
                        GROUP BY family_id
                        """)
                ])[0]
            let places = try rows.map { Int(try $0.integer("place")) }
            found.withLock { $0 = places }
        }
        return found.withLock { $0 }
    }
}
