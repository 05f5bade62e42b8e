/// Asks whoever registers to show that the address is theirs.
public struct VerifyEmailMail: MailTemplate {
    public static let name = "verify_email"
    public let link: String
    /// To be typed where the registration was begun.
    public let code: String
    public let validMinutes: Int

    public init(link: String, code: String, validMinutes: Int) {
        self.link = link
        self.code = code
        self.validMinutes = validMinutes
    }

    public func page(of product: String) -> MailPage {
        MailPage(
            "Confirm your address for \(product)",
            [
                .paragraph("Somebody registered at \(product) with this address."),
                .link(label: "Confirm the address", url: link),
                .paragraph("Or type this code where you registered:"),
                .facts([MailPage.Fact("Code", code)]),
                .paragraph("Both hold for \(MailPage.span(minutes: validMinutes))."),
                .paragraph(
                    "If it was not you, do nothing: without the link there is no account."),
            ])
    }
}

/// Tells the owner of an account that somebody wanted to register with their address.
public struct AlreadyRegisteredMail: MailTemplate {
    public static let name = "already_registered"
    public let signInLink: String
    public let resetLink: String
    public let asked: Circumstances

    public init(signInLink: String, resetLink: String, asked: Circumstances) {
        self.signInLink = signInLink
        self.resetLink = resetLink
        self.asked = asked
    }

    public func page(of product: String) -> MailPage {
        MailPage(
            "You have an account at \(product)",
            [
                .paragraph(
                    "Somebody registered at \(product) with this address, which has an account."),
                .facts(asked.facts),
                .paragraph("If it was you, sign in, or choose a new password:"),
                .link(label: "Sign in", url: signInLink),
                .link(label: "Choose a new password", url: resetLink),
                .paragraph("If it was not you, do nothing: your account is as it was."),
            ])
    }
}

/// Lets the first administrator set the installation up.
public struct FirstAdministratorMail: MailTemplate {
    public static let name = "first_administrator"
    public let link: String
    public let validMinutes: Int

    public init(link: String, validMinutes: Int) {
        self.link = link
        self.validMinutes = validMinutes
    }

    public func page(of product: String) -> MailPage {
        MailPage(
            "Set up \(product)",
            [
                .paragraph(
                    "The operator of \(product) named you its first administrator."),
                .link(label: "Set up your account", url: link),
                .paragraph(
                    """
                    The link works once, within \(MailPage.span(minutes: validMinutes)). Whoever \
                    has it becomes the administrator: do not pass this mail on.
                    """),
            ])
    }
}

/// Lets somebody choose a new password.
public struct ResetPasswordMail: MailTemplate {
    public static let name = "reset_password"
    public let link: String
    public let validMinutes: Int
    public let asked: Circumstances

    public init(link: String, validMinutes: Int, asked: Circumstances) {
        self.link = link
        self.validMinutes = validMinutes
        self.asked = asked
    }

    public func page(of product: String) -> MailPage {
        MailPage(
            "Choose a new password for \(product)",
            [
                .paragraph("Somebody asked for a new password of your account."),
                .facts(asked.facts),
                .link(label: "Choose a new password", url: link),
                .paragraph(
                    "The link works once, within \(MailPage.span(minutes: validMinutes))."),
                .paragraph("If it was not you, do nothing: the password stays as it is."),
            ])
    }
}

/// Signs somebody in by their mail.
public struct MagicLinkMail: MailTemplate {
    public static let name = "magic_link"
    public let link: String
    /// To be typed where the sign-in was begun.
    public let code: String
    public let validMinutes: Int
    public let asked: Circumstances

    public init(link: String, code: String, validMinutes: Int, asked: Circumstances) {
        self.link = link
        self.code = code
        self.validMinutes = validMinutes
        self.asked = asked
    }

    public func page(of product: String) -> MailPage {
        MailPage(
            "Sign in to \(product)",
            [
                .paragraph("Here is the link to sign in with, in the same browser."),
                .link(label: "Sign in", url: link),
                .paragraph("Or type this code where you began:"),
                .facts([MailPage.Fact("Code", code)]),
                .paragraph(
                    "It works once, within \(MailPage.span(minutes: validMinutes)). Asked for:"),
                .facts(asked.facts),
                .paragraph(
                    "If it was not you, do nothing. Nobody of ours ever asks for this link."),
            ])
    }
}

/// Tells the former address that the account has another, and how to undo it.
public struct EmailChangedMail: MailTemplate {
    public static let name = "email_changed"
    public let former: String
    public let current: String
    public let changed: Circumstances
    public let undoLink: String
    public let undoMinutes: Int

    public init(
        former: String, current: String, changed: Circumstances, undoLink: String,
        undoMinutes: Int
    ) {
        self.former = former
        self.current = current
        self.changed = changed
        self.undoLink = undoLink
        self.undoMinutes = undoMinutes
    }

    public func page(of product: String) -> MailPage {
        MailPage(
            "Your address at \(product) was changed",
            [
                .paragraph("Your account has another address."),
                .facts(
                    [MailPage.Fact("Before", former), MailPage.Fact("Now", current)]
                        + changed.facts),
                .paragraph(
                    """
                    If it was not you, take it back within \
                    \(MailPage.span(minutes: undoMinutes)). That signs everybody out.
                    """),
                .link(label: "Take it back", url: undoLink),
            ])
    }
}
