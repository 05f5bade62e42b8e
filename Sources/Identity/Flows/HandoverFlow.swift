import Storage

/// How a browser that is signed in at the issuer's host gets a session at an organization's: an
/// attempt is begun there (`begin`), whoever is signed in here confirms it and is sent back with a
/// code, and the code and the attempt's cookie together give the session.
struct HandoverFlow: Flow {
    static let name = "handover"

    static let confirmPath = "/sign-in/organization"
    private static let finishPath = "/sign-in/finish"

    let operations = [
        Operation(
            .get, confirmPath, "session:hand_over", "\(confirming.title): a page",
            answer: .page(), loader: loader,
            work: .read { call, _ in
                let attempt = try await begun(call.request.query["attempt"], call)
                return Reply(.page(try page(attempt, call)))
            }
        ).with {
            $0.form = confirming
            $0.query = ids
            $0.reach = .everywhere
        },
        .taking(
            confirming, "session:hand_over", loader: loader,
            work: .prepared { call, _ in try await handOver(call) }
        ).with {
            $0.body = .object(ids)
            $0.reach = .everywhere
            $0.traits = .secret
        },
        .showing(finishing, "session:finish", loader: Loader("session"))
            .with { $0.traits = .secret },
        .taking(
            finishing, "session:finish", loader: Loader("session"),
            work: .prepared { call, database in try await finish(call, database) }
        ).with { $0.traits = .secret },
        Operation(
            .get, "/session", "me:read", "How you are signed in: a page", answer: .page(),
            loader: Loader("me"),
            work: .read { call, database in
                guard let tenant = call.tenant, call.request.site != nil else {
                    return .see("/account")
                }
                let rows = try await database.read(
                    in: .none, [AccountAddresses.name(of: call.subject.id ?? "")])
                let name = try rows[0].first?.text("display_name") ?? ""
                return Reply(.page(signedIn(name, tenant, call)))
            }
        ).with { $0.form = leaving },
    ]

    // MARK: At the organization's host

    /// Leads to the issuer's host, and remembers in this browser that it was here.
    static func begin(_ call: OperationCall) async throws -> Reply {
        let facilities = call.facilities
        let organization = call.request.hostOrganization
        let (attempt, secret) = facilities.attempts.begin(
            organization: organization,
            returnTo: call.request.query["return_to"].flatMap(ReturnPath.checked),
            site: call.request.site)
        try await facilities.attempts.keep(attempt)
        var reply = Reply.see(
            "\(facilities.issuer)\(confirmPath)?attempt=\(attempt.id)"
                + "&organization=\(organization ?? "")")
        reply.cookies = call.cookies(binding: secret)
        return reply
    }

    private static func finish(
        _ call: OperationCall, _ database: any Database
    ) async throws -> Operation.Change {
        let attempts = call.facilities.attempts
        // The code of somebody else, in whose browser it has no cookie, stays theirs.
        guard let site = call.request.site,
            let attempt = try await attempts.find(Attempts.secret(of: call.request), site: site),
            let handover = try await attempts.take(call.text("code") ?? ""),
            handover.attempt == attempt.id
        else { return { _, _ in .refusal(Fault(.invalidCredentials)) } }
        let membership = try await MembershipFacts.find(
            handover.account, attempt.organization, database)
        return { call, transaction in
            let rows = try await transaction.query(
                HandedSession.finding(handover.session, now: call.request.time))
            guard let session = try HandedSession(rows) else {
                return .refusal(Fault(.invalidCredentials))
            }
            let whole = session.evidence.reduce(attempt) { $0.adding($1) }
            return try await SessionCreation(
                call: call, attempt: whole, kind: .browser, account: session.account,
                lane: SignInLane(of: session.account.id, device: nil), failures: 0,
                membership: membership, handed: session
            ).run(in: transaction).reply(secret: nil, .browser)
        }
    }

    // MARK: At the issuer's host

