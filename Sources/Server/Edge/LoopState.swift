import Decisions
import HTTPTypes
import NIOCore
import NIOHTTP1
import Rego
import RegoMachine

/// What the connections of one event loop share: the evaluator, the plans it has used, buffers,
/// and the clock of their deadlines.
///
/// Invariant: touched on its event loop alone, which is what makes it `Sendable`.
final class LoopState: @unchecked Sendable {
    let live: LivePolicy
    let pool: EvaluationPool
    let limits: RequestLimits
    private let evaluator: Evaluator
    private let clock: DateClock
    private let options: EvaluationOptions
    private let metrics: Metrics
    private let decisions: Metrics.FastDecisions
    private let monotonic: @Sendable () -> UInt64

    private var revision: Revision
    private var plans = PlanTable()
    /// The body of the answer at hand.
    private var output: [UInt8] = []
    private var connections: [ObjectIdentifier: FastPath] = [:]
    /// From `Content-Length`'s end to the body's start, with this second's date.
    private var dateLines: [UInt8] = []

    /// Seconds since the start, for deadlines.
    private(set) var tick = 0

    /// Iterations and calls that an evaluation may take on an event loop, some milliseconds' worth.
    private static let stepsMax: Int64 = 200_000

    init(front: Front, evaluation: Limits) {
        live = front.live
        pool = front.pool
        limits = front.limits
        clock = front.clock
        evaluator = Evaluator(host: front.host, limits: evaluation)
        revision = front.live.current
        metrics = front.metrics
        decisions = front.metrics.makeFastDecisions()
        monotonic = front.host.monotonic
        var options = EvaluationOptions()
        options.stepBudget = LoopState.stepsMax
        self.options = options
        refreshDate()
    }

    func add(_ connection: FastPath) { connections[ObjectIdentifier(connection)] = connection }
    func remove(_ connection: FastPath) { connections[ObjectIdentifier(connection)] = nil }

    /// Once a second: dates move on, and connections that took too long end.
    func sweep() {
        tick += 1
        refreshDate()
        for connection in Array(connections.values) { connection.checkDeadline() }
    }

    private func refreshDate() {
        dateLines = Array("\r\nDate: \(clock.text)\r\n\r\n".utf8)
    }

    /// The value of `Date` fields.
    var date: String { clock.text }

    private static let okHead = Array(
        "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: ".utf8)

    /// The present, for `record`.
    func now() -> UInt64 { monotonic() }

    /// Counts a plain decision that was answered.
    func record(status: Int, since started: UInt64) {
        let nanoseconds = monotonic() - started
        if status == 200 {
            decisions.add(nanoseconds: nanoseconds)
        } else {
            metrics.add(
                handler: "v1/data", method: .post, status: status, nanoseconds: nanoseconds)
        }
    }

    /// How a decision on the event loop went.
    enum Attempt {
        /// The answer is in the buffer.
        case written
        /// It belongs on a thread that may wait: see `PoolDecision`.
        case postponed
        case refused(Refusal)
    }

    /// Evaluates here and now, if that may be, and appends the answer's head and body to `buffer`.
    func attempt(
        path: UnsafeRawBufferPointer, body: UnsafeRawBufferPointer, takesGzip: Bool,
        into buffer: inout ByteBuffer
    ) -> Attempt {
        if live.currentNumber != revision.number {
            revision = live.current
            plans = PlanTable()
        }
        guard let query = unsafe plan(path), !query.mayBlock else { return .postponed }
        do throws(EvaluationFailure) {
            try unsafe DataAnswer.write(
                query, revision.data, envelope: body, evaluator, options: options, into: &output)
        } catch {
            // A limit may be reached sooner here than on a thread with a stack of its own.
            if error.code == .budget || error.code == .limit { return .postponed }
            return .refused(.evaluation(error))
        }
        if takesGzip && output.count >= Compression.answerBytesMin { return .postponed }
        buffer.writeBytes(LoopState.okHead)
        buffer.writeDecimal(output.count)
        buffer.writeBytes(dateLines)
        buffer.writeBytes(output)
        return .written
    }

    /// Appends any answer.
    func write(_ answer: Answer, into buffer: inout ByteBuffer) {
        let reason = HTTPResponseStatus(statusCode: answer.status).reasonPhrase
        buffer.writeString("HTTP/1.1 \(answer.status) \(reason)\r\n")
        if let type = answer.contentType {
            buffer.writeString("Content-Type: \(type.rawValue)\r\n")
        }
        buffer.writeString("Content-Length: \(answer.body.count)")
        for field in answer.fields {
            buffer.writeString("\r\n\(field.name.rawName): \(field.value)")
        }
        buffer.writeBytes(dateLines)
        buffer.writeBytes(answer.body)
    }

    /// A plan that is made already: planning takes longer than an event loop should wait.
    private func plan(_ path: UnsafeRawBufferPointer) -> PreparedQuery? {
        if let known = unsafe plans.find(path) { return known }
        let elements = unsafe PlainPath.elements(path)
        guard let query = revision.preparedDecision(at: elements) else { return nil }
        unsafe plans.add(path, query)
        return query
    }
}

/// Paths that `RequestHead` found plain: slashes and bytes that stand for themselves.
enum PlainPath {
    static func elements(_ path: UnsafeRawBufferPointer) -> [String] {
        unsafe path.split(separator: UInt8(ascii: "/")).map { element in
            unsafe String(decoding: UnsafeRawBufferPointer(rebasing: element), as: UTF8.self)
        }
    }
}

/// Plans by the bytes of their path: a hash table without deletion, forgotten when it is full.
private struct PlanTable {
    private var slots = [(key: [UInt8], query: PreparedQuery)?](repeating: nil, count: slotsMax)
    private var count = 0

    private static let slotsMax = 512

    func find(_ path: UnsafeRawBufferPointer) -> PreparedQuery? {
        var slot = unsafe PlanTable.slot(path)
        while let entry = slots[slot] {
            if unsafe entry.key.elementsEqual(path) { return entry.query }
            slot = (slot + 1) % PlanTable.slotsMax
        }
        return nil
    }

    mutating func add(_ path: UnsafeRawBufferPointer, _ query: PreparedQuery) {
        if count * 2 >= PlanTable.slotsMax { self = PlanTable() }
        var slot = unsafe PlanTable.slot(path)
        while slots[slot] != nil { slot = (slot + 1) % PlanTable.slotsMax }
        slots[slot] = unsafe (Array(path), query)
        count += 1
    }

    /// FNV-1a. Clients choose the paths, but the table is half empty at worst.
    private static func slot(_ path: UnsafeRawBufferPointer) -> Int {
        var hash: UInt64 = 0xCBF2_9CE4_8422_2325
        for position in 0..<path.count {
            hash = unsafe (hash ^ UInt64(path[position])) &* 0x100_0000_01B3
        }
        return Int(truncatingIfNeeded: (hash >> 32) % UInt64(slotsMax))
    }
}

extension ByteBuffer {
    fileprivate mutating func writeDecimal(_ number: Int) {
        var digits: (UInt64, UInt64, UInt64) = (0, 0, 0)
        unsafe withUnsafeMutableBytes(of: &digits) { digits in
            var rest = number
            var start = digits.count
            repeat {
                start -= 1
                unsafe digits[start] = UInt8(ascii: "0") + UInt8(rest % 10)
                rest /= 10
            } while rest > 0
            unsafe writeBytes(UnsafeRawBufferPointer(rebasing: digits[start...]))
        }
    }
}
