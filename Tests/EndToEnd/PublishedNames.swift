import RegoMachine
import Synchronization

/// The TXT records that a test's name servers have.
final class PublishedNames: Sendable {
    private let known = Mutex<[String: [String]]>([:])
    private let areSilent = Mutex(false)

    /// From now on a name has these records; none: it has none.
    func publish(_ records: [String], at name: String) {
        known.withLock { $0[name] = records }
    }

    /// Whether they give no answer.
    func silence(_ isSo: Bool) { areSilent.withLock { $0 = isSo } }

    @Sendable func records(_ name: String) -> Host.TextLookup {
        if areSilent.withLock({ $0 }) { return .failure("no answer in time") }
        return .records(known.withLock { $0[name] ?? [] }.map { Array($0.utf8) })
    }
}
