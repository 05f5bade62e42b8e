import Storage

/// What people see and do of their account.
struct AccountPages: Flow {
    static let name = "account_pages"

    let operations: [Operation] = [
        leading(from: "/", to: "/account"),
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
        .showing(password, "account:change_password"),
        .taking(
            password, "account:change_password", loader: Loader("account"),
            work: .prepared { call, database in
                let change = try await PasswordChange.prepare(call, database).change
                return { call, transaction in
                    var reply = try await change(call, transaction)
                    reply.status = 303
                    reply.location = "/account"
                    return reply
                }
            }
        ).with { $0.traits = .secret },
    ]

    /// Where people and password managers look first.
    /// - Source: W3C, "A Well-Known URL for Changing Passwords".
    private static func leading(from path: String, to page: String) -> Operation {
        Operation(
            .get, path, "service:page", "Leads to \(page)", answer: .page(303),
            loader: Loader("page"), work: .read { _, _ in .see(page) })
    }

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

/// What the account's page shows.
struct AccountPage: Sendable {
    let page: Page

    init(_ call: OperationCall, _ database: any Database) async throws {
        let account = call.subject.id ?? ""
        let rows = try await database.read(
            in: .none,
            [
                SessionRows.live(of: account, now: call.request.time),
                AccountAddresses.name(of: account), AccountAddresses.primary(of: account),
                AccountAddresses.password(of: account),
            ])
        let own = call.subject.credential?.session?.id
        let sessions = try rows[0].map { try AccountPage.session($0, own: own) }
        page = Page(
            template: .account,
            values: .object(present: [
                ("title", "Your account"),
                ("name", try rows[1].first.map { .text(try $0.text("display_name")) }),
                ("email", try rows[2].first.map { .text(try $0.text("address")) }),
                ("password", .boolean(try AddressOwner(rows[3])?.hash != nil)),
                ("sessions", .array(sessions)), ("others", .boolean(sessions.count > 1)),
            ]))
    }

    private static func session(_ row: Row, own: String?) throws(StorageFailure) -> JSON {
        let id = try row.text("id")
        return [
            "id": .text(id), "current": .boolean(id == own),
            "device": .text(DeviceName.of(try row.text(orNull: "user_agent"))),
            "address": .text(try row.text("network_address")),
            "since": .text(MailDate.prose(try row.integer("signed_in_at"))),
            "active": .text(MailDate.prose(try row.integer("last_active_at"))),
        ]
    }
}
