/// The memory of one evaluation: bump allocation, a mark to rewind to, freed whole.
///
/// A trivially copyable handle; whoever called `make` must call `destroy`. Not thread-safe.
///
/// Invariant: `escapes` grows whenever something that was there before now refers to new memory
/// (an element added to an older collection, an index built late, a result remembered). A loop
/// rewinds to the mark of its iteration only where `escapes` did not move.
@frozen @safe public struct Arena: BitwiseCopyable, @unchecked Sendable {
    @usableFromInline let state: UnsafeMutablePointer<State>

    @usableFromInline @unsafe struct State {
        @usableFromInline var cursor: UInt
        @usableFromInline var limit: UInt
        @usableFromInline var escapes: Int
        var chunks: [Chunk]
        var current: Int
        var bytesBefore: Int
        var bytesMax: Int
        /// A stack that readers of documents put elements on until they know how many there are.
        var scratch: UnsafeMutablePointer<Value>?
        var scratchCapacity: Int
    }

    @unsafe struct Chunk {
        var start: UnsafeMutableRawPointer
        var bytes: Int
    }

    /// A place to rewind to.
    @usableFromInline struct Mark: BitwiseCopyable {
        var cursor: UInt
        var chunk: Int32
        var bytesBefore: Int
        @usableFromInline var escapes: Int
    }

    @inlinable init(state: UnsafeMutablePointer<State>) {
        unsafe self.state = unsafe state
    }

    /// - Parameter bytesMax: The most the arena hands out before `allocate` throws.
    public static func make(bytesMax: Int) -> Arena {
        let state = UnsafeMutablePointer<State>.allocate(capacity: 1)
        unsafe state.initialize(
            to: State(
                cursor: nowhere, limit: nowhere, escapes: 0, chunks: [], current: -1,
                bytesBefore: 0, bytesMax: bytesMax, scratch: nil, scratchCapacity: 0))
        return unsafe Arena(state: state)
    }

    public func destroy() {
        freeChunks(from: 0)
        unsafe state.pointee.scratch?.deallocate()
        unsafe state.deinitialize(count: 1)
        unsafe state.deallocate()
    }

    /// Bytes handed out since the last `reset`, ends of chunks included.
    public var bytesUsed: Int {
        guard unsafe state.pointee.current >= 0 else { return 0 }
        let start = unsafe UInt(bitPattern: state.pointee.chunks[state.pointee.current].start)
        return unsafe state.pointee.bytesBefore + Int(state.pointee.cursor - start)
    }

    /// Memory for `count` values of `type`, not initialized, aligned to 16 bytes.
    @inlinable @inline(__always)
    func allocate<T>(_ type: T.Type, _ count: Int) throws(BuiltinError)
        -> UnsafeMutablePointer<T>
    {
        let address = try allocate(bytes: count &* MemoryLayout<T>.stride)
        return unsafe UnsafeMutablePointer<T>(bitPattern: address).unsafelyUnwrapped
    }

    @inlinable @inline(__always)
    func allocate(bytes: Int) throws(BuiltinError) -> UInt {
        #if ARENA_MALLOC
            return try allocateSlowly(bytes: bytes)
        #else
            let size = (UInt(bitPattern: bytes) &+ 15) & ~15
            let start = unsafe state.pointee.cursor
            if unsafe size <= state.pointee.limit &- start {
                unsafe state.pointee.cursor = start &+ size
                return start
            }
            return try allocateSlowly(bytes: bytes)
        #endif
    }

    /// Forgets all that was allocated; keeps up to `keptBytes` of memory for the next evaluation.
    public func reset() {
        trimScratch()
        freeChunks(keeping: Arena.keptBytes)
        unsafe state.pointee.bytesBefore = 0
        unsafe state.pointee.escapes = 0
        unsafe state.pointee.current = state.pointee.chunks.isEmpty ? -1 : 0
        enterCurrentChunk()
    }

    /// Where no bytes are before there is a chunk: an address, since an empty array has one too.
    private static let nowhere: UInt = 16
    static let firstChunkBytes = 32 << 10
    static let keptBytes = 4 << 20
    static let chunkBytesMax = 16 << 20
}

extension Arena {
    @usableFromInline @inline(never)
    func allocateSlowly(bytes: Int) throws(BuiltinError) -> UInt {
        let wanted = bytes &+ 15 & ~15
        let used = bytesUsed
        guard wanted >= 0, unsafe wanted <= state.pointee.bytesMax &- used else {
            throw .limit(.memory)
        }
        #if ARENA_MALLOC
            // Under the address sanitizer each object is its own allocation, or an overrun inside
            // a chunk would go unseen.
            unsafe append(
                Chunk(start: .allocate(byteCount: max(bytes, 1), alignment: 16), bytes: wanted))
            unsafe state.pointee.bytesBefore = used
            enterCurrentChunk()
            unsafe state.pointee.cursor = state.pointee.limit
            return unsafe UInt(bitPattern: state.pointee.chunks[state.pointee.current].start)
        #else
            nextChunk(holding: wanted)
            unsafe state.pointee.bytesBefore = used
            let start = unsafe state.pointee.cursor
            unsafe state.pointee.cursor = start &+ UInt(wanted)
            return start
        #endif
    }

