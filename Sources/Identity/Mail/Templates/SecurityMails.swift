/// Tells of a sign-in from a device that was not seen before.
public struct NewDeviceMail: MailTemplate {
    public static let name = "new_device"
    public let signedIn: Circumstances
    /// Where the sessions are listed and ended.
    public let sessionsLink: String

    public init(signedIn: Circumstances, sessionsLink: String) {
        self.signedIn = signedIn
        self.sessionsLink = sessionsLink
    }

    public func page(of product: String) -> MailPage {
        MailPage(
            "New sign-in to \(product)",
            [
                .paragraph("Somebody signed in to your account on a device not seen before."),
                .facts(signedIn.facts),
                .paragraph(
                    "If it was not you, end that session and choose a new password."),
                .link(label: "See your sessions", url: sessionsLink),
            ])
    }
}

/// Tells of something that the reader should look at.
public struct SecurityAlertMail: MailTemplate {
    public static let name = "security_alert"
    /// A sentence of ours: `Ten sign-ins with a wrong password were followed by a right one.`
    public let finding: String
    public let happened: Circumstances
    public let link: String

    public init(finding: String, happened: Circumstances, link: String) {
        self.finding = finding
        self.happened = happened
        self.link = link
    }

    public func page(of product: String) -> MailPage {
        MailPage(
            "Security alert from \(product)",
            [
                .paragraph(finding), .facts(happened.facts),
                .paragraph("If you cannot explain it, look at your account now."),
                .link(label: "Look at your account", url: link),
            ])
    }
}

/// Tells that the password is another.
public struct PasswordChangedMail: MailTemplate {
    public static let name = "password_changed"
    public let changed: Circumstances
    /// Whether the other sessions end with it.
    public let endsSessions: Bool
    /// Where a new password is asked for.
    public let resetLink: String

    public init(changed: Circumstances, endsSessions: Bool, resetLink: String) {
        self.changed = changed
        self.endsSessions = endsSessions
        self.resetLink = resetLink
    }

    public func page(of product: String) -> MailPage {
        let sessions = endsSessions ? "every other session was ended" : "other sessions go on"
        return MailPage(
            "Your password at \(product) was changed",
            [
                .paragraph("Your account has a new password; \(sessions)."),
                .facts(changed.facts),
                .paragraph("If it was not you, ask for a new password at once."),
                .link(label: "Ask for a new password", url: resetLink),
            ])
    }
}

/// Tells that a refresh token was used a second time, which only a copy explains.
public struct TokenReuseMail: MailTemplate {
    public static let name = "token_reuse"
    /// The application's name.
    public let client: String
    public let used: Circumstances
    /// Where the sessions are listed and ended.
    public let sessionsLink: String

    public init(client: String, used: Circumstances, sessionsLink: String) {
        self.client = client
        self.used = used
        self.sessionsLink = sessionsLink
    }

    public func page(of product: String) -> MailPage {
        MailPage(
            "A session of yours at \(product) was ended",
            [
                .paragraph(
                    """
                    A sign-in token of \(MailPage.quoted(client)) was used twice. Somebody may \
                    have copied it, so we ended the session and all its tokens.
                    """),
                .facts(used.facts),
                .paragraph("Sign in again; if you see sessions that are not yours, end them."),
                .link(label: "See your sessions", url: sessionsLink),
            ])
    }
}
