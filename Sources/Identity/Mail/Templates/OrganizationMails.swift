/// Invites somebody into an organization.
public struct InvitationMail: MailTemplate {
    public static let name = "invitation"
    public let organization: String
    public let inviter: String
    public let roles: [String]
    public let link: String
    public let validMinutes: Int

    public init(
        organization: String, inviter: String, roles: [String], link: String, validMinutes: Int
    ) {
        self.organization = organization
        self.inviter = inviter
        self.roles = roles
        self.link = link
        self.validMinutes = validMinutes
    }

    public func page(of product: String) -> MailPage {
        MailPage(
            "Invitation to \(MailPage.quoted(organization)) at \(product)",
            [
                .paragraph(
                    """
                    \(MailPage.quoted(inviter)) invites you to join the organization \
                    \(MailPage.quoted(organization)).
                    """),
                .facts([MailPage.Fact("Roles", RoleChangedMail.list(roles))]),
                .link(label: "See the invitation", url: link),
                .paragraph(
                    """
                    It holds for \(MailPage.span(minutes: validMinutes)). If you do not know who \
                    sent it, do nothing.
                    """),
            ])
    }
}

/// Tells a member of other roles.
public struct RoleChangedMail: MailTemplate {
    public static let name = "role_changed"
    public let organization: String
    public let added: [String]
    public let removed: [String]
    public let changedBy: String
    /// Microseconds since 1970.
    public let at: Int64

    public init(
        organization: String, added: [String], removed: [String], changedBy: String, at: Int64
    ) {
        self.organization = organization
        self.added = added
        self.removed = removed
        self.changedBy = changedBy
        self.at = at
    }

    public func page(of product: String) -> MailPage {
        MailPage(
            "Your roles in \(MailPage.quoted(organization)) were changed",
            [
                .paragraph(
                    "What you may do in \(MailPage.quoted(organization)) at \(product) changed."),
                .facts([
                    MailPage.Fact("New roles", RoleChangedMail.list(added)),
                    MailPage.Fact("Roles taken away", RoleChangedMail.list(removed)),
                    MailPage.Fact("Changed by", changedBy),
                    MailPage.Fact("When", MailDate.prose(at)),
                ]),
            ])
    }

    static func list(_ names: [String]) -> String {
        names.isEmpty ? "none" : names.map { MailPage.quoted($0) }.joined(separator: ", ")
    }
}

/// Tells an administrator that a domain no longer shows that it is the organization's.
public struct DomainCheckFailedMail: MailTemplate {
    public static let name = "domain_check_failed"
    public let organization: String
    public let domain: String
    /// What the check found: `the TXT record is gone`.
    public let finding: String
    /// Microseconds since 1970.
    public let lastVerifiedAt: Int64
    /// Where the domain's record is shown.
    public let link: String

    public init(
        organization: String, domain: String, finding: String, lastVerifiedAt: Int64, link: String
    ) {
        self.organization = organization
        self.domain = domain
        self.finding = finding
        self.lastVerifiedAt = lastVerifiedAt
        self.link = link
    }

    public func page(of product: String) -> MailPage {
        MailPage(
            "The domain \(MailPage.quoted(domain)) could not be verified",
            [
                .paragraph(
                    """
                    \(product) looked again whether the domain belongs to \
                    \(MailPage.quoted(organization)), and could not tell.
                    """),
                .facts([
                    MailPage.Fact("Domain", domain), MailPage.Fact("Found", finding),
                    MailPage.Fact("Last verified", MailDate.prose(lastVerifiedAt)),
                ]),
                .paragraph(
                    "Mend the record, or sign-ins that depend on the domain will end."),
                .link(label: "See the record", url: link),
            ])
    }
}

/// Tells an owner that an organization is served under a domain no longer.
public struct DomainLostMail: MailTemplate {
    public static let name = "domain_lost"
    public let organization: String
    public let domain: String
    /// Where the domain's record is shown.
    public let link: String

    public init(organization: String, domain: String, link: String) {
        self.organization = organization
        self.domain = domain
        self.link = link
    }

    public func page(of product: String) -> MailPage {
        MailPage(
            "The domain \(MailPage.quoted(domain)) is served no longer",
            [
                .paragraph(
                    """
                    The record that shows that the domain belongs to \
                    \(MailPage.quoted(organization)) stayed away for days. \(product) answers \
                    requests to \(MailPage.quoted(domain)) no longer.
                    """),
                .paragraph(
                    "Mend the record and verify the domain again, if it is still yours."),
                .link(label: "See the record", url: link),
            ])
    }
}

/// Tells an administrator that nothing is sent to a webhook any more.
public struct WebhookDisabledMail: MailTemplate {
    public static let name = "webhook_disabled"
    public let organization: String
    public let endpoint: String
    /// Of the last attempt: `the server answered 500`.
    public let lastError: String
    /// Microseconds since 1970.
    public let failingSince: Int64
    /// Where it is enabled again.
    public let link: String

    public init(
        organization: String, endpoint: String, lastError: String, failingSince: Int64,
        link: String
    ) {
        self.organization = organization
        self.endpoint = endpoint
        self.lastError = lastError
        self.failingSince = failingSince
        self.link = link
    }

    public func page(of product: String) -> MailPage {
        MailPage(
            "A webhook of \(MailPage.quoted(organization)) was disabled",
            [
                .paragraph(
                    """
                    \(product) could not deliver events to a webhook for days and sends no more \
                    to it.
                    """),
                .facts([
                    MailPage.Fact("Endpoint", endpoint), MailPage.Fact("Last error", lastError),
                    MailPage.Fact("Failing since", MailDate.prose(failingSince)),
                ]),
                .paragraph("Events of the time since are kept and can be sent again."),
                .link(label: "See the webhook", url: link),
            ])
    }
}
