import RegoMachine
import Storage

/// Setting an installation up: whoever has the link makes the first administrator, once.
struct SetupFlow: Flow {
    static let name = "setup"

    let operations = [
        .showing(form),
        .taking(
            form, "setup:complete", status: 201, loader: loader,
            work: .write { call, transaction in
                try await complete(call, transaction).reply { .page($0.page) }
            }
        ).with {
            $0.reach = .made
            $0.traits = .secret
        },
        Operation(
            .post, "/api/v1/setup", "setup:complete", "Make the first administrator",
            answer: .json(201, Made.shape), loader: loader,
            work: .write { call, transaction in
                try await complete(call, transaction).reply { .json($0.json) }
            }
        ).with {
            $0.body = body
            $0.reach = .made
            $0.traits = .secret
        },
    ]

    private static let loader = Loader(
        "installation",
        { [SetupLinks.finding($0.body?["secret"]?.text ?? "", now: $0.time)] },
        read: { (rows, _) throws(StorageFailure) in
            ResourceFacts(
                exists: true, attributes: ["link": ["valid": .boolean(!rows[0].isEmpty)]])
        })

    private static let form = PageForm(
        title: "Set up Ostiary",
        lead: "You make the first administrator of this installation, and the first organization."
            + " The link that brought you here is good for one use.",
        action: "/setup", submit: "Set up",
        fields: [
            PageField(
                name: "secret", label: "Setup code",
                hint: "From the link that the server printed; filled in where you followed it.",
                isPlain: true, isFromFragment: true),
            .displayName,
            PageField(
                name: "email", label: "Your e-mail address", kind: .email,
                autocomplete: "email", length: 254, isPlain: true),
            PageField(
                name: "organization_name", label: "Name of the organization",
                autocomplete: "organization"),
            PageField(
                name: "organization_slug", label: "Short name of the organization",
                hint: "Lower-case letters, digits and hyphens: it stands in addresses.",
                length: 63, isPlain: true),
        ],
        words: [
            .unauthenticated: "This code is not valid: it was used, a later start has replaced it,"
                + " it is older than a day, or there is an administrator. Start the server again,"
                + " or run `ostiary admin bootstrap`, for another one.",
            .validationFailed: "Some fields need another look.",
        ])

    private static let body = Shape.object([
        .init("secret", .text(1...100), "Behind the # of the link that the server printed."),
        .init("display_name", .displayName), .init("email", .text(3...254)),
        .init("organization_name", .text(1...100)), .init("organization_slug", .text(1...63)),
    ])

    /// What was made; the key is shown this once.
    private struct Made {
        let account: String
        let organization: String
        let key: String

        static let shape = Shape.object([
            .init("account", .identifier(.account)),
            .init("organization", .identifier(.organization)),
            .init("api_key", .text(1...200), "Shown this once: the database holds its digest."),
        ])

        var json: JSON {
            [
                "account": .text(account), "organization": .text(organization),
                "api_key": .text(key),
            ]
        }

        var page: Page {
            .outcome(
                "You are the administrator",
                [
                    "Copy the key now: it is shown this once, and does everything that you may.",
                    "Send it as `Authorization: Bearer` with requests to the API, which /docs"
                        + " describes.",
                    "To sign in with a browser, ask for a mail at /sign-in/mail; a password is"
                        + " chosen at /account/password then.",
                ],
                facts: [
                    .init(name: "API key", value: key, isCode: true),
                    .init(name: "Your account", value: account, isCode: true),
                    .init(name: "The organization", value: organization, isCode: true),
                ])
        }

        func reply(_ content: (Made) -> Reply.Content) -> Reply {
            var reply = Reply(content(self), status: 201)
            reply.changed = account
            return reply
        }
    }

    private static func complete(
        _ call: OperationCall, _ transaction: Transaction
    ) async throws -> Made {
        guard let secret = call.text("secret"), let name = call.text("display_name"),
            let organizationName = call.text("organization_name"),
            let slug = call.text("organization_slug")
        else { throw Fault(.validationFailed) }
        guard let email = call.text("email").flatMap(MailAddress.init) else {
            throw Fault.invalid([.init("/email", "is no address such as ada@example.com")])
        }
        guard Slug.isFit(slug) else { throw Slug.fault(at: "/organization_slug") }
        let now = call.request.time
        guard let link = try await SetupLinks.redeem(secret, in: transaction, now: now) else {
            throw Fault(.unauthenticated)
        }
        if let address = link.address, MailAddress(address)?.key != email.key {
            throw Fault.invalid([.init("/email", "is not the one that the link is for")])
        }
        let account = NewAccount(displayName: name, address: email, host: call.host)
        let first = FirstAdministrator(
            account: account, organization: call.request.made, organizationName: organizationName,
            slug: slug, host: call.host)
        try await first.insert(in: transaction, now: now, host: call.host)
        return Made(account: account.id, organization: call.request.made, key: first.key.text)
    }
}
