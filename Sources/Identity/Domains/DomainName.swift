/// The name of a domain as hosts have it: labels of ASCII in lower case, at least two.
/// - Source: RFC 1123, section 2.1; RFC 5890, section 2.3.2.1 for what others write otherwise.
public struct DomainName: Sendable, Hashable {
    public let text: String

    /// The record that shows whose it is stands beside it.
    static let challengeLabel = "_ostiary-challenge"

    /// So long that the record's name is one, too.
    static let bytesMax = 253 - challengeLabel.utf8.count - 1

    /// - Returns: `nil` for addresses, for single labels, and for names in other letters: those
    ///   are to be written as `xn--…`.
    public init?(_ text: String) {
        var name = text.lowercased()
        if name.hasSuffix(".") { name.removeLast() }
        let labels = name.split(separator: ".", omittingEmptySubsequences: false)
        guard name.utf8.count <= DomainName.bytesMax, labels.count > 1,
            labels.allSatisfy({ Slug.isLabel($0) }),
            let last = labels.last, last.utf8.contains(where: { $0 > UInt8(ascii: "9") })
        else { return nil }
        self.text = name
    }
}
