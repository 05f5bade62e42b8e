/// What the API calls an error: a closed list that clients may rely on.
/// - Source: RFC 9457 for the body that carries it.
public enum ErrorCode: String, Sendable, CaseIterable {
    case invalidRequest = "invalid_request"
    case validationFailed = "validation_failed"
    case unauthenticated
    case invalidCredentials = "invalid_credentials"
    case tokenInvalid = "token_invalid"
    case sessionExpired = "session_expired"
    case stepUpRequired = "step_up_required"
    case forbidden
    case tenantMismatch = "tenant_mismatch"
    case unknownTenant = "unknown_tenant"
    case unknownHost = "unknown_host"
    case notFound = "not_found"
    case conflict
    case roleInUse = "role_in_use"
    case lastOwner = "last_owner"
    case alreadyMember = "already_member"
    case invitationInvalid = "invitation_invalid"
    case preconditionFailed = "precondition_failed"
    case idempotencyMismatch = "idempotency_mismatch"
    case alreadyCompleted = "already_completed"
    case payloadTooLarge = "payload_too_large"
    case rateLimited = "rate_limited"
    case tierRequired = "tier_required"
    case maintenance
    case csrfFailed = "csrf_failed"
    case storeUnavailable = "store_unavailable"
    case policyError = "policy_error"

    /// The HTTP status that goes with it.
    public var status: Int {
        switch self {
        case .invalidRequest: 400
        case .unauthenticated, .invalidCredentials, .tokenInvalid, .sessionExpired,
            .stepUpRequired:
            401
        case .forbidden, .tenantMismatch, .tierRequired, .csrfFailed, .policyError: 403
        case .unknownTenant, .notFound, .invitationInvalid: 404
        case .conflict, .roleInUse, .lastOwner, .alreadyMember, .alreadyCompleted: 409
        case .preconditionFailed: 412
        case .payloadTooLarge: 413
        case .unknownHost: 421
        case .validationFailed, .idempotencyMismatch: 422
        case .rateLimited: 429
        case .maintenance, .storeUnavailable: 503
        }
    }

    /// The same in words for people, alike for each occurrence.
    public var title: String {
        switch self {
        case .invalidRequest: "The request is malformed"
        case .validationFailed: "Some fields are not valid"
        case .unauthenticated: "A credential is needed"
        case .invalidCredentials: "The credentials are not valid"
        case .tokenInvalid: "The token is not valid"
        case .sessionExpired: "The session has ended"
        case .stepUpRequired: "A fresh sign-in is needed"
        case .forbidden: "This is not allowed"
        case .tenantMismatch: "The credential belongs to another organization"
        case .unknownTenant: "There is no such organization"
        case .unknownHost: "This host is not served here"
        case .notFound: "There is no such resource"
        case .conflict: "The resource is in the way of the request"
        case .roleInUse: "The role is in use"
        case .lastOwner: "An organization keeps an owner"
        case .alreadyMember: "The principal is a member already"
        case .invitationInvalid: "The invitation is not valid"
        case .preconditionFailed: "The resource has changed"
        case .idempotencyMismatch: "The key belongs to another request"
        case .alreadyCompleted: "This has been completed before"
        case .payloadTooLarge: "The request is too large"
        case .rateLimited: "Too many requests"
        case .tierRequired: "The organization's tier does not include this"
        case .maintenance: "The service is under maintenance"
        case .csrfFailed: "The request does not come from our own pages"
        case .storeUnavailable: "The store does not answer"
        case .policyError: "The policy could not decide"
        }
    }
}

/// Why a request has no other answer.
public struct Fault: Error, Sendable, Hashable {
    public var code: ErrorCode
    /// One clause about this occurrence, without secrets.
    public var detail: String?
    /// What is wrong with which fields.
    public var fields: [Field] = []
    /// Another status than the code's: 405, 406 and 415 have no code of their own.
    public var status: Int
    /// Seconds until the same request may have another answer.
    public var retryAfterSeconds: Int?
    /// What a fresh sign-in has to be like, where one is needed.
    public var stepUp: StepUp?
    /// The origin at which the same would be done, where this is the wrong one.
    public var origin: String?

    /// How well somebody has to have signed in, and how lately.
    public struct StepUp: Sendable, Hashable {
        public let assurance: String
        public let maxAgeSeconds: Int64

        public init(assurance: String, maxAgeSeconds: Int64) {
            self.assurance = assurance
            self.maxAgeSeconds = maxAgeSeconds
        }
    }

    /// A part of the request, and what is wrong with it.
    public struct Field: Sendable, Hashable {
        /// A JSON pointer into the body (RFC 6901), or `query/name`, `header/name`.
        public let pointer: String
        public let detail: String

        public init(_ pointer: String, _ detail: String) {
            self.pointer = pointer
            self.detail = detail
        }
    }

    public init(_ code: ErrorCode, _ detail: String? = nil, status: Int? = nil) {
        self.code = code
        self.detail = detail
        self.status = status ?? code.status
    }

    public static func invalid(_ fields: [Field]) -> Fault {
        var fault = Fault(.validationFailed)
        fault.fields = fields
        return fault
    }
}
