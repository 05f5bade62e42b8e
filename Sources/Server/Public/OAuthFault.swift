import Identity

/// A fault as endpoints of OAuth say it.
/// - Source: RFC 6749, section 5.2.
struct OAuthFault {
    let status: Int
    private let error: String
    private let detail: String?

    init(_ fault: Fault) {
        detail = fault.detail ?? fault.fields.first.map(OAuthFault.text)
        switch fault.code {
        case .invalidCredentials: (status, error) = (400, "invalid_grant")
        case .unauthenticated, .tokenInvalid, .sessionExpired:
            (status, error) = (401, "invalid_client")
        case .forbidden, .notFound, .tenantMismatch: (status, error) = (403, "unauthorized_client")
        case .rateLimited, .storeUnavailable, .maintenance:
            (status, error) = (fault.status, "temporarily_unavailable")
        case .policyError: (status, error) = (500, "server_error")
        case .validationFailed where fault.fields.contains(where: OAuthFault.isOtherGrant):
            (status, error) = (400, "unsupported_grant_type")
        case .validationFailed: (status, error) = (400, "invalid_request")
        default: (status, error) = (fault.status, "invalid_request")
        }
    }

    static let shape = Shape.object([
        .init(
            "error",
            .choice([
                "invalid_request", "invalid_client", "invalid_grant", "unauthorized_client",
                "unsupported_grant_type", "temporarily_unavailable", "server_error",
            ])), .init("error_description", .text(0...1_000), isRequired: false),
    ])

    /// The pointer of a member without its slash; that of a parameter begins with none.
    private static func text(_ field: Fault.Field) -> String {
        let name = field.pointer.hasPrefix("/") ? field.pointer.dropFirst() : field.pointer[...]
        return "\(name) \(field.detail)"
    }

    private static func isOtherGrant(_ field: Fault.Field) -> Bool {
        field.pointer == "/grant_type" && field.detail.hasPrefix("is none")
    }

    var json: JSON {
        .object(present: [
            ("error", .text(error)), ("error_description", detail.map(JSON.text)),
        ])
    }
}
