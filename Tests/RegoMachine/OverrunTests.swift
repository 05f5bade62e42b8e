import Testing

@testable import RegoMachine

/// That the address sanitizer sees what goes past an object of an arena: `make sanitize` builds
/// with one allocation an object, for inside a chunk it would see nothing.
@Suite struct OverrunTests {
    #if ARENA_MALLOC
        @Test func readingPastAnArrayIsReported() async {
            let ended = await #expect(
                processExitsWith: .failure, observing: [\.standardErrorContent]
            ) {
                let arena = Arena.make(bytesMax: 1 << 20)
                let array = try Value.array([.integer(1), .integer(2)], in: arena)
                let past = unsafe UnsafePointer<UInt64>(bitPattern: UInt(array.word))
                // Two elements are four words.
                let word = unsafe past.map { unsafe $0[4] } ?? 0
                print("read \(word): nobody stopped it")
            }
            let said = String(decoding: ended?.standardErrorContent ?? [], as: UTF8.self)
            #expect(said.contains("heap-buffer-overflow"), "\(said.prefix(400))")
        }

        @Test func readingWhatWasFreedIsReported() async {
            let ended = await #expect(
                processExitsWith: .failure, observing: [\.standardErrorContent]
            ) {
                let arena = Arena.make(bytesMax: 1 << 20)
                let array = try Value.array([.integer(1), .integer(2)], in: arena)
                arena.reset()
                print("read \(array.elements[1]): nobody stopped it")
            }
            let said = String(decoding: ended?.standardErrorContent ?? [], as: UTF8.self)
            #expect(said.contains("heap-use-after-free"), "\(said.prefix(400))")
        }
    #else
        @Test func overrunsAreForTheSanitizer() {
            print("overruns: SKIPPED, `make sanitize` builds what reports them")
        }
    #endif
}
