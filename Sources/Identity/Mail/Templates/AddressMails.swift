/// Asks whoever named a further address to show that it is theirs.
public struct AddAddressMail: MailTemplate {
    public static let name = "add_address"
    public let link: String
    public let validMinutes: Int

    public init(link: String, validMinutes: Int) {
        self.link = link
        self.validMinutes = validMinutes
    }

    public func page(of product: String) -> MailPage {
        MailPage(
            "Add this address to your account at \(product)",
            [
                .paragraph("Somebody who is signed in at \(product) named this address as theirs."),
                .link(label: "Add the address", url: link),
                .paragraph(
                    """
                    The link works once, within \(MailPage.span(minutes: validMinutes)), where \
                    that account is signed in.
                    """),
                .paragraph(
                    "If it was not you, do nothing: without the link the address is not theirs."),
            ])
    }
}

/// Tells the owner of an address that somebody named it as theirs, and nothing of who that was.
public struct AddressTakenMail: MailTemplate {
    public static let name = "address_taken"

    public init() {}

    public func page(of product: String) -> MailPage {
        MailPage(
            "Somebody named your address at \(product)",
            [
                .paragraph(
                    "Somebody wanted to add this address to another account at \(product)."),
                .paragraph(
                    "It is your account's, so it was not added. There is nothing to do."),
            ])
    }
}

/// Tells the owner of an account that it is no more.
public struct AccountDeletedMail: MailTemplate {
    public static let name = "account_deleted"
    public let deleted: Circumstances

    public init(deleted: Circumstances) { self.deleted = deleted }

    public func page(of product: String) -> MailPage {
        MailPage(
            "Your account at \(product) was deleted",
            [
                .paragraph(
                    """
                    Your account is no more: its addresses, passwords, keys and memberships were \
                    removed, and everybody was signed out.
                    """),
                .facts(deleted.facts),
                .paragraph(
                    """
                    If it was not you, tell whoever runs \(product). With this address you may \
                    register again, as somebody new.
                    """),
            ])
    }
}
