import Storage

/// The pages that the links of mails lead to.
extension AddressFlow {
    static let pages: [Operation] = [
        .showing(addForm, "account:add_address", loader: own),
        .taking(
            addForm, "account:add_address", loader: own,
            work: .write { call, transaction in
                try await add(call, transaction).seeing("/account")
            }),
        Operation(
            .post, "/account/addresses/{address}/primary", "account:make_primary",
            "Make an address the primary one: a form", answer: .page(303), loader: one,
            work: .write { call, transaction in
                try await makePrimary(call, transaction).seeing("/account")
            }
        ).with(bare),
        Operation(
            .post, "/account/addresses/{address}/remove", "account:remove_address",
            "Give an address up: a form", answer: .page(303), loader: one,
            work: .write { call, transaction in
                try await remove(call, transaction).seeing("/account")
            }
        ).with(bare),
        .showing(verifyForm),
        .taking(
            verifyForm, "account:verify_address", status: 200, loader: link(.addAddress),
            work: .write { call, transaction in
                let row = try await verify(call, transaction)
                return Reply(
                    .page(
                        .outcome(
                            "The address is yours",
                            ["\(row.address.text) is one of your account's addresses now."])))
            }
        ).with { $0.traits = .secret },
        .showing(undoForm),
        .taking(
            undoForm, "account:undo_address", status: 200, loader: link(.undoAddress),
            work: .write { call, transaction in
                var reply = try await undo(call, transaction)
                reply.status = 200
                reply.content = .page(
                    .outcome(
                        "The change was taken back",
                        [
                            "This is your account's primary address again, and everybody was"
                                + " signed out.", "Sign in, and choose a new password.",
                        ]))
                return reply
            }
        ).with {
            $0.traits = .secret
            $0.onDenial = { _, _ in [] }
        },
    ]

    /// A button of the account's page.
    private static func bare(_ operation: inout Operation) {
        operation.form = PageForm(
            title: "Your addresses", lead: "", action: "/account", submit: "Go on", fields: [])
        operation.body = .object([])
    }

    private static let addForm = PageForm(
        title: "Add an address", lead: "A mail goes there; its link shows that it is yours.",
        action: "/account/addresses", submit: "Send the mail",
        fields: [
            PageField(
                name: "email", label: "The address", kind: .email, autocomplete: "email",
                length: 254, isPlain: true)
        ],
        links: [.init(label: "Back to your account", path: "/account")])

    private static let code = PageField(
        name: "token", label: "Code",
        hint: "From the link in the mail; filled in where you followed it.", isPlain: true,
        isFromFragment: true)

    private static let verifyForm = PageForm(
        title: "Add an address",
        lead: "You add the address that you got the mail at to your account.",
        action: "/verify-address", submit: "Add the address", fields: [code],
        links: [.init(label: "Sign in", path: "/sign-in?return_to=%2Fverify-address")],
        words: [
            .unauthenticated: "Sign in first, in this browser, and follow the link once more.",
            .sessionExpired: "Sign in first, in this browser, and follow the link once more.",
            .notFound: "This code is not valid: it was used, it is too old, or you are signed in"
                + " as somebody else.",
        ])

    private static let undoForm = PageForm(
        title: "Take the change back",
        lead: "You make the address that you got the mail at your account's primary one again."
            + " That signs everybody out.",
        action: "/undo-address", submit: "Take it back", fields: [code],
        words: [
            .invalidCredentials: "This code is not valid: it was used, or it is too old.",
            .notFound: "This code is not valid: it was used, or it is too old.",
        ])
}
