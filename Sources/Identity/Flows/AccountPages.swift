import Storage

/// What people see and do of their account.
struct AccountPages: Flow {
    static let name = "account_pages"

    var operations: [Operation] { Self.pages + Self.data }

    private static let pages: [Operation] = [
        leading(from: "/", to: "/account", elsewhere: "/session"),
        leading(from: "/.well-known/change-password", to: "/account/password"),
        Operation(
            .get, "/account", "session:list", "Your account: a page", answer: .page(),
            loader: Loader("session"),
            work: .read { call, database in
                Reply(.page(try await AccountPage(call, database).page))
            }
        ),
        Operation(
            .post, "/account/sessions", "session:revoke_all", "End sessions: a form",
            answer: .page(303), loader: Loader("session"),
            work: .write { call, transaction in
                var reply = Reply.see("/account")
                reply.revoked = try await SessionFlow.revokeOwn(
                    call.text("session"), call, transaction)
                return reply
            }
        ).with {
            $0.form = PageForm(
                title: "Sessions", lead: "", action: "/account", submit: "", fields: [])
            $0.body = .object([.init("session", .identifier(.session), isRequired: false)])
        },
        Operation(
            .post, "/account/keys", "account:revoke_key", "End a key of one's own: a form",
            answer: .page(303), loader: ownKey,
            work: .write { call, transaction in
                try await transaction.execute(
                    KeyRow.revocation(call.resource.id ?? "", now: call.request.time))
                var reply = Reply.see("/account")
                reply.changed = call.resource.id
                return reply
            }
        ).with {
            $0.form = PageForm(
                title: "Keys", lead: "", action: "/account", submit: "", fields: [])
            $0.body = .object([.init("key", .identifier(.key))])
        },
        Operation(
            .post, "/sign-out", "session:end", "Sign out: a form", answer: .page(303),
            loader: Loader("session"),
            work: .write { call, transaction in
                let ended = try await SignInFlow.signOut(call, transaction)
                var reply = Reply.see("/sign-in")
                reply.cookies = ended.cookies
                reply.revoked = ended.revoked
                reply.changed = ended.changed
                return reply
            }
        ).with {
            $0.form = PageForm(
                title: "Sign out", lead: "", action: "/sign-out", submit: "Sign out", fields: [])
            $0.body = .object([])
        },
        Operation(
            .get, profile.action, "account:update", "Your name: a page", answer: .page(),
            loader: Profile.loader,
            work: .read { call, _ in
                let name = try Profile(call.resource.rows.first ?? [])?.displayName
                return Reply(.page(profile.page(filled: ["display_name": name ?? ""])))
            }
        ).with { $0.form = profile },
        .taking(
            profile, "account:update", loader: Profile.loader,
            work: .write { call, transaction in
                try await AccountFlow.update(call, transaction).seeing("/account")
            }),
        .showing(stepUp, "session:step_up"),
        .taking(
            stepUp, "session:step_up", loader: Loader("session"),
            work: .prepared { call, database in
                try await TypedPassword.prepare(.stepUp(call), .browser, call, database).change
            }
        ).with { $0.traits = .secret },
        .showing(password, "account:change_password", loader: PasswordFacts.loader),
        .taking(
            password, "account:change_password", loader: PasswordFacts.loader,
            work: .prepared { call, database in
                let change = try await PasswordChange.prepare(call, database).change
                return { call, transaction in
                    var reply = try await change(call, transaction)
                    reply.status = 303
                    reply.location = "/account"
                    return reply
                }
            }
        ).with {
            $0.traits = .secret
            $0.turn = PasswordChange.turn
        },
    ]

    /// The fact is `account`, whose it is.
    private static let ownKey = Loader(
        "key",
        { request in
            [
                Statement(
                    "SELECT principal_id FROM api_keys WHERE id = $1 AND revoked_at IS NULL",
                    [SQLValue(request.body?["key"]?.text)])
            ]
        },
        read: { (rows, request) throws(StorageFailure) in
            let owner = try rows[0].first?.text("principal_id")
            return ResourceFacts(
                id: request.body?["key"]?.text, exists: owner != nil,
                attributes: .object(present: [("account", owner.map(JSON.text))]))
        })

    /// Where people and password managers look first.
    /// - Source: W3C, "A Well-Known URL for Changing Passwords".
    /// - Parameter elsewhere: Where to at an organization's host.
    private static func leading(
        from path: String, to page: String, elsewhere: String? = nil
    ) -> Operation {
        Operation(
            .get, path, "service:page", "Leads to \(page)", answer: .page(303),
            loader: Loader("page"),
            work: .read { call, _ in .see((call.request.site == nil ? nil : elsewhere) ?? page) })
    }

    private static let profile = PageForm(
        title: "Your name", lead: "As others see it who work with you.",
        action: "/account/profile", submit: "Keep it",
        fields: [.displayName],
        links: [.init(label: "Back to your account", path: "/account")])

    private static let stepUp = PageForm(
        title: "Is it you?",
        lead: "You signed in some time ago. What you are about to do wants your password again;"
            + " then go on where you were.",
        action: "/step-up", submit: "Go on",
        fields: [
            PageField(
                name: "password", label: "Password", kind: .password,
                autocomplete: "current-password", length: 1_024),
            PageField(name: "return_to", label: "", kind: .hidden, length: 512, isRequired: false),
        ],
        links: [
            .init(label: "I have none: sign in by mail", path: "/sign-in/mail", keepsReturn: true)
        ],
        words: [.invalidCredentials: "The password is not right."])

    private static let password = PageForm(
        title: "Change your password", lead: "You are signed out everywhere else.",
        action: "/account/password", submit: "Change it",
        fields: [
            PageField(
                name: "current_password", label: "Present password", kind: .password,
                hint: "Where you have one.", autocomplete: "current-password", length: 1_024,
                isRequired: false),
            PageField(
                name: "new_password", label: "New password", kind: .password,
                hint: "At least 15 characters.", autocomplete: "new-password", length: 1_024),
        ],
        links: [.init(label: "Back to your account", path: "/account")],
        words: [.validationFailed: "Some fields need another look."])
}
