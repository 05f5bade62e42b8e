import Storage

/// Signing in with a password, and out.
struct SignInFlow: Flow {
    static let name = "sign_in"

    let operations = [
        Operation(
            .post, "/api/v1/auth/sign-in", "session:attempt", "Sign in with a password",
            answer: .json(200, SignInReply.shape), loader: Loader("session"),
            work: .prepared { call, database in
                try await TypedPassword.prepare(.signIn(call), .token, call, database).change
            }
        ).with {
            $0.body = body
            $0.traits = .secret
            $0.turn = turn
        },
        Operation(
            .post, "/api/v1/auth/step-up", "session:step_up",
            "Show again who one is: another session takes the place of this one",
            answer: .json(200, SignInReply.shape), loader: Loader("session"),
            work: .prepared { call, database in
                let isBrowser = call.subject.credential?.kind == .session
                return try await TypedPassword.prepare(
                    .stepUp(call), isBrowser ? .browser : .token, call, database
                ).change
            }
        ).with {
            $0.body = .object([
                .init("password", .text(1...1_024)),
                .init("attempt_token", OpaqueToken.shape, isRequired: false),
                .init("device_token", OpaqueToken.shape, isRequired: false),
            ])
            $0.traits = .secret
        },
        Operation(
            .post, "/api/v1/auth/sign-out", "session:end", "End the session that one uses",
            answer: .none, loader: Loader("session"),
            work: .write { call, transaction in try await signOut(call, transaction) }),
    ]

    private static let body = Shape.object([
        .init("email", .text(1...254)), .init("password", .text(1...1_024)),
        .init(
            "organization", .identifier(.organization), isRequired: false,
            "The one that the session is to be good for; without it, all of the account's."),
        .init("attempt_token", OpaqueToken.shape, isRequired: false, "Of a sign-in under way."),
        .init(
            "device_token", OpaqueToken.shape, isRequired: false,
            "What an earlier sign-in has given this client."),
    ])

    /// Guesses at one account; a device that it may know does not stand behind strangers.
    static func turn(_ request: RequestFacts) -> String? {
        let address = MailAddress(request.body?["email"]?.text ?? "")?.key ?? ""
        return "sign-in \(address) \(SignInDevice.shown(request)?.id ?? "")"
    }

    static func signOut(
        _ call: OperationCall, _ transaction: Transaction
    ) async throws -> Reply {
        var reply = Reply.none
        reply.cookies = [.forgotten(.session), .forgotten(.attempt)]
        guard let session = call.subject.credential?.session else {
            throw Fault(.invalidRequest, "the credential is no session's")
        }
        reply.changed = session.id
        reply.revoked = try await SessionRows.revoke(
            [session.id], for: "signed_out", in: transaction, now: call.request.time)
        return reply
    }
}
