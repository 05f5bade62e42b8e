import Outbound
import Rego
import RegoMachine
import Synchronization

/// The inputs of a benchmark: their bytes stay where they are until the process ends, so that what
/// is timed is the decision alone.
@safe final class BenchInputs: @unchecked Sendable {
    private let bytes: UnsafeMutableRawBufferPointer
    private let bounds: [Range<Int>]

    /// - Parameter texts: JSON texts; none: the input is undefined.
    init(_ texts: [[UInt8]]) {
        let joined = texts.joined()
        unsafe bytes = .allocate(byteCount: joined.count, alignment: 16)
        unsafe bytes.copyBytes(from: Array(joined))
        var offset = 0
        bounds = texts.map { text in
            defer { offset += text.count }
            return offset..<(offset + text.count)
        }
    }

    deinit { unsafe bytes.deallocate() }

    var count: Int { bounds.count }

    func document(_ index: Int) -> InputDocument {
        guard !bounds.isEmpty else { return unsafe .undefined }
        return unsafe .json(UnsafeRawBufferPointer(rebasing: bytes[bounds[index]]))
    }

    /// The index after this one; after the last one comes the first.
    func next(_ index: Int) -> Int { index + 1 < bounds.count ? index + 1 : 0 }

    /// Where a thread begins, so that not all threads decide about the same at once.
    func start(ofThread thread: Int) -> Int { bounds.isEmpty ? 0 : thread * 7 % bounds.count }
}

/// One query that is decided over and over.
struct BenchRun: Sendable {
    let query: PreparedQuery
    let data: Document
    let inputs: BenchInputs
    let host: Host
    let options: EvaluationOptions

    /// What all threads of a repeat did together.
    struct Figures {
        var decisionsPerSecond: Double
        /// Of single decisions, sorted.
        var nanoseconds: [UInt64]
    }

    private func evaluator() -> Evaluator {
        var host = host
        host.print = { _ in }
        return Evaluator(host: host)
    }

    /// Compares every answer, by value, with what was expected.
    /// - Parameter lines: One JSON text for each input.
    func check(_ lines: [UInt8]) throws(Problems) {
        let wanted = lines.split(separator: UInt8(ascii: "\n")).map(Array.init)
        guard wanted.count == inputs.count else {
            throw Problems(clause: "\(wanted.count) answers are expected of \(inputs.count) inputs")
        }
        let evaluator = evaluator()
        var output: [UInt8] = []
        var wrong: [Problem] = []
        for (index, want) in wanted.enumerated() {
            output.removeAll(keepingCapacity: true)
            let isDefined = try decide(evaluator, index, &output)
            let got =
                isDefined
                ? #"{"result":"# + String(decoding: output, as: UTF8.self) + "}"
                : #"{"undefined":true}"#
            guard !BenchRun.areEqual(Array(got.utf8), want) else { continue }
            let text =
                "input \(index + 1): \(String(decoding: want, as: UTF8.self)) expected, got \(got)"
            wrong.append(Problem(message: text, text: text))
        }
        if !wrong.isEmpty { throw Problems(wrong) }
    }

    /// Numbers by value: `1.0` is `1`.
    private static func areEqual(_ left: [UInt8], _ right: [UInt8]) -> Bool {
        guard let left = try? Document.parse(json: left),
            let right = try? Document.parse(json: right)
        else { return false }
        return left.withRoot { left in right.withRoot { right in left == right } }
    }

    @inline(__always)
    private func decide(
        _ evaluator: Evaluator, _ index: Int, _ output: inout [UInt8]
    ) throws(Problems) -> Bool {
        do throws(EvaluationFailure) {
            return try unsafe evaluator.decide(
                query, data: data, input: inputs.document(index), options: options, into: &output
            ).isDefined
        } catch {
            throw Problems([Problem(error)])
        }
    }

    // MARK: Timing

    func measure(
        threads: Int, repeats: Int, nanoseconds: UInt64
    ) throws(Problems) -> Figures {
        var best = Figures(decisionsPerSecond: 0, nanoseconds: [])
        // The first repeat warms caches up and does not count.
        for turn in 0...repeats {
            let length = turn == 0 ? min(nanoseconds, 300_000_000) : nanoseconds
            let rates = try onThreads(threads) { (evaluator, thread) throws(Problems) in
                try rate(evaluator, from: inputs.start(ofThread: thread), nanoseconds: length)
            }
            guard turn > 0 else { continue }
            best.decisionsPerSecond = max(best.decisionsPerSecond, rates.reduce(0, +))
        }
        let samples = try onThreads(threads) { (evaluator, thread) throws(Problems) in
            try single(evaluator, from: inputs.start(ofThread: thread), nanoseconds: nanoseconds)
        }
        best.nanoseconds = samples.flatMap { $0 }.sorted()
        return best
    }

    private func onThreads<Answer>(
        _ count: Int, _ body: @escaping (Evaluator, Int) throws(Problems) -> Answer
    ) throws(Problems) -> [Answer] {
        let ready = Atomic(0)
        let stacks = (0..<count).map { thread in
            LargeStack.start { () -> Result<Answer, Problems> in
                let evaluator = evaluator()
                ready.add(1, ordering: .acquiringAndReleasing)
                while ready.load(ordering: .acquiring) < count {}
                return Result { () throws(Problems) in try body(evaluator, thread) }
            }
        }
        var answers: [Answer] = []
        for result in stacks.map({ $0.join() }) { answers.append(try result.get()) }
        return answers
    }

    /// Decisions a second over a stretch of time; the clock is read between batches alone.
    private func rate(
        _ evaluator: Evaluator, from first: Int, nanoseconds: UInt64
    ) throws(Problems) -> Double {
        var output: [UInt8] = []
        var index = first
        var decisions = 0
        var batch = 1
        let start = monotonicNanoseconds()
        var now = start
        while now - start < nanoseconds {
            let before = now
            for _ in 0..<batch {
                output.removeAll(keepingCapacity: true)
                _ = try decide(evaluator, index, &output)
                index = inputs.next(index)
            }
            decisions += batch
            now = monotonicNanoseconds()
            if now - before < 100_000 { batch *= 2 }
        }
        return Double(decisions) * 1e9 / Double(now - start)
    }

    private static let samplesMax = 1_000_000

    private func single(
        _ evaluator: Evaluator, from first: Int, nanoseconds: UInt64
    ) throws(Problems) -> [UInt64] {
        var output: [UInt8] = []
        var samples: [UInt64] = []
        samples.reserveCapacity(Self.samplesMax)
        let clock = BenchRun.clockNanoseconds()
        let start = monotonicNanoseconds()
        var before = start
        var index = first
        while before - start < nanoseconds && samples.count < Self.samplesMax {
            output.removeAll(keepingCapacity: true)
            before = monotonicNanoseconds()
            _ = try decide(evaluator, index, &output)
            let took = monotonicNanoseconds() - before
            samples.append(took > clock ? took - clock : 0)
            index = inputs.next(index)
        }
        return samples
    }

    /// What reading the clock costs, which would otherwise count as a part of each decision.
    private static func clockNanoseconds() -> UInt64 {
        (0..<1_000).map { _ in
            let before = monotonicNanoseconds()
            return monotonicNanoseconds() - before
        }.min() ?? 0
    }
}
