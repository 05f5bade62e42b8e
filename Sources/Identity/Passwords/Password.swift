import Foundation

/// A password as it is hashed: the same characters are the same bytes, however a keyboard makes
/// them. Nothing else is changed: spaces stay, also at the ends, and so does the case.
/// - Source: NIST SP 800-63B-4, section 3.1.1.2: NFKC, each code point counts as one.
public struct Password: Sendable, Hashable {
    /// As it was typed.
    let typed: String
    /// In normal form KC.
    let text: String
    /// Code points as typed, where a normal form could make many of one, or as normalised, where it
    /// makes one of many.
    let length: Int

    public static let lengthMax = 256

    /// - Returns: `nil` for more than `lengthMax` code points, and for what no form is stable of:
    ///   controls, and code points that mean nothing yet.
    public init?(_ typed: String) {
        let count = typed.unicodeScalars.prefix(Self.lengthMax + 1).count
        let areFit = typed.unicodeScalars.allSatisfy { scalar in
            switch scalar.properties.generalCategory {
            case .control, .unassigned: false
            default: true
            }
        }
        guard count <= Self.lengthMax, areFit else { return nil }
        self.typed = typed
        text = typed.precomposedStringWithCompatibilityMapping
        length = min(count, text.unicodeScalars.count)
    }

    var bytes: [UInt8] { Array(text.utf8) }
}

extension Password: CustomStringConvertible, CustomReflectable {
    /// Passwords stand in no log.
    public var description: String { "***" }

    public var customMirror: Mirror { Mirror(self, children: []) }
}
