import CArgon2
import Glibc

/// The memory that hashes of one thread are computed in, kept from one to the next until the thread
/// ends: to be given 19 MiB page by page takes time, and to find one's way in small pages, too.
/// Argon2 wipes it after each.
@safe final class PasswordMemory {
    private static let hugePageBytes = 2 << 20

    private let mapped: UnsafeMutableRawPointer
    private let mappedBytes: Int
    private let start: UnsafeMutableRawPointer
    private let room: Int

    /// - Returns: `nil` where the system has no such memory.
    private init?(bytes: Int) {
        let page = Self.hugePageBytes
        room = (bytes + page - 1) / page * page
        mappedBytes = room + page
        let found = unsafe mmap(
            nil, mappedBytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0)
        guard let found = unsafe found, unsafe found != MAP_FAILED else { return nil }
        unsafe mapped = unsafe found
        unsafe start = unsafe found.alignedUp(toMultipleOf: page)
        // A wish: without large pages it takes a little longer.
        unsafe madvise(start, room, MADV_HUGEPAGE)
    }

    deinit { unsafe munmap(mapped, mappedBytes) }

    /// Of the calling thread.
    /// - Returns: `nil` where the system has none.
    @unsafe private static func ofThread(bytes: Int) -> UnsafeMutableRawPointer? {
        if let kept = unsafe pthread_getspecific(place) {
            let memory = unsafe Unmanaged<PasswordMemory>.fromOpaque(kept)
            if unsafe memory._withUnsafeGuaranteedRef({ $0.room }) >= bytes {
                return unsafe memory._withUnsafeGuaranteedRef { unsafe $0.start }
            }
            pthread_setspecific(place, nil)
            unsafe memory.release()
        }
        guard let made = PasswordMemory(bytes: bytes) else { return nil }
        unsafe pthread_setspecific(place, Unmanaged.passRetained(made).toOpaque())
        return unsafe made.start
    }

    private static let place: pthread_key_t = {
        var key = pthread_key_t()
        let status = unsafe pthread_key_create(&key) { kept in
            guard let kept = unsafe kept else { return }
            unsafe Unmanaged<PasswordMemory>.fromOpaque(kept).release()
        }
        precondition(status == 0, "there is no place for a thread's memory")
        return key
    }()

    /// For `argon2_context`: one hash at a time uses it, as a thread computes no other meanwhile.
    static let allocate: allocate_fptr = { place, bytes in
        guard let place = unsafe place, let found = unsafe ofThread(bytes: bytes) else {
            return Int32(ARGON2_MEMORY_ALLOCATION_ERROR.rawValue)
        }
        unsafe place.pointee = unsafe found.assumingMemoryBound(to: UInt8.self)
        return Int32(ARGON2_OK.rawValue)
    }

    /// It stays the thread's.
    static let deallocate: deallocate_fptr = { _, _ in }
}
