import Outbound
import RegoMachine
import Testing

@testable import Server

/// The threads that requests of the public listener run on.
@Suite struct RequestThreadTests {
    @Test func aRequestFindsAnEvaluatorWhereItRuns() async {
        let threads = RequestThreads(count: 2, host: .system, limits: Limits())
        defer { threads.end() }
        let isThere = await withTaskExecutorPreference(threads) {
            RequestThreads.evaluator != nil
        }
        #expect(isThere)
        #expect(RequestThreads.evaluator == nil)
    }

    @Test func moreRequestsThanThreadsAllComeToTheirEnd() async {
        let threads = RequestThreads(count: 2, host: .system, limits: Limits())
        defer { threads.end() }
        let ended = await withTaskExecutorPreference(threads) {
            await withTaskGroup(of: Bool.self) { tasks in
                for _ in 0..<200 {
                    tasks.addTask {
                        for _ in 0..<20 { await Task.yield() }
                        return RequestThreads.evaluator != nil
                    }
                }
                return await tasks.reduce(into: 0) { $0 += $1 ? 1 : 0 }
            }
        }
        #expect(ended == 200)
    }

    @Test func whatIsLeftAtTheEndStillRuns() async {
        let threads = RequestThreads(count: 1, host: .system, limits: Limits())
        await withTaskExecutorPreference(threads) {
            threads.end()
            for _ in 0..<20 { await Task.yield() }
        }
    }
}
