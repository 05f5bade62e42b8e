import HTTPTypes
import Identity

/// What a request demands of the resource's version.
/// - Source: RFC 9110 13.1.1 and 13.1.2.
struct Conditions: Sendable {
    private let match: String?
    private let noneMatch: String?

    init(_ fields: HTTPFields) {
        match = fields[.ifMatch]
        noneMatch = fields[.ifNoneMatch]
    }

    static func tag(_ version: Int64) -> String { "\"\(version)\"" }

    /// - Throws: `Fault.preconditionFailed` where `If-Match` names other versions.
    func check(_ version: Int64?) throws(Fault) {
        guard let match else { return }
        guard let version, Conditions.names(match, version, isWeak: false) else {
            throw Fault(.preconditionFailed)
        }
    }

    /// Whether the client has this version already.
    func isKnown(_ version: Int64) -> Bool {
        noneMatch.map { Conditions.names($0, version, isWeak: true) } ?? false
    }

    private static func names(_ field: String, _ version: Int64, isWeak: Bool) -> Bool {
        field.split(separator: ",").contains { member in
            let text = member.filter { $0 != " " && $0 != "\t" }
            return text == "*" || text == tag(version) || (isWeak && text == "W/\(tag(version))")
        }
    }
}
