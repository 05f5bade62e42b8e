import Cryptography
import Storage

/// Signing up: somebody names an address, and shows that it is theirs. The account is there from
/// then on.
struct SignUpFlow: Flow {
    static let name = "sign_up"

    let operations = [
        Operation(
            .post, "/api/v1/auth/sign-up", "account:sign_up",
            "Begin to sign up: a mail goes to the address",
            answer: .json(202, SignInReply.shape), loader: Loader("account"),
            work: .prepared { call, _ in try await Started.begin(call).change }
        ).with {
            $0.body = body
            $0.traits = .secret
        },
        Operation(
            .post, "/api/v1/auth/verify", "account:verify",
            "Show that an address is one's own, and be signed in",
            answer: .json(200, SignInReply.shape), loader: Loader("account"),
            work: .prepared { call, database in
                Verification(
                    proof: try await AddressProof.prepare(call, .verify, database), kind: .token
                ).change
            }
        ).with {
            $0.body = AddressProof.body
            $0.traits = .secret
            $0.turn = AddressProof.turn
        },
    ]

    private static let body = Shape.object([
        .init("email", .text(3...254)),
        .init(
            "password", .text(1...1_024), isRequired: false,
            "Without one, the account is used by mails."),
        .init("display_name", .displayName),
    ])

    /// A registration that is about to be kept.
    struct Started: Sendable {
        let registration: PendingRegistration
        let request: AddressRequest
        let attempt: Attempt
        let secret: OpaqueToken

        var change: Operation.Change {
            { call, transaction in
                try await transaction.execute(registration.insertion(now: call.request.time))
                try await transaction.execute(request.insertion)
                var reply = Reply(
                    .json(SignInReply.next(attempt, secret: secret, ["verify_email"])), status: 202)
                reply.changed = registration.id
                reply.cookies = call.cookies(binding: secret, until: .verify)
                return reply
            }
        }
    }
}

extension SignUpFlow.Started {
    /// What takes long: the password's hash, and the other store.
    static func begin(_ call: OperationCall) async throws -> SignUpFlow.Started {
        let address = try MailAddress.typed(in: call)
        let name = call.text("display_name") ?? ""
        var hash: String?
        if let password = call.text("password"), !password.isEmpty {
            hash = try await call.facilities.passwords.hash(
                choosing: password, of: [address], names: [name], at: "/password")
        }
        let registration = PendingRegistration(
            address: address, displayName: name, passwordHash: hash, host: call.host)
        let attempts = call.facilities.attempts
        // Nobody is a member anywhere as soon as they have signed up.
        let (attempt, secret) = attempts.begin(
            organization: nil, returnTo: ReturnPath.typed(call))
        try await attempts.keep(attempt)
        var request = AddressRequest(.signUp, address, call)
        request.registration = registration.id
        request.attempt = attempt
        return SignUpFlow.Started(
            registration: registration, request: request, attempt: attempt, secret: secret)
    }
}

extension MailAddress {
    /// - Throws: `Fault` where the field `email` is no address.
    static func typed(in call: OperationCall) throws(Fault) -> MailAddress {
        guard let address = call.text("email").flatMap(MailAddress.init) else {
            throw Fault.invalid([.init("/email", "is no address such as ada@example.com")])
        }
        return address
    }
}

extension Passwords {
    /// The hash of a password that somebody chose to sign in with.
    /// - Parameter pointer: Of the field, for what is wrong with it.
    /// - Throws: `Fault`.
    func hash(
        choosing typed: String, of addresses: [MailAddress], names: [String], at pointer: String
    ) async throws(Fault) -> String {
        let choice: PasswordChoice
        do throws(PasswordFailure) {
            choice = try await choose(typed, for: .alone, of: addresses, names: names)
        } catch {
            throw error.fault
        }
        switch choice {
        case .accepted(let hash): return hash.text
        case .refused(let weakness): throw Fault.invalid([.init(pointer, weakness.detail)])
        }
    }
}
