import Identity
import RegoMachine
import Storage

/// One entry as a line of JSON.
enum AuditLine {
    static func text(_ entry: AuditEntry) -> [UInt8] {
        let members: [(String, String?)] = [
            ("id", entry.id), ("organization_id", entry.organization),
            ("occurred_at", Instant.text(entry.occurredAt)),
            ("actor_kind", entry.actorKind.rawValue), ("actor_id", entry.actor),
            ("action", entry.action), ("outcome", entry.outcome.rawValue),
            ("resource_type", entry.resourceType), ("resource_id", entry.resource),
            ("decision_id", entry.decision), ("request_id", entry.request),
            ("address", entry.address),
        ]
        var line: [UInt8] = [UInt8(ascii: "{")]
        for (name, text) in members {
            guard let text else { continue }
            var value = JSONLayout()
            value.string(text)
            line += Array("\"\(name)\":".utf8) + value.bytes + [UInt8(ascii: ",")]
        }
        return line + Array("\"details\":".utf8) + details(entry) + Array("}\n".utf8)
    }

    /// On one line, whatever the database holds.
    private static func details(_ entry: AuditEntry) -> [UInt8] {
        if let json = (try? Document.parse(json: Array(entry.details.utf8)))?.json(at: []) {
            return json
        }
        var text = JSONLayout()
        text.string(entry.details)
        return text.bytes
    }
}

extension AuditSearch {
    /// Goes through the entries, page by page, for as long as `body` says so.
    func forEach(
        _ database: any Database, _ body: (AuditEntry) throws -> Bool
    ) async throws {
        var position: Position?
        repeat {
            let page = try await page(database, after: position)
            for entry in page.entries where try !body(entry) { return }
            position = page.end
        } while position != nil
    }
}
