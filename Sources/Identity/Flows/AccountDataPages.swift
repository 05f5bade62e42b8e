import Storage

/// What people take along of their account, and its end.
extension AccountPages {
    static let data: [Operation] = [
        .showing(exporting, "account:export", loader: Loader("account")),
        Operation(
            .post, exporting.action, "account:export", "\(exporting.title): its form",
            answer: .json(200, AccountExport.shape), loader: Loader("account"),
            work: .prepared { call, database in
                let reply = try await AccountFlow.export(call, database)
                return { _, _ in
                    var file = reply
                    file.fileName = "account.json"
                    return file
                }
            }
        ).with {
            $0.form = exporting
            $0.body = exporting.shape
            $0.traits = .secret
        },
        Operation.showing(ending, "account:delete", loader: AccountDeletion.loader)
            .with { $0.reach = .everywhere },
        Operation.taking(
            ending, "account:delete", status: 200, loader: AccountDeletion.loader,
            work: .write { call, transaction in
                guard call.text("confirmation") == confirmation else {
                    throw Fault.invalid([
                        .init("/confirmation", "is not the word \(confirmation)")
                    ])
                }
                var reply = try await AccountDeletion.run(call, transaction)
                reply.status = 200
                reply.content = .page(ended)
                return reply
            }
        ).with {
            $0.reach = .everywhere
            $0.traits = .secret
        },
    ]

    private static let confirmation = "DELETE"

    private static let back = PageForm.Link(label: "Back to your account", path: "/account")

    private static let exporting = PageForm(
        title: "Download your data",
        lead: "All that is kept of your account, as one file: your addresses, sessions, memberships"
            + " and keys, and the record of what you did. Nothing in it opens anything.",
        action: "/account/export", submit: "Download it", fields: [], links: [back])

    private static let ending = PageForm(
        title: "Delete your account",
        lead: "Your addresses, your password, your keys and your memberships are removed, and you"
            + " are signed out everywhere. This cannot be undone: with the same address you may"
            + " sign up again, as somebody new.",
        action: "/account/delete", submit: "Delete my account",
        fields: [
            PageField(
                name: "confirmation", label: "Type \(confirmation)",
                hint: "In capital letters, so that it does not happen by mistake.", isPlain: true)
        ],
        links: [.init(label: "Download your data first", path: exporting.action), back],
        words: [.validationFailed: "Nothing was deleted."])

    private static let ended = Page.outcome(
        "Your account is gone",
        [
            "You are signed out everywhere, and a mail about it is on its way to the address that"
                + " was your primary one."
        ])
}
