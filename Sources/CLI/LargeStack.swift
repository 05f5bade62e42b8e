import Glibc

/// A thread of our own, with a stack that policies which call deep cannot exhaust before the
/// engine's own limit of depth ends them.
final class LargeStack<Result> {
    private let body: () -> Result
    private var result: Result?
    private var thread = pthread_t()

    static var stackBytes: Int { 512 << 20 }

    private init(_ body: @escaping () -> Result) {
        self.body = body
    }

    /// Runs `body` to its end on the other thread; this one waits.
    static func run(_ body: @escaping () -> Result) -> Result {
        start(body).join()
    }

    /// Begins `body` on a thread that `join` waits for.
    static func start(_ body: @escaping () -> Result) -> LargeStack {
        let stack = LargeStack(body)
        stack.start()
        return stack
    }

    private func start() {
        var attributes = pthread_attr_t()
        unsafe pthread_attr_init(&attributes)
        defer { unsafe pthread_attr_destroy(&attributes) }
        unsafe pthread_attr_setstacksize(&attributes, Self.stackBytes)
        let entry = LargeStackEntry { [self] in result = body() }
        let context = unsafe Unmanaged.passRetained(entry).toOpaque()
        let status = unsafe pthread_create(
            &thread, &attributes,
            { context in
                guard let context = unsafe context else { return nil }
                unsafe Unmanaged<LargeStackEntry>.fromOpaque(context).takeRetainedValue().body()
                return nil
            }, context)
        precondition(status == 0, "the system gives no thread")
    }

    func join() -> Result {
        pthread_join(thread, nil)
        guard let result else { preconditionFailure("a thread that was joined has run") }
        return result
    }
}

/// What a C function pointer cannot capture.
private final class LargeStackEntry {
    let body: () -> Void
    init(_ body: @escaping () -> Void) { self.body = body }
}
