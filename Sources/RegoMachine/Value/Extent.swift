/// How deep a collection is, and how much of it there would be if it were written out: what keeps
/// recursion over values inside of a thread's stack, and tells the cost of comparing them.
///
/// Values share their parts, so that few steps make a value that is huge written out, or so deep
/// that no stack holds a walk over it. Whatever puts a collection into another one says so here.
///
/// Invariant: `height` is at least the true one. A table that changes after it was put into an
/// object is put there again (`FunctionLowering` sees to it).
struct Extent: BitwiseCopyable {
    /// Collections inside each other, this one included.
    private(set) var height: UInt32 = 1
    /// Nodes that stand deeper than the elements themselves. Stops at the largest number.
    private(set) var below: UInt32 = 0

    /// Twice what documents may have by default. Walks take less than 1 kB of stack a level.
    static let heightMax: UInt32 = 2_000

    /// - Throws: `limit(.nesting)`; nothing changed then.
    @inline(__always)
    mutating func take(_ child: Value) throws(BuiltinError) {
        if child.isCollection { try takeCollection(child) }
    }

    @inline(never)
    private mutating func takeCollection(_ child: Value) throws(BuiltinError) {
        let inner = child.extent
        let nodes = child.nodes(inner)
        try rise(above: inner)
        add(nodes &- 1)
        child.note(nodes)
    }

    /// `child` is an element already, and has grown since.
    mutating func takeAgain(_ child: Value) throws(BuiltinError) {
        let inner = child.extent
        let nodes = child.nodes(inner)
        try rise(above: inner)
        add(nodes &- min(nodes, child.nodesNoted))
        child.note(nodes)
    }

    @inline(__always)
    private mutating func rise(above inner: Extent) throws(BuiltinError) {
        guard inner.height < Extent.heightMax else { throw .limit(.nesting) }
        height = max(height, inner.height &+ 1)
    }

    @inline(__always)
    private mutating func add(_ nodes: UInt32) {
        let sum = below &+ nodes
        below = sum < below ? .max : sum
    }
}

extension Value {
    @inline(__always)
    var isCollection: Bool { kind.rawValue >= Kind.array.rawValue }

    /// Whether an array's memory begins with its `Extent`, one `Value` before the first element.
    @inline(__always)
    private var hasExtent: Bool { aux & Value.extentFlag != 0 }

    /// Bit 23 of `aux`.
    static let extentFlag: UInt32 = 1 << 23

    /// Of a collection.
    @inline(__always)
    var extent: Extent {
        switch kind {
        case .object, .set: unsafe table.pointee.extent
        case .array where hasExtent: unsafe Value.arrayExtent(address(as: Value.self)).pointee
        default: Extent()
        }
    }

    /// Where an array with elements at `start` has its extent.
    static func arrayExtent(_ start: UnsafePointer<Value>) -> UnsafeMutablePointer<Extent> {
        unsafe UnsafeMutableRawPointer(mutating: start - 1).assumingMemoryBound(to: Extent.self)
    }

    /// The nodes of the value written out as a tree, itself included; at most `UInt32.max`.
    var nodes: UInt32 { isCollection ? nodes(extent) : 1 }

    /// Of a collection with this extent.
    @inline(__always)
    fileprivate func nodes(_ extent: Extent) -> UInt32 {
        let elements =
            unsafe kind == .array
            ? length : Int(table.pointee.count) &* Int(table.pointee.stride)
        return UInt32(clamping: Int(extent.below) &+ elements &+ 1)
    }

    /// Remembers the nodes of what may still grow.
    @inline(__always)
    fileprivate func note(_ nodes: UInt32) {
        guard kind != .array, unsafe !table.pointee.isFrozen else { return }
        unsafe table.pointee.nodesNoted = nodes
    }

    fileprivate var nodesNoted: UInt32 {
        kind == .array ? 0 : unsafe table.pointee.nodesNoted
    }
}