    private static func handOver(_ call: OperationCall) async throws -> Operation.Change {
        let attempt = try await begun(call.text("attempt"), call)
        guard let session = call.subject.credential?.session, let account = call.subject.id,
            let site = attempt.site
        else { throw Fault(.invalidRequest, "the credential is no session's") }
        let code = try await call.facilities.attempts.keep(
            Handover(attempt: attempt.id, session: session.id, account: account))
        let place = "\(call.facilities.origin(of: site))\(finishPath)?code=\(code.text)"
        return { _, _ in
            var reply = Reply.see(place)
            reply.details = ["site": .text(site), "session": .text(session.id)]
            return reply
        }
    }

    /// The attempt, where it is of the organization that the policy was asked about.
    private static func begun(_ id: String?, _ call: OperationCall) async throws -> Attempt {
        guard let attempt = try await call.facilities.attempts.begunElsewhere(id ?? ""),
            attempt.organization == call.resource.id
        else { throw Fault(.invalidRequest, "this sign-in is over: begin it again") }
        return attempt
    }

    /// The facts are `organization` and `membership`, the subject's in it.
    private static let loader = Loader(
        "organization",
        { request in
            [
                Statement(
                    """
                    SELECT o.id, o.name, o.status, m.status AS membership_status,
                        e.address
                    FROM organizations o
                    LEFT JOIN memberships m ON m.organization_id = o.id AND m.principal_id = $2
                    LEFT JOIN account_addresses e ON e.account_id = $2 AND e.is_primary = TRUE
                    WHERE o.id = $1 AND o.status <> 'deleted'
                    """,
                    [SQLValue(organization(of: request)), SQLValue(request.credential?.principal)])
            ]
        },
        read: { (rows, request) throws(StorageFailure) in
            let row = rows[0].first
            let membership = try row?.text(orNull: "membership_status")
            return ResourceFacts(
                id: try row?.text("id"), exists: row != nil,
                attributes: .object(present: [
                    (
                        "organization",
                        try row.map { (row) throws(StorageFailure) in
                            [
                                "id": .text(try row.text("id")),
                                "status": .text(try row.text("status")),
                            ]
                        }
                    ),
                    ("membership", membership.map { ["status": .text($0)] }),
                ]), rows: rows)
        })

    private static func organization(of request: RequestFacts) -> String? {
        request.body?["organization"]?.text ?? request.query["organization"]
    }

    // MARK: Pages

    private static let ids: [Shape.Field] = [
        .init("attempt", .identifier(.attempt)),
        .init("organization", .identifier(.organization)),
    ]

    private static let confirming = PageForm(
        title: "Go on to the organization", lead: "", action: confirmPath, submit: "Go on",
        fields: ["attempt", "organization"].map {
            PageField(name: $0, label: "", kind: .hidden)
        },
        links: [.init(label: "I am somebody else: to my account", path: "/account")],
        words: [.invalidRequest: "This sign-in is over. Begin again at the organization's page."])

    private static func page(
        _ attempt: Attempt, _ call: OperationCall
    ) throws(StorageFailure) -> Page {
        let row = call.resource.rows.first?.first
        let site = attempt.site ?? ""
        var form = confirming
        form.lead =
            "You go on to \(site), a page of \(try row?.text("name") ?? ""), as"
            + " \(try row?.text(orNull: "address") ?? "yourself"). If you did not come from there,"
            + " go no further."
        form.sentTo = [call.facilities.origin(of: site)]
        return form.page(call.request.query)
    }

    private static let finishing = PageForm(
        title: "Almost there", lead: "You are signed in, and go on in a moment.",
        action: finishPath, submit: "Go on",
        fields: [PageField(name: "code", label: "", kind: .hidden)],
        links: [.init(label: "Begin again", path: "/sign-in")],
        words: [
            .invalidCredentials:
                "This sign-in is over: it took too long, or was begun in another browser."
        ],
        isSentAtOnce: true)

    private static let leaving = PageForm(
        title: "You are signed in", lead: "", action: "/sign-out", submit: "Sign out", fields: [])

    private static func signedIn(
        _ name: String, _ tenant: Tenant, _ call: OperationCall
    ) -> Page {
        var form = leaving
        form.lead = "At \(tenant.name), as \(name)."
        form.links = [
            .init(label: "Your account", path: "\(call.facilities.issuer)/account")
        ]
        return form.page()
    }
}
