import Identity
import Storage
import Synchronization

/// The installation's own organization, which was made with its first administrator: programs of it
/// that are trusted speak for others, and where no domain has organizations for labels it is the
/// one that is served.
///
/// It is chosen once and for all, so that a node asks for it until it is there, and then no more.
final class HomeOrganization: Sendable {
    private let known = Mutex<String?>(nil)

    private static let statement = Statement(
        "SELECT organization_id FROM realms WHERE id = 'default'")

    /// - Returns: `nil` while there is none.
    func find(_ database: any Database) async throws(StorageFailure) -> String? {
        if let known = known.withLock({ $0 }) { return known }
        let rows = try await database.read(in: .none, [Self.statement])[0]
        let found = try rows.first?.text(orNull: "organization_id")
        known.withLock { $0 = found }
        return found
    }
}
