/// An immutable base document: a root value and the segments its memory lives in. Any number of
/// threads read it; a write gives a new document that shares what did not change.
public final class Document: Sendable {
    let root: Value
    let segments: [Segment]

    init(root: Value, segments: [Segment]) {
        self.root = root
        self.segments = segments
    }

    /// Fewer segments than this are kept as they are; at more, a write copies the whole document.
    static let segmentsMax = 64
}

/// Memory that a snapshot retains: written once, then read by any number of threads.
final class Segment: @unchecked Sendable {
    let arena: Arena

    init(_ arena: Arena) { self.arena = arena }

    deinit { arena.destroy() }
}
