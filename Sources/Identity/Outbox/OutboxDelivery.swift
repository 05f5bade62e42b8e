import Cryptography
public import Storage

/// Delivers what the outbox holds, several messages at once. Any number of nodes may do so.
public struct OutboxDelivery: Sendable {
    private let outbox: Outbox
    private let sender: any MailSender
    private let claim: OutboxClaim
    private let sleep: Workers.Sleep

    /// Messages of one node under way at once.
    static let underWayMax = 8
    private static let reasonCharactersMax = 300

    /// - Parameter owner: A name that no other process has, nor this one had when it ran before.
    public init(
        _ outbox: Outbox, sender: any MailSender, owner: String, sleep: @escaping Workers.Sleep
    ) {
        self.outbox = outbox
        self.sender = sender
        claim = OutboxClaim(owner: owner)
        self.sleep = sleep
    }

    /// Looks for what is due.
    public func job(_ database: any Database, everySeconds: Double = 1) -> Job {
        Job("outbox", everySeconds: everySeconds) { try await deliverDue(database) }
    }

    private enum Event: Sendable {
        case finished((any Error)?)
        case second
    }

    /// Delivers until nothing is due. Where the task is cancelled, messages that were not sent are
    /// given back.
    /// - Throws: The first failure of the database; what is under way comes to its end before.
    public func deliverDue(_ database: any Database) async throws {
        let failure = await withTaskGroup(of: Event.self) { group -> (any Error)? in
            var (underWay, isWaiting) = (0, false)
            var failure: (any Error)?
            var lane = ""
            while true {
                if failure == nil && !Task.isCancelled && underWay < Self.underWayMax {
                    do {
                        let claimed = try await nextMessages(
                            Self.underWayMax - underWay, after: &lane, database)
                        underWay += claimed.count
                        for message in claimed {
                            group.addTask { .finished(await deliver(message, database)) }
                        }
                    } catch StorageFailure.conflict {
                        // Others are taking messages, and look again after each: so does this one
                        // while it has some under way, or when its job's time comes.
                    } catch { failure = error }
                }
                if underWay == 0 { break }
                // A slow message keeps nobody from looking again.
                if !isWaiting && !Task.isCancelled {
                    isWaiting = true
                    group.addTask { await aSecond() }
                }
                switch await group.next() {
                case .second: isWaiting = false
                case .finished(let fault):
                    underWay -= 1
                    failure = failure ?? fault
                case nil: underWay = 0
                }
            }
            group.cancelAll()
            return failure
        }
        if let failure { throw failure }
    }

    /// Goes on behind the lane it came to, and begins again behind the last one.
    private func nextMessages(
        _ limit: Int, after lane: inout String, _ database: any Database
    ) async throws -> [ClaimedMessage] {
        let now = outbox.now
        let next = try await claim.messages(database, limit: limit, now: now, after: lane)
        let isLast = next.count < limit && !lane.isEmpty
        lane = next.map(\.lane).max() ?? ""
        guard isLast else { return next }
        do {
            let first = try await claim.messages(
                database, limit: limit - next.count, now: now)
            lane = first.map(\.lane).max() ?? ""
            return next + first
        } catch  where !next.isEmpty {
            // These are taken; the next look meets the failure.
            return next
        }
    }

    private func aSecond() async -> Event {
        // It ends early only where the task is cancelled, which the loop sees for itself.
        try? await sleep(1)
        return .second
    }

    /// - Returns: Why what came of it could not be written down; its lease then ends by itself.
    private func deliver(
        _ message: ClaimedMessage, _ database: any Database
    ) async -> (any Error)? {
        do {
            let outcome = await send(message)
            switch outcome {
            case .accepted:
                try await claim.complete(message, database, now: outbox.now)
            case .refused(let reason):
                try await claim.giveUp(
                    message, database, now: outbox.now, reason: Self.shown(reason))
            case .failed where Task.isCancelled:
                try await claim.giveBack(message, database)
            case .failed(let reason):
                try await postpone(message, database, reason: Self.shown(reason))
            }
            return nil
        } catch {
            return error
        }
    }

    private func send(_ message: ClaimedMessage) async -> MailOutcome {
        // Those who took it before never came to an end: it may be what ends them.
        guard message.attempts <= OutboxBackoff.attemptsMax else {
            return .refused("every attempt broke off")
        }
        if Task.isCancelled { return .failed("the worker stops") }
        guard let recipient = MailAddress(message.recipient) else {
            return .refused("the recipient is no address")
        }
        do {
            let content = try OutboxContent(
                message.content, outbox.keys, id: message.id, organization: message.organization)
            let mail = try Mail(
                id: message.id, recipient: recipient, subject: content.subject,
                text: content.text, html: content.html)
            return await sender.send(mail)
        } catch SealingFault.unknownKey(let id) {
            // Another node may have it, or this one soon.
            return .failed("the content is sealed with the key `\(id)`, which is missing")
        } catch {
            return .refused("the content does not open: \(error)")
        }
    }

    private func postpone(
        _ message: ClaimedMessage, _ database: any Database, reason: String
    ) async throws {
        let now = outbox.now
        guard let pause = OutboxBackoff.pause(after: message.attempts, outbox.host) else {
            return try await claim.giveUp(message, database, now: now, reason: reason)
        }
        try await claim.postpone(message, database, until: now + pause, reason: reason)
    }

    /// A server's words, as the database can hold them.
    private static func shown(_ reason: String) -> String {
        String(MailPage.line(reason).prefix(reasonCharactersMax))
    }
}
