/// What a builtin may use besides its operands: memory, the host, and what one query remembers.
///
/// One belongs to one machine and so to one thread at a time.
public final class BuiltinContext {
    public let arena: Arena
    public let host: Host
    public let limits: Limits

    /// Steps left; `charge` lowers it.
    public internal(set) var stepsLeft: Int64
    /// When the evaluation ends, on the host's monotonic clock; 0: never.
    var deadline: UInt64 = 0
    /// Set from any thread to end the evaluation at its next step check.
    public let cancellation: Cancellation

    /// `time.now_ns` and its like: one answer a query. `nil` until asked.
    public var queryTime: Int64?
    /// Answers of nondeterministic builtins in this query, by name and operands (a JSON array).
    public var recorded: [String: Value] = [:]
    /// What builtins keep from one evaluation to the next (compiled patterns, parsed keys), by a
    /// number of their own choosing from `BuiltinCache.Slot`.
    public var caches: [BuiltinCache?]
    /// What `opa.runtime()` shows: made by the operator, `{}` unless named.
    public var runtimeDocument: Value = .undefined
    /// Where the current call stands, for `print`: `file:row`.
    public var callSite: String = ""

    public init(arena: Arena, host: Host, limits: Limits) {
        self.arena = arena
        self.host = host
        self.limits = limits
        self.stepsLeft = limits.steps
        self.cancellation = Cancellation()
        self.caches = Array(repeating: nil, count: BuiltinCache.slots)
    }

    /// Pays for `steps` elements of work, and looks at the clock now and then.
    /// - Throws: `BuiltinError.limit` once they are used up or the deadline is past.
    @inline(__always)
    public func charge(_ steps: Int) throws(BuiltinError) {
        stepsLeft &-= Int64(steps)
        if stepsLeft < checkAt { try check() }
    }

    /// The step count below which `charge` looks at the clock next.
    var checkAt: Int64 = 0

    /// Looks at steps, clock and cancellation now: before and after a builtin waits.
    @inline(never)
    public func check() throws(BuiltinError) {
        if stepsLeft < 0 { throw .limit(.steps) }
        if cancellation.isRequested { throw .cancelled }
        if deadline != 0 && host.monotonic() > deadline { throw .limit(.deadline) }
        checkAt = max(0, stepsLeft - 16_384)
    }

    /// Nanoseconds until the evaluation's deadline; `nil`: there is none.
    public var nanosecondsLeft: UInt64? {
        if deadline == 0 { return nil }
        let now = host.monotonic()
        return deadline > now ? deadline - now : 0
    }

    /// Lowers the steps that are left.
    public func limitSteps(to steps: Int64) {
        stepsLeft = min(stepsLeft, steps)
        checkAt = max(0, stepsLeft - 16_384)
    }

    /// Begins an evaluation: forgets the last one.
    func begin() {
        arena.reset()
        stepsLeft = limits.steps
        checkAt = max(0, stepsLeft - 16_384)
        deadline = limits.timeoutNanoseconds.map { host.monotonic() &+ $0 } ?? 0
        queryTime = nil
        if !recorded.isEmpty { recorded.removeAll() }
    }
}

/// The root of what builtins cache; each family has a subclass.
open class BuiltinCache {
    public init() {}
    static let slots = 16
}

/// A flag that another thread may raise.
public final class Cancellation: @unchecked Sendable {
    /// A plain word: a reader that sees it late ends one check later, which is harmless.
    var flag = false

    public init() {}

    public var isRequested: Bool { flag }
    public func request() { flag = true }
}
