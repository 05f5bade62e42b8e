/// Lays out a module the way `opa fmt` does: the text's own line breaks decide what stands on a
/// line of its own, everything between them is set anew.
///
/// A formatter is a pure pass over the tree with three companions: the source's bytes, from which
/// literals are copied as written; the rows of every node, which say where lines were broken; and
/// the comments that are still to be placed, in the order of the text. Before a node is written,
/// the comments above its row are; one on its row waits for the end of the line
/// (`FormatLines.beforeEnd`). Where two comments would share a line, the innermost term around
/// them is copied as it is written, so that none is lost (`UnexpectedComment`).
///
/// Absent on purpose: line lengths. No line is broken or joined because of its width.
public struct Formatter {
    let source: Source
    let target: FormatTarget
    var style = Style()
    var lines = FormatLines()
    /// Those not yet written, in the order of the text.
    var comments: ArraySlice<Comment>
    /// Where the last stretch copied from the source ended.
    var copiedEnd: Int32 = -1
    /// A comment on a copied stretch's last row may go to the end of that line.
    var keepsCommentOnFinalLine = false
    private let lineStarts: [Int32]

    /// What imports and rules make of the module.
    struct Style {
        var usesContains = false
        var usesIf = false
        var targetsV1 = false
        /// Those imported beyond v1's.
        var keywords: FutureKeywords = []
        /// `in` is an operator.
        var hasIn = false
        /// `in` has to be imported to be an operator.
        var importsIn = false
        /// The chain of `and` and `or` being written has broken a line, and is indented for it.
        var indentsLogic = false
        /// Some rule's head needs references, so all heads are written as such.
        var hasReferenceHeads = false
    }

    /// Two comments would have to share a line.
    struct UnexpectedComment: Error {}

    private init(_ module: Module, _ target: FormatTarget) {
        source = module.source
        self.target = target
        comments = module.comments[...]
        var starts: [Int32] = [0]
        for (index, byte) in module.source.bytes.enumerated() where byte == 0x0A {
            starts.append(Int32(index) + 1)
        }
        lineStarts = starts
    }

    /// The formatted text of a module.
    /// - Parameter module: As `Parser` made it; its spans and comments have to be its source's.
    /// - Parameter dropsV0Imports: Leaves out `rego.v1` and `future.keywords` imports that the
    ///   target makes redundant.
    /// - Returns: UTF-8 that ends with one newline. Formatting it again changes nothing.
    /// - Source: OPA's `v1/format`.
    public static func text(
        of module: Module, target: FormatTarget, dropsV0Imports: Bool = false
    ) -> [UInt8] {
        var formatter = Formatter(module, target)
        formatter.style = Style(module, target)
        formatter.write(module, dropsV0Imports)
        var bytes = formatter.lines.bytes
        while bytes.last == 0x0A { bytes.removeLast() }
        return bytes + [0x0A]
    }

    /// The row (from 1) of a byte.
    func row(at offset: Int32) -> Int32 {
        var low = 0
        var high = lineStarts.count
        while high - low > 1 {
            let middle = (low + high) / 2
            if lineStarts[middle] <= offset { low = middle } else { high = middle }
        }
        return Int32(low) + 1
    }

    /// The row of a stretch's last byte.
    func endRow(_ span: Span) -> Int32 {
        max(span.row, row(at: max(span.end - 1, span.start)))
    }
}

/// Which Rego a formatted module has to be.
public enum FormatTarget: Sendable {
    case v0
    /// Both: v0 with `import rego.v1`.
    case v0AndV1
    case v1
}

extension Formatter.Style {
    init(_ module: Module, _ target: FormatTarget) {
        targetsV1 = target != .v0
        usesIf = targetsV1
        usesContains = targetsV1
        let firstRule = module.rules.first?.span.start ?? Int32.max
        adopt(module.imports.filter { targetsV1 || $0.span.start < firstRule })
        // What v0 calls by name is written with the operator.
        importsIn = !hasIn && module.callsMembership
        hasIn = hasIn || importsIn
        hasReferenceHeads = module.rules.contains { rule in
            rule.head.path.count > 1 || rule.head.kind.isContains && !rule.head.path.isEmpty
        }
    }

    /// Takes note of the keywords that imports allow from here on.
    mutating func adopt(_ imports: some Sequence<Import>) {
        for path in imports.map(\.path) {
            switch path {
            case ["rego", "v1"], ["future", "keywords"]:
                usesIf = true
                usesContains = true
            case ["future", "keywords", "and"]: keywords.insert(.and)
            case ["future", "keywords", "or"]: keywords.insert(.or)
            case ["future", "keywords", "if"]: usesIf = true
            case ["future", "keywords", "contains"]: usesContains = true
            default: break
            }
            hasIn =
                hasIn || path == ["future", "keywords", "in"]
                || path == ["future", "keywords", "every"]
        }
        hasIn = hasIn || usesIf && usesContains
    }
}

extension Module {
    /// Whether what `in` stands for is called by its name.
    fileprivate var callsMembership: Bool {
        var isCalled = false
        for rule in rules {
            rule.forEachTerm {
                if case .call(let call) = $0.kind, call.notation == .call, call.isMembership {
                    isCalled = true
                }
            }
        }
        return isCalled
    }
}
