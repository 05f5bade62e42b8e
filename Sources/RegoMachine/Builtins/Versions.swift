extension Builtin {
    package static let versions: [Builtin] = [
        Builtin("semver.compare", [.string, .string], .number, run: Versions.compare),
        Builtin("semver.is_valid", [.any], .boolean) { operands, _ in
            .boolean(operands[0].string.flatMap(Version.init) != nil)
        },
    ]
}

enum Versions {
    static func compare(
        _ operands: Operands, _ context: BuiltinContext
    ) throws(BuiltinError) -> Value {
        let left = try version(operands[0], position: 1)
        let right = try version(operands[1], position: 2)
        return .integer(Int64(left.compare(right)))
    }

    private static func version(_ operand: Value, position: Int) throws(BuiltinError) -> Version {
        let text = operand.bytes.string
        if let version = Version(text) { return version }
        throw .failed("operand \(position): string \(Quoted.text(text)) is not a valid SemVer")
    }
}

/// A semantic version, with or without a `v` before it.
/// - Source: semver.org 2.0.0; leading zeros pass, as in OPA.
private struct Version {
    /// Major, minor, patch.
    let numbers: [Int64]
    /// The identifiers of a pre-release; empty for a release.
    let identifiers: [String]

    init?(_ text: String) {
        var rest = Substring(text)
        if rest.first == "v" { rest.removeFirst() }
        let build = Version.cut(&rest, at: "+")
        let release = Version.cut(&rest, at: "-")
        guard Version.areIdentifiers(build), Version.areIdentifiers(release) else { return nil }
        let parts = rest.split(separator: ".", omittingEmptySubsequences: false)
        let numbers = parts.compactMap { Int64($0) }
        guard parts.count == 3, numbers.count == 3 else { return nil }
        self.numbers = numbers
        identifiers = release.split(separator: ".").map(String.init)
    }

    /// What follows the separator; the text keeps what is before it.
    private static func cut(_ text: inout Substring, at separator: Character) -> Substring {
        guard let place = text.firstIndex(of: separator) else { return "" }
        let after = text[text.index(after: place)...]
        text = text[..<place]
        return after
    }

    private static func areIdentifiers(_ text: Substring) -> Bool {
        if text.isEmpty { return true }
        return text.utf8.split(separator: UInt8(ascii: "."), omittingEmptySubsequences: false)
            .allSatisfy { part in
                !part.isEmpty
                    && part.allSatisfy { URLQueries.isUnreserved($0) && $0 != 95 && $0 != 126 }
            }
    }

    func compare(_ other: Version) -> Int {
        for (left, right) in zip(numbers, other.numbers) where left != right {
            return left < right ? -1 : 1
        }
        if identifiers.isEmpty != other.identifiers.isEmpty { return identifiers.isEmpty ? 1 : -1 }
        for (left, right) in zip(identifiers, other.identifiers) where left != right {
            let order = Version.compare(left, right)
            if order != 0 { return order }
        }
        let (count, otherCount) = (identifiers.count, other.identifiers.count)
        return count < otherCount ? -1 : count > otherCount ? 1 : 0
    }

    /// Numbers are lower than words.
    private static func compare(_ left: String, _ right: String) -> Int {
        switch (number(left), number(right)) {
        case (let a?, let b?): a < b ? -1 : a > b ? 1 : 0
        case (.some, nil): -1
        case (nil, .some): 1
        case (nil, nil): left.utf8.lexicographicallyPrecedes(right.utf8) ? -1 : 1
        }
    }

    private static func number(_ text: String) -> UInt64? {
        guard text.utf8.allSatisfy({ (48...57).contains($0) }) else { return nil }
        return UInt64(text) ?? .max
    }
}
