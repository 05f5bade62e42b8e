/// A mail of the program. Its variables are fields: what is missing does not compile.
///
/// A value may hold anything that somebody typed. It reaches the reader through `MailPage`, which
/// makes one line of it and, in HTML, text.
public protocol MailTemplate: Sendable {
    /// By which the outbox and the log name it.
    static var name: String { get }

    /// - Parameter product: What the installation calls itself.
    func page(of product: String) -> MailPage
}

/// What a mail says, before it is text or HTML.
public struct MailPage: Sendable, Hashable {
    public let subject: String
    let blocks: [Block]

    enum Block: Sendable, Hashable {
        case paragraph(String)
        /// What the reader may follow.
        case link(label: String, url: String)
        case facts([Fact])
    }

    /// A name and a value of a short table.
    struct Fact: Sendable, Hashable {
        let name: String
        let value: String

        init(_ name: String, _ value: String) {
            self.name = name
            self.value = value
        }
    }

    init(_ subject: String, _ blocks: [Block]) {
        self.subject = MailPage.line(subject)
        self.blocks = blocks
    }

    static let nameCharactersMax = 80

    /// A name that somebody chose, as it stands in a sentence: short, and in marks that show where
    /// it ends.
    static func quoted(_ name: String) -> String {
        let line = line(name)
        guard line.count > nameCharactersMax else { return "“\(line)”" }
        return "“\(line.prefix(nameCharactersMax - 1))…”"
    }

    /// One line, whatever was in it: line ends and controls are spaces, of which there is never
    /// more than one, and what turns the direction of writing around is left out.
    static func line(_ text: String) -> String {
        var scalars = String.UnicodeScalarView()
        for scalar in text.unicodeScalars {
            switch scalar.properties.generalCategory {
            case .control, .lineSeparator, .paragraphSeparator: scalars.append(" ")
            default: if !turnsDirection(scalar) { scalars.append(scalar) }
            }
        }
        return String(scalars).split(separator: " ").joined(separator: " ")
    }

    private static func turnsDirection(_ scalar: Unicode.Scalar) -> Bool {
        switch scalar.value {
        case 0x200E, 0x200F, 0x061C, 0x202A...0x202E, 0x2066...0x2069: true
        default: false
        }
    }

    /// How long something holds: `10 minutes`, `1 hour`, `7 days`.
    static func span(minutes: Int) -> String {
        let (count, unit) =
            switch minutes {
            case let minutes where minutes >= 2_880 && minutes % 1_440 == 0:
                (minutes / 1_440, "day")
            case let minutes where minutes >= 60 && minutes % 60 == 0: (minutes / 60, "hour")
            default: (minutes, "minute")
            }
        return "\(count) \(unit)\(count == 1 ? "" : "s")"
    }
}

/// From where somebody did what a mail tells of.
public struct Circumstances: Sendable, Hashable {
    /// Microseconds since 1970.
    public let at: Int64
    /// Of the network; `nil`: not known.
    public let address: String?
    /// Such as `Firefox on Linux`; `nil`: not known.
    public let device: String?

    public init(at: Int64, address: String?, device: String?) {
        self.at = at
        self.address = address
        self.device = device
    }

    var facts: [MailPage.Fact] {
        [
            MailPage.Fact("When", MailDate.prose(at)),
            MailPage.Fact("From", address ?? "an unknown address"),
            MailPage.Fact("With", device ?? "an unknown device"),
        ]
    }
}