    private func nextChunk(holding wanted: Int) {
        let next = unsafe state.pointee.current + 1
        if unsafe next < state.pointee.chunks.count {
            if unsafe state.pointee.chunks[next].bytes >= wanted {
                unsafe state.pointee.current = next
                enterCurrentChunk()
                return
            }
            freeChunks(from: next)
        }
        let doubled = unsafe (state.pointee.chunks.last?.bytes ?? Arena.firstChunkBytes / 2) * 2
        let bytes = max(wanted, min(doubled, Arena.chunkBytesMax))
        unsafe append(Chunk(start: .allocate(byteCount: bytes, alignment: 16), bytes: bytes))
        enterCurrentChunk()
    }

    private func append(_ chunk: Chunk) {
        unsafe state.pointee.chunks.append(chunk)
        unsafe state.pointee.current = state.pointee.chunks.count - 1
    }

    private func enterCurrentChunk() {
        guard unsafe state.pointee.current >= 0 else {
            unsafe state.pointee.cursor = Arena.nowhere
            unsafe state.pointee.limit = Arena.nowhere
            return
        }
        let chunk = unsafe state.pointee.chunks[state.pointee.current]
        unsafe state.pointee.cursor = UInt(bitPattern: chunk.start)
        unsafe state.pointee.limit = UInt(bitPattern: chunk.start) + UInt(chunk.bytes)
    }

    private func freeChunks(from first: Int) {
        for position in first..<(unsafe state.pointee.chunks.count) {
            unsafe state.pointee.chunks[position].start.deallocate()
        }
        unsafe state.pointee.chunks.removeSubrange(first...)
    }

    private func freeChunks(keeping keptBytes: Int) {
        #if ARENA_MALLOC
            freeChunks(from: 0)
        #else
            var total = 0
            for position in 0..<(unsafe state.pointee.chunks.count) {
                total += unsafe state.pointee.chunks[position].bytes
                if total > keptBytes {
                    freeChunks(from: position)
                    return
                }
            }
        #endif
    }
}

extension Arena {
    /// The scratch stack with room for `depth + 1` values; those on it are kept.
    func scratch(_ depth: Int) -> UnsafeMutablePointer<Value> {
        if let scratch = unsafe state.pointee.scratch,
            unsafe depth < state.pointee.scratchCapacity
        {
            return unsafe scratch
        }
        let capacity = unsafe max(1024, state.pointee.scratchCapacity * 2)
        let larger = UnsafeMutablePointer<Value>.allocate(capacity: capacity)
        if let scratch = unsafe state.pointee.scratch {
            unsafe larger.update(from: scratch, count: state.pointee.scratchCapacity)
            unsafe scratch.deallocate()
        }
        unsafe state.pointee.scratch = unsafe larger
        unsafe state.pointee.scratchCapacity = capacity
        return unsafe larger
    }

    /// Gives a large scratch stack back.
    func trimScratch() {
        guard unsafe state.pointee.scratchCapacity > 1 << 16 else { return }
        unsafe state.pointee.scratch?.deallocate()
        unsafe state.pointee.scratch = nil
        unsafe state.pointee.scratchCapacity = 0
    }
}

extension Arena {
    @usableFromInline @inline(__always)
    func mark() -> Mark {
        unsafe Mark(
            cursor: state.pointee.cursor, chunk: Int32(truncatingIfNeeded: state.pointee.current),
            bytesBefore: state.pointee.bytesBefore, escapes: state.pointee.escapes)
    }

    /// Frees what was allocated since `mark`.
    /// - Returns: False where something escaped since, so that nothing was freed.
    @usableFromInline @inline(__always)
    func rewind(to mark: Mark) -> Bool {
        guard unsafe state.pointee.escapes == mark.escapes else { return false }
        if unsafe state.pointee.cursor != mark.cursor { rewindChunks(to: mark) }
        return true
    }

    private func rewindChunks(to mark: Mark) {
        if unsafe Int32(truncatingIfNeeded: state.pointee.current) != mark.chunk {
            #if ARENA_MALLOC
                freeChunks(from: Int(mark.chunk) + 1)
            #endif
            unsafe state.pointee.current = Int(mark.chunk)
            unsafe state.pointee.bytesBefore = mark.bytesBefore
            enterCurrentChunk()
        }
        unsafe state.pointee.cursor = mark.cursor
    }

    @inlinable @inline(__always)
    func noteEscape() { unsafe state.pointee.escapes &+= 1 }
}
