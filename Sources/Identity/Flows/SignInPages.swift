import Storage

/// The pages by which people come in. They do what the API does, for a browser: what comes of it is
/// a cookie.
struct SignInPages: Flow {
    static let name = "sign_in_pages"

    let operations = pages.map { $0.with { $0.traits.formUnion(.secret) } }

    private static let pages: [Operation] = [
        opening,
        .taking(
            signIn, "session:attempt", loader: Loader("session"),
            work: .prepared { call, database in
                try await TypedPassword.prepare(.signIn(call), .browser, call, database).change
            }
        ).with { $0.turn = SignInFlow.turn },
        .showing(signUp),
        .taking(
            signUp, "account:sign_up", loader: Loader("account"),
            work: .prepared { call, _ in
                going(to: "/verify", after: try await SignUpFlow.Started.begin(call).change)
            }),
        .showing(verify),
        .taking(
            verify, "account:verify", loader: Loader("account"),
            work: .prepared { call, database in
                let proof = try await AddressProof.prepare(call, .verify, database)
                return Verification(proof: proof, kind: .browser).change
            }
        ).with { $0.turn = AddressProof.turn },
        .showing(byMail),
        .taking(
            byMail, "session:attempt", loader: Loader("session"),
            work: .prepared { call, _ in
                going(to: "/magic-link", after: try await MailAttempt.begin(call).change)
            }),
        .showing(code),
        .taking(
            code, "session:attempt", loader: Loader("session"),
            work: .prepared { call, database in
                let proof = try await AddressProof.prepare(call, .signIn, database)
                return try await MailSignIn.prepare(proof, .browser, call, database).change
            }
        ).with { $0.turn = AddressProof.turn },
        .showing(forgotten),
        .taking(
            forgotten, "account:ask_reset", status: 202, loader: Loader("account"),
            work: .write { call, transaction in
                var reply = try await PasswordFlow.forgotten(call, transaction)
                reply.content = .page(onItsWay)
                return reply
            }),
        .showing(reset),
        .taking(
            reset, "account:reset_password", loader: Loader("account"),
            work: .prepared { call, database in
                try await PasswordReset.prepare(.browser, call, database).change
            }),
    ]

    /// At an organization's host the way in leads by the issuer's, where passwords are typed.
    private static let opening = Operation(
        .get, signIn.action, "service:page", "\(signIn.title): a page", answer: .page(),
        loader: Loader("page"),
        work: .read { call, _ in
            guard call.request.site == nil else { return try await HandoverFlow.begin(call) }
            return Reply(.page(signIn.page(call.request.query)))
        }
    ).with {
        $0.form = signIn
        $0.query = signIn.query
    }

    // MARK: Forms

    private static let email = PageField(
        name: "email", label: "Your e-mail address", kind: .email, autocomplete: "username",
        length: 254, isPlain: true)

    private static let newPassword = PageField(
        name: "password", label: "Password", kind: .password,
        hint: "At least 15 characters: a sentence is easier to keep in mind than a word.",
        autocomplete: "new-password", length: 1_024)

    private static let returnTo = PageField(
        name: "return_to", label: "", kind: .hidden, length: 512, isRequired: false)

    private static let wrongCode =
        "This code is not valid: it was used, it is too old, another mail has replaced it, or you"
        + " began in another browser."

    private static let signIn = PageForm(
        title: "Sign in", lead: "", action: "/sign-in", submit: "Sign in",
        fields: [
            email,
            PageField(
                name: "password", label: "Password", kind: .password,
                autocomplete: "current-password", length: 1_024),
            returnTo,
        ],
        links: [
            .init(label: "Sign in by mail instead", path: "/sign-in/mail", keepsReturn: true),
            .init(label: "I have forgotten my password", path: "/forgotten-password"),
            .init(label: "I have no account yet", path: "/sign-up", keepsReturn: true),
        ],
        words: [
            .invalidCredentials: "The address or the password is not right. If you are sure, sign"
                + " in by mail: that also works after too many wrong passwords."
        ])

    private static let signUp = PageForm(
        title: "Sign up", lead: "A mail to your address comes next.", action: "/sign-up",
        submit: "Sign up",
        fields: [
            .displayName, email, newPassword, returnTo,
        ],
        links: [.init(label: "I have an account", path: "/sign-in", keepsReturn: true)],
        words: [.validationFailed: "Some fields need another look."])

    private static let verify = PageForm(
        title: "Look into your mail",
        lead: "We have sent a mail to your address. Follow its link here, or type its code.",
        action: "/verify", submit: "Go on",
        fields: [
            mailCode,
            PageField(
                name: "password", label: "The password you have chosen", kind: .password,
                hint: "Only where you did not sign up in this browser.",
                autocomplete: "current-password", length: 1_024, isRequired: false),
        ],
        links: [.init(label: "Sign up again", path: "/sign-up", keepsReturn: true)],
        words: [
            .invalidCredentials: wrongCode + " Type the password that you chose, too.",
            .conflict: "There is an account with this address by now: sign in.",
        ])

    private static let byMail = PageForm(
        title: "Sign in by mail", lead: "We send you a link and a code.", action: "/sign-in/mail",
        submit: "Send the mail", fields: [email, returnTo],
        links: [.init(label: "Sign in with a password", path: "/sign-in", keepsReturn: true)])

    private static let code = PageForm(
        title: "Look into your mail",
        lead: "If the address can receive it, a mail is on its way. Follow its link in this"
            + " browser, or type its code.",
        action: "/magic-link", submit: "Sign in", fields: [mailCode],
        links: [.init(label: "Send another mail", path: "/sign-in/mail", keepsReturn: true)],
        words: [.invalidCredentials: wrongCode])

    private static let forgotten = PageForm(
        title: "Forgotten password", lead: "We send you a link by which you choose another one.",
        action: "/forgotten-password", submit: "Send the mail", fields: [email],
        links: [.init(label: "Sign in", path: "/sign-in", keepsReturn: true)])

    private static let reset = PageForm(
        title: "Choose a new password", lead: "You are signed out everywhere else.",
        action: "/reset", submit: "Choose it", fields: [mailCode, newPassword],
        links: [.init(label: "Send another mail", path: "/forgotten-password")],
        words: [
            .invalidCredentials: wrongCode, .validationFailed: "Some fields need another look.",
        ])

    private static let mailCode = PageField(
        name: "code", label: "Code from the mail",
        hint: "Filled in where you followed the mail's link.", autocomplete: "one-time-code",
        isPlain: true, isFromFragment: true)

    private static let onItsWay = Page.outcome(
        "Look into your mail",
        [
            "If there is an account with this address, a mail is on its way. Its link works for"
                + " half an hour."
        ])

    /// The sign-in that was begun goes on at another page, in the same browser.
    private static func going(
        to path: String, after change: @escaping Operation.Change
    ) -> Operation.Change {
        { call, transaction in
            let begun = try await change(call, transaction)
            var reply = Reply.see(path)
            reply.changed = begun.changed
            reply.cookies = begun.cookies
            return reply
        }
    }
}
