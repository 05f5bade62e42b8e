import Decisions

extension SessionCreation.Outcome {
    /// - Parameter secret: Of an attempt that is new to who has asked.
    /// - Parameter kind: Of who has asked: a browser goes on to a page, a client is told.
    func reply(secret: OpaqueToken?, _ kind: SessionCreation.Kind) -> Reply {
        kind == .browser ? page(secret) : json(secret)
    }

    /// Tokens, or what else is to be shown.
    private func json(_ secret: OpaqueToken?) -> Reply {
        switch self {
        case .created(let session):
            var reply = Reply.json(
                .object(
                    present: [
                        ("status", "complete"), ("session", .text(session.id)),
                        ("account", .text(session.account)),
                        ("device_token", session.tokenOfDevice),
                    ] + (session.tokens?.members ?? [])))
            reply.describe(session)
            return reply
        case .next(let steps, let attempt, let decision):
            var reply = Reply.json(SignInReply.next(attempt, secret: secret, steps))
            reply.decision = decision.id
            reply.attempt = attempt
            return reply
        case .refused(let decision): return .refusal(decision)
        }
    }

    /// A cookie, and the page to go on to.
    private func page(_ secret: OpaqueToken?) -> Reply {
        switch self {
        case .created(let session):
            let attempt = session.attempt
            var reply = Reply.see(
                attempt.returnTo ?? (attempt.site == nil ? "/account" : "/session"))
            reply.describe(session)
            return reply
        case .next(let steps, let attempt, let decision):
            guard let path = steps.lazy.compactMap(SignInReply.page).first else {
                return .refusal(decision)
            }
            var reply = Reply.see(path)
            reply.decision = decision.id
            reply.attempt = attempt
            if let secret { reply.cookies = [.binding(secret)] }
            return reply
        case .refused(let decision): return .refusal(decision)
        }
    }
}

extension Reply {
    fileprivate mutating func describe(_ session: NewSession) {
        changed = session.id
        decision = session.decision
        revoked = session.revoked
        guard session.kind == .browser else { return }
        cookies = [
            SetCookie(.session, session.secret.text, maxAgeSeconds: session.seconds),
            .forgotten(.attempt), .forgotten(.form),
        ]
        guard let device = session.device else { return }
        cookies.append(
            SetCookie(
                .device, device.text, maxAgeSeconds: SessionLifetimes.deviceSeconds))
    }

    /// What was shown does not let anybody in. Who has shown nothing learns nothing.
    fileprivate static func refusal(_ decision: FurtherDecision) -> Reply {
        let verdict = decision.verdict
        var fault = Fault(.invalidCredentials)
        if verdict.isFailed {
            fault = Fault(.policyError)
        } else if verdict.mayRead {
            fault =
                decision.maintenance
                ?? Fault(.forbidden, verdict.reasons.joined(separator: "; "))
        }
        var reply = Reply.refusal(fault)
        reply.decision = decision.id
        return reply
    }
}

/// What clients are answered that sign somebody in.
enum SignInReply {
    /// The page that takes what a policy wants to be shown; `nil`: none does.
    fileprivate static func page(_ step: String) -> String? {
        switch step {
        case "mail": "/sign-in/mail"
        case "password": "/sign-in"
        case "verify_email": "/verify"
        default: nil
        }
    }

    static func next(_ attempt: Attempt, secret: OpaqueToken?, _ steps: [String]) -> JSON {
        .object(present: [
            ("status", "next"), ("attempt", .text(attempt.id)),
            ("attempt_token", secret.map { .text($0.text) }),
            ("next", .array(steps.map(JSON.text))),
        ])
    }

    static let shape = Shape.object(
        [
            .init("status", .choice(["complete", "next"])),
            .init("session", .identifier(.session), isRequired: false),
            .init("account", .identifier(.account), isRequired: false),
            .init(
                "device_token", OpaqueToken.shape, isRequired: false,
                "By which this client is known when it signs in again."),
            .init("attempt", .identifier(.attempt), isRequired: false),
            .init(
                "attempt_token", OpaqueToken.shape, isRequired: false,
                "With which this client goes on: for ten minutes, or as long as the mail that it"
                    + " has asked for."),
            .init(
                "next", .array(of: .text(1...64), count: 1...16), isRequired: false,
                "What else is to be shown."),
        ] + SessionTokens.fields)
}
