import RegoMachine

/// A replacement text with `$1`, `${name}` and `$$`, taken apart once for all matches.
/// - Source: Go, package `regexp`, `Regexp.Expand`.
struct Replacement {
    private enum Part {
        case text(Range<Int>)
        /// The first of these groups that took part; often none or one.
        case group([Int])
    }

    private let template: Bytes
    private var parts: [Part] = []

    init(_ template: Bytes, for pattern: Pattern) {
        self.template = template
        var position = 0
        while position < template.count {
            guard template[position] == UInt8(ascii: "$") else {
                appendText(position..<position + 1)
                position += 1
                continue
            }
            if position + 1 < template.count && template[position + 1] == UInt8(ascii: "$") {
                appendText(position..<position + 1)
                position += 2
            } else if let (name, end) = Replacement.reference(template, position + 1) {
                parts.append(.group(Replacement.groups(named: template[name], pattern)))
                position = end
            } else {
                // Malformed: the dollar sign is text.
                appendText(position..<position + 1)
                position += 1
            }
        }
    }

    private mutating func appendText(_ range: Range<Int>) {
        if case .text(let before) = parts.last, before.upperBound == range.lowerBound {
            parts[parts.count - 1] = .text(before.lowerBound..<range.upperBound)
        } else {
            parts.append(.text(range))
        }
    }

    /// The name after a dollar sign, and where the reference ends.
    private static func reference(_ text: Bytes, _ start: Int) -> (Range<Int>, Int)? {
        let braced = start < text.count && text[start] == UInt8(ascii: "{")
        let nameStart = braced ? start + 1 : start
        var end = nameStart
        while end < text.count {
            let width = text.widthOfScalar(at: end)
            guard isNamePart(text[end..<end + width]) else { break }
            end += width
        }
        if end == nameStart { return nil }
        guard braced else { return (nameStart..<end, end) }
        guard end < text.count && text[end] == UInt8(ascii: "}") else { return nil }
        return (nameStart..<end, end + 1)
    }

    private static func isNamePart(_ bytes: Bytes) -> Bool {
        guard let scalar = String(decoding: bytes, as: UTF8.self).unicodeScalars.first else {
            return false
        }
        switch scalar.properties.generalCategory {
        case .uppercaseLetter, .lowercaseLetter, .titlecaseLetter, .modifierLetter, .otherLetter,
            .decimalNumber:
            return true
        default: return scalar == "_"
        }
    }

    private static func groups(named name: Bytes, _ pattern: Pattern) -> [Int] {
        let isNumber =
            name.allSatisfy { (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) }
            && name.count <= 9 && (name.count == 1 || name[0] != UInt8(ascii: "0"))
        if isNumber {
            let group = name.reduce(0) { $0 * 10 + Int($1 & 15) }
            return group <= pattern.groupCount ? [group] : []
        }
        guard pattern.groupCount > 0 else { return [] }
        return (1...pattern.groupCount).filter { group in
            pattern.name(ofGroup: group).map { $0.elementsEqual(name) } ?? false
        }
    }

    /// The text of `base` with every match replaced; `base` itself where there is none.
    func replaceAll(
        in base: Value, _ pattern: Pattern, _ context: BuiltinContext
    ) throws(BuiltinError) -> Value {
        let text = base.bytes
        var match = Pattern.Match(groups: groupsUsed)
        guard pattern.find(in: text, from: 0, &match) else {
            try context.charge(1 + text.count / 16)
            return base
        }
        var output = try TextBuilder(in: context.arena, capacity: text.count + template.count)
        var copied = 0
        var position = 0
        repeat {
            try context.charge(1 + (match.end - position) / 16)
            try output.append(text[copied..<match.start])
            // Not for an empty match right after another match.
            if match.end > copied || match.start == 0 {
                try append(match, of: text, to: &output)
            }
            copied = match.end
            position = max(position + text.widthOfScalar(at: position), match.end)
        } while position <= text.count && pattern.find(in: text, from: position, &match)
        try output.append(text[copied..<text.count])
        return output.value
    }

    private var groupsUsed: Int {
        var most = 0
        for case .group(let groups) in parts { most = max(most, groups.max() ?? 0) }
        return most
    }

    private func append(
        _ match: borrowing Pattern.Match, of text: Bytes, to output: inout TextBuilder
    ) throws(BuiltinError) {
        for part in parts {
            switch part {
            case .text(let range): try output.append(template[range])
            case .group(let groups):
                for group in groups {
                    guard let range = match.range(group) else { continue }
                    try output.append(text[range])
                    break
                }
            }
        }
    }
}
