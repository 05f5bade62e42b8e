import Glibc
import Outbound
import Rego
import RegoMachine
import Synchronization

/// All tests once, on several threads that take the next test each.
struct TestRun {
    let suite: TestSuite
    let data: Document
    let host: Host
    /// `nil`: as many as there are processors.
    let threads: Int?
    let timeoutNanoseconds: UInt64
    /// How long each test is measured; `nil`: not at all.
    let benchNanoseconds: UInt64?

    /// In the order of the tests.
    func results(_ tests: [TestRule]) -> [TestResult] {
        let processors = max(1, Int(sysconf(Int32(_SC_NPROCESSORS_ONLN))))
        let count = max(1, min(threads ?? processors, tests.count))
        let queue = TestQueue(tests, isShown: isatty(STDERR_FILENO) != 0)
        let stacks = (0..<count).map { _ in LargeStack.start { work(queue) } }
        for stack in stacks { stack.join() }
        return queue.finish()
    }

    private func work(_ queue: TestQueue) {
        var limits = Limits()
        limits.timeoutNanoseconds = timeoutNanoseconds
        let runner = TestRunner(suite: suite, data: data, host: host, limits: limits)
        while let (index, test) = queue.next() {
            let result =
                if let benchNanoseconds {
                    runner.measure(test, nanoseconds: benchNanoseconds)
                } else {
                    runner.run(test)
                }
            queue.finish(index, result)
        }
    }
}

/// The tests that wait, and the results that are there; on a terminal, a line that tells how many.
private final class TestQueue: Sendable {
    private struct Progress {
        var next = 0
        var results: [TestResult?]
        var finished = 0
        var failed = 0
        var shownAt: UInt64
        var hasShown = false
    }

    private static let pauseNanoseconds: UInt64 = 250_000_000

    private let tests: [TestRule]
    private let isShown: Bool
    private let progress: Mutex<Progress>

    init(_ tests: [TestRule], isShown: Bool) {
        self.tests = tests
        self.isShown = isShown
        progress = Mutex(
            Progress(
                results: Array(repeating: nil, count: tests.count),
                shownAt: monotonicNanoseconds()))
    }

    func next() -> (Int, TestRule)? {
        progress.withLock { progress in
            guard progress.next < tests.count else { return nil }
            defer { progress.next += 1 }
            return (progress.next, tests[progress.next])
        }
    }

    func finish(_ index: Int, _ result: TestResult) {
        progress.withLock { progress in
            progress.results[index] = result
            progress.finished += 1
            if !result.isPassed && !result.isSkipped { progress.failed += 1 }
            let now = monotonicNanoseconds()
            guard isShown, now - progress.shownAt > TestQueue.pauseNanoseconds else { return }
            progress.shownAt = now
            progress.hasShown = true
            let failures = progress.failed == 0 ? "" : ", \(progress.failed) failed"
            Standard.error("\r\u{1B}[K\(progress.finished) of \(tests.count) tests\(failures)")
        }
    }

    func finish() -> [TestResult] {
        progress.withLock { progress in
            if progress.hasShown { Standard.error("\r\u{1B}[K") }
            return progress.results.compactMap(\.self)
        }
    }
}
