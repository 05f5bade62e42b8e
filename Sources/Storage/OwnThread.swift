import Glibc

/// A detached thread for one body: neither an event loop nor Swift's cooperative pool may wait for
/// a disk, or compute for long.
package enum OwnThread {
    private final class Start: Sendable {
        let body: @Sendable () -> Void
        init(_ body: @escaping @Sendable () -> Void) { self.body = body }
    }

    private static let mark: pthread_key_t = {
        var key = pthread_key_t()
        let status = unsafe pthread_key_create(&key, nil)
        precondition(status == 0, "there is no place to mark a thread")
        return key
    }()

    /// Whether the calling thread is one of these: it may wait.
    package static var isCurrent: Bool { unsafe pthread_getspecific(mark) != nil }

    /// - Parameter stackBytes: `nil`: as much as the system gives.
    /// - Returns: False where the system has no thread left; the body does not run.
    package static func start(
        stackBytes: Int? = nil, _ body: @escaping @Sendable () -> Void
    ) -> Bool {
        let start = unsafe Unmanaged.passRetained(Start(body)).toOpaque()
        let status = unsafe withUnsafeTemporaryAllocation(
            of: pthread_attr_t.self, capacity: 1
        ) { attributes in
            unsafe create(start, attributes.baseAddress, stackBytes)
        }
        if status != 0 { unsafe Unmanaged<Start>.fromOpaque(start).release() }
        return status == 0
    }

    /// - Parameter attributes: Room for them.
    @unsafe private static func create(
        _ start: UnsafeMutableRawPointer, _ attributes: UnsafeMutablePointer<pthread_attr_t>?,
        _ stackBytes: Int?
    ) -> Int32 {
        guard let attributes = unsafe attributes else { return ENOMEM }
        let status = unsafe pthread_attr_init(attributes)
        guard status == 0 else { return status }
        defer { unsafe pthread_attr_destroy(attributes) }
        unsafe pthread_attr_setdetachstate(attributes, Int32(PTHREAD_CREATE_DETACHED))
        if let stackBytes { unsafe pthread_attr_setstacksize(attributes, stackBytes) }
        var thread = pthread_t()
        return unsafe pthread_create(
            &thread, attributes,
            { start in
                guard let start = unsafe start else { return nil }
                unsafe pthread_setspecific(OwnThread.mark, start)
                unsafe Unmanaged<Start>.fromOpaque(start).takeRetainedValue().body()
                return nil
            }, start)
    }
}
