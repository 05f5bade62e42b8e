import Cryptography
import Foundation
import Testing

@testable import Identity

/// Passwords that are chosen and shown.
@Suite struct PasswordTests {
    private static let password = "correct horse battery staple"

    private func passwords(
        memoryKiB: Int = 64, _ change: (inout PasswordSettings) -> Void = { _ in }
    ) throws -> Passwords {
        var settings = PasswordSettings()
        settings.cost = try #require(PasswordCost(memoryKiB: memoryKiB, passes: 1))
        change(&settings)
        return try Passwords(settings)
    }

    private func accepted(_ typed: String, by passwords: Passwords) async throws -> String {
        let choice = try await passwords.choose(typed, for: .alone, of: [])
        guard case .accepted(let hash) = choice else {
            Issue.record("\(choice)")
            return ""
        }
        return hash.text
    }

    @Test func whatWasChosenIsRightAndNothingElse() async throws {
        let passwords = try passwords()
        let kept = try await accepted(Self.password, by: passwords)
        #expect(try await passwords.compare(Self.password, with: kept) == .right(isWeak: false))
        for other in ["", "Correct horse battery staple", "\(Self.password) ", "\0", "a\u{378}"] {
            #expect(try await passwords.compare(other, with: kept) == .wrong)
        }
        let long = String(repeating: Self.password, count: 1_000)
        #expect(try await passwords.compare(long, with: kept) == .wrong)
    }

    @Test func itIsRightHoweverItsLettersAreTyped() async throws {
        let passwords = try passwords()
        let kept = try await accepted("un café s'il vous plaît", by: passwords)
        let typed = "un cafe\u{301} s'il vous plai\u{302}t"
        #expect(try await passwords.compare(typed, with: kept) == .right(isWeak: false))
    }

    @Test(arguments: [nil, "", "password", "$argon2id$v=19$m=64,t=1,p=1$$"])
    func nothingIsRightWhereNothingIsKept(_ kept: String?) async throws {
        let passwords = try passwords()
        for typed in ["", Self.password, "\0"] {
            #expect(try await passwords.compare(typed, with: kept) == .wrong)
        }
    }

    @Test func aHashThatHasBecomeWeakIsMadeAnew() async throws {
        let kept = try await accepted(Self.password, by: try passwords())
        let dearer = try passwords(memoryKiB: 128)
        #expect(try await dearer.compare("wrong", with: kept) == .wrong)
        let comparison = try await dearer.compare(Self.password, with: kept)
        #expect(comparison == .right(isWeak: true))
        let better = try #require(try await dearer.renew(Self.password))
        #expect(better.text.contains("m=128,"))
        #expect(
            try await dearer.compare(Self.password, with: better.text) == .right(isWeak: false))
    }

    /// As long as one of today's cost, and in no more memory.
    @Test(arguments: [
        ((19_456, 2), (65_536, 3), (52_565, 3)), ((19_456, 2), (65_536, 8), (60_672, 8)),
        ((7_168, 1), (19_456, 2), (15_872, 2)), ((262_144, 15), (262_144, 16), (262_144, 1)),
    ])
    func whatIsMissingIsComputed(
        _ former: (Int, Int), _ present: (Int, Int), _ rest: (Int, Int)
    ) throws {
        func cost(_ of: (Int, Int)) throws -> PasswordCost {
            try #require(PasswordCost(memoryKiB: of.0, passes: of.1))
        }
        #expect(try cost(former).rest(to: cost(present)) == cost(rest))
        #expect(try cost(present).rest(to: cost(present)) == nil)
        #expect(try cost(present).rest(to: cost(former)) == nil)
    }

    @Test func weakOnesAreRefusedWithTheReason() async throws {
        let passwords = try passwords { $0.contextWords = ["Frobnicator"] }
        let address = try #require(MailAddress("ada@example.com"))
        for (typed, weakness) in [
            ("short", PasswordWeakness.tooShort(lengthMin: 15)), ("a\0b", .unusable),
            ("passwordpassword", .common), ("frobnicator-2026", .ofContext),
            ("example.com.2026", .ofContext),
        ] {
            #expect(
                try await passwords.choose(typed, for: .alone, of: [address]) == .refused(weakness))
        }
    }

    @Test func breachedOnesAreRefusedAndNothingIsTakenUnasked() async throws {
        let path = FileManager.default.temporaryDirectory.path + "/" + UUID().uuidString
        defer { try? FileManager.default.removeItem(atPath: path) }
        let hash = DigestAlgorithm.sha1.digest(Array(Self.password.utf8).span).hexadecimal
        try Data("\(hash.uppercased()):3\n".utf8).write(to: URL(filePath: path))
        let breached = try BreachedPasswords(path: path)
        let passwords = try passwords { $0.breached = breached }
        let choice = try await passwords.choose(Self.password, for: .alone, of: [])
        #expect(choice == .refused(.breached))
        _ = try await accepted("another horse, another battery", by: passwords)
        try Data().write(to: URL(filePath: path))
        await #expect(throws: PasswordFailure.self) {
            try await passwords.choose("another horse, another battery", for: .alone, of: [])
        }
    }

    @Test func whoCannotBeServedSoonIsToldToComeAgain() async throws {
        let threads = PasswordThreads(threadsMax: 2, waitersMax: 3)
        let (gate, started) = (DispatchSemaphore(value: 0), DispatchSemaphore(value: 0))
        let busy = (0..<2).map { _ in
            Task {
                try await threads.run {
                    started.signal()
                    gate.wait()
                }
            }
        }
        await waitFor(started, times: 2)
        // Three find a place in the line, whichever they are.
        let outcomes = await withTaskGroup(of: PasswordFailure?.self) { group in
            for _ in 0..<10 {
                group.addTask {
                    do throws(PasswordFailure) {
                        try await threads.run {}
                        return nil
                    } catch { return error }
                }
            }
            var outcomes: [PasswordFailure?] = []
            for await outcome in group {
                outcomes.append(outcome)
                if outcomes.count == 7 { for _ in 0..<2 { gate.signal() } }
            }
            return outcomes
        }
        #expect(outcomes.count { $0 == .busy } == 7 && outcomes.count { $0 == nil } == 3)
        for task in busy { try await task.value }
        let fault = PasswordFailure.busy.fault
        #expect(fault.status == 503 && fault.retryAfterSeconds == 1)
        try await threads.run {}
    }

    private func waitFor(_ semaphore: DispatchSemaphore, times: Int) async {
        await withCheckedContinuation { continuation in
            Thread.detachNewThread {
                for _ in 0..<times { semaphore.wait() }
                continuation.resume()
            }
        }
    }
}
