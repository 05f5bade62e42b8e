import Foundation

/// One Swift file of the project, as the rules of style read it.
struct SourceFile {
    /// From the project's root: `Sources/Rego/Engine.swift`.
    let path: String
    let lines: [Substring]
    /// The same lines without comments and without what stands in string literals.
    let plain: [String]

    /// The target: `Rego` of `Sources/Rego/Engine.swift`.
    var room: String { String(path.split(separator: "/")[1]) }
    var isSource: Bool { path.hasPrefix("Sources/") }
    var name: String { String(path.split(separator: "/").last ?? "") }

    init(path: String, text: String) {
        self.path = path
        lines = text.split(separator: "\n", omittingEmptySubsequences: false)
        var reader = PlainText()
        plain = lines.map { reader.line($0) }
    }

    static let root = URL(filePath: #filePath).deletingLastPathComponent()
        .deletingLastPathComponent().deletingLastPathComponent()

    /// Every Swift file below `Sources` and `Tests`, sorted by path.
    static let all: [SourceFile] = ["Sources", "Tests"].flatMap { folder -> [SourceFile] in
        let start = root.appending(path: folder)
        let found = FileManager.default.enumerator(at: start, includingPropertiesForKeys: nil)
        return (found?.allObjects as? [URL] ?? []).filter { $0.pathExtension == "swift" }.map {
            let path = String($0.path.dropFirst(root.path.count)).drop { $0 == "/" }
            let text = String(decoding: (try? Data(contentsOf: $0)) ?? Data(), as: UTF8.self)
            return SourceFile(path: String(path), text: text)
        }
    }.sorted { $0.path < $1.path }

    static let sources = all.filter(\.isSource)
}

/// Takes comments and the contents of strings out of Swift text, line by line.
private struct PlainText {
    private var blockDepth = 0
    /// The delimiter of a literal over several lines, such as `"""` or `"""#`.
    private var open: String?

    mutating func line(_ text: Substring) -> String {
        var rest = text
        var kept = ""
        while let first = rest.first {
            if let delimiter = open {
                guard let end = rest.range(of: delimiter) else { return kept }
                rest = rest[end.upperBound...]
                open = nil
            } else if blockDepth > 0 {
                skipComment(&rest)
            } else if rest.hasPrefix("//") {
                return kept
            } else if rest.hasPrefix("/*") {
                blockDepth = 1
                rest = rest.dropFirst(2)
            } else if first == "\"" || (first == "#" && isRawStart(rest)) {
                kept += "\"\""
                skipLiteral(&rest)
            } else {
                kept.append(first)
                rest = rest.dropFirst()
            }
        }
        return kept
    }

    private func isRawStart(_ rest: Substring) -> Bool {
        rest.drop { $0 == "#" }.hasPrefix("\"")
    }

    private mutating func skipComment(_ rest: inout Substring) {
        if rest.hasPrefix("*/") {
            blockDepth -= 1
            rest = rest.dropFirst(2)
        } else if rest.hasPrefix("/*") {
            blockDepth += 1
            rest = rest.dropFirst(2)
        } else {
            rest = rest.dropFirst()
        }
    }

    private mutating func skipLiteral(_ rest: inout Substring) {
        let pounds = String(rest.prefix { $0 == "#" })
        rest = rest.dropFirst(pounds.count)
        if rest.hasPrefix("\"\"\"") {
            open = "\"\"\"" + pounds
            rest = rest.dropFirst(3)
            return
        }
        rest = rest.dropFirst()
        let close = "\"" + pounds
        while !rest.isEmpty && !rest.hasPrefix(close) {
            rest = rest.dropFirst(pounds.isEmpty && rest.first == "\\" ? 2 : 1)
        }
        rest = rest.dropFirst(close.count)
    }
}
