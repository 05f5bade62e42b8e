public import Rego
import RegoSyntax

extension LoadedPolicy {
    /// Without the rules that decisions at entrypoints cannot reach, and without modules that have
    /// no others. What else stands in a module stays as it was written.
    public func pruned(to entrypoints: [[String]], by policy: Policy) -> LoadedPolicy {
        let reached = policy.rules(reachedFrom: entrypoints)
        var pruned = self
        pruned.modules = modules.compactMap { module in
            guard let starts = reached[module.source.name] else { return nil }
            return Pruning(module: module, reached: starts).module
        }
        return pruned
    }
}

/// One module's text with rules cut out of it: each with the comments right above it and what
/// follows it on its last line.
private struct Pruning {
    private let original: Module
    private let reached: Set<Int32>
    private let bytes: [UInt8]

    /// - Parameter reached: Where the rules begin that stay.
    init(module: Module, reached: Set<Int32>) {
        original = module
        self.reached = reached
        bytes = module.source.bytes
    }

    var module: Module {
        var text: [UInt8] = []
        var position = 0
        for rule in original.rules where !reached.contains(rule.span.start) {
            let cut = cut(rule)
            text += bytes[position..<max(position, cut.lowerBound)]
            position = max(position, cut.upperBound)
        }
        text += bytes[position...]
        if position == bytes.count {
            while text.suffix(2).allSatisfy({ $0 == Self.newLine }) { text.removeLast() }
        }
        let source = Source(name: original.source.name, bytes: text)
        let options = ParserOptions(version: original.version)
        // A bundle with more in it than it needs is right, too.
        guard case .success(let module) = Parser.module(source, options: options) else {
            return original
        }
        return module
    }

    private func cut(_ rule: Rule) -> Range<Int> {
        var start = rule.span
        for comment in original.comments.reversed() where comment.span.start < start.start {
            guard comment.span.row == start.row - 1, standsAlone(comment) else { break }
            start = comment.span
        }
        return Int(start.start)..<end(after: Int(rule.span.end))
    }

    private func standsAlone(_ comment: Comment) -> Bool {
        let line = bytes[..<Int(comment.span.start)].reversed().prefix { $0 != Self.newLine }
        return line.allSatisfy(Self.isBlank)
    }

    /// After the line's blanks, its comment, and the empty lines that follow.
    private func end(after position: Int) -> Int {
        var rest = bytes[position...].drop(while: Self.isBlank)
        if rest.first == UInt8(ascii: "#") { rest = rest.drop { $0 != Self.newLine } }
        guard let first = rest.first else { return bytes.count }
        guard first == Self.newLine else { return position }
        return rest.drop { Self.isBlank($0) || $0 == Self.newLine }.startIndex
    }

    private static let newLine = UInt8(ascii: "\n")

    private static func isBlank(_ byte: UInt8) -> Bool {
        [UInt8(ascii: " "), UInt8(ascii: "\t"), UInt8(ascii: "\r")].contains(byte)
    }
}
