import Foundation
import RegoMachine
import Testing

/// OPA's own cases, in process. They stand beside the project (`../shared/conformance`, or where
/// `OSTIARY_CONFORMANCE` says) and not in it; without them the tests say so and end.
///
/// `CONFORMANCE_ONLY=v1/strings` runs the files that contain that text, and
/// `CONFORMANCE_REPORT=FILE` writes every failing case with its reason.
@Suite(.serialized) struct Conformance {
    @Test func casesOfOPA() throws {
        try prove("eval", ratchet: "passing.txt")
    }

    /// The answers are those of an older OPA: `differing-generated.txt` names what OPA 1.20 answers
    /// otherwise, and why; these must differ here too.
    @Test func generatedCases() throws {
        try prove(
            "generated/eval", ratchet: "passing-generated.txt",
            differing: "differing-generated.txt")
    }

    /// Every plan written as OPA's `plan.json`, read again, verified, and run as one from outside.
    @Test func casesOfOPAByWayOfPlans() throws {
        try prove("eval", ratchet: "passing.txt", exchangesPlans: true)
    }

    /// No answer depends on what evaluation leaves out.
    @Test(arguments: [
        Shortcuts.all.subtracting(.indexes), .all.subtracting(.earlyExit),
        .all.subtracting(.memory), .all.subtracting(.folding), [],
    ]) func casesWithoutShortcuts(_ shortcuts: Shortcuts) throws {
        try prove("eval", ratchet: "passing.txt", shortcuts: shortcuts)
        try prove(
            "generated/eval", ratchet: "passing-generated.txt",
            differing: "differing-generated.txt", shortcuts: shortcuts)
    }

    /// What is left of each case without its input, and without its base documents, has the
    /// answers of the whole when they are given.
    @Test(arguments: [(false, false), (true, true)])
    func partialThenComplete(hidesData: Bool, isShallow: Bool) throws {
        let cases = try Self.cases("eval") + Self.cases("generated/eval")
        guard !cases.isEmpty else {
            return print("conformance: SKIPPED, no cases in \(Self.place.path)")
        }
        let start = ContinuousClock.now
        let verdicts = Self.run(cases) {
            let runner = PartialRun()
            return { runner.verdict($0, hidesData: hidesData, isShallow: isShallow) }
        }
        var skipped: [String: Int] = [:]
        var lost: [String] = []
        for (test, verdict) in zip(cases, verdicts) {
            switch verdict {
            case .same: break
            case .skipped(let reason): skipped[reason, default: 0] += 1
            case .different(let reason): lost.append("\(test.id) (\(test.note)): \(reason)")
            }
        }
        let left = skipped.values.reduce(0, +)
        let agreeing = cases.count - left - lost.count
        print(
            "conformance partially: \(agreeing) of \(cases.count) agree,",
            "\(left) have nothing to compare, in \(ContinuousClock.now - start)")
        try Self.report(
            "\(hidesData)-\(isShallow)",
            lost + skipped.map { "\($0.value) skipped: \($0.key)" })
        if Self.environment["CONFORMANCE_ONLY"] == nil { #expect(agreeing > 5_000) }
        #expect(lost.isEmpty, "to be mended:\n\(lost.prefix(20).joined(separator: "\n"))")
    }

    private func prove(
        _ folder: String, ratchet name: String, differing: String? = nil,
        exchangesPlans: Bool = false, shortcuts: Shortcuts = .all
    ) throws {
        let cases = try Self.cases(folder)
        guard !cases.isEmpty else {
            print("conformance: SKIPPED, no cases in \(Self.place.path)/\(folder)")
            return
        }
        let start = ContinuousClock.now
        let verdicts = Self.run(cases) {
            CaseRun(exchangesPlans: exchangesPlans, shortcuts: shortcuts).verdict
        }
        var ratchet = try Ratchet(name)
        let known = try differing.map { try Ratchet($0) }
        var lost: [String] = []
        var failures: [String] = []
        for (test, reason) in zip(cases, verdicts) {
            if let reason {
                failures.append("\(test.id) (\(test.note)): \(reason)")
                if known?.holds(test) == true { continue }
                if ratchet.holds(test) || known != nil { lost.append(failures[failures.count - 1]) }
            } else {
                ratchet.add(test)
                if known?.holds(test) == true { lost.append("\(test.id) is said to differ") }
            }
        }
        let passed = cases.count - failures.count
        let way = exchangesPlans
            ? " by way of plans" : shortcuts == .all ? "" : " with shortcuts \(shortcuts.rawValue)"
        print(
            "conformance \(folder)\(way): \(passed) of \(cases.count) pass",
            "in \(ContinuousClock.now - start)")
        try Self.report(folder, failures)
        if Ratchet.updates && way.isEmpty { try ratchet.write() }
        #expect(lost.isEmpty, "to be mended:\n\(lost.joined(separator: "\n"))")
    }

    private static let environment = ProcessInfo.processInfo.environment

    static let place: URL = {
        if let path = environment["OSTIARY_CONFORMANCE"] { return URL(filePath: path) }
        return URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
            .deletingLastPathComponent().deletingLastPathComponent()
            .appending(path: "shared/conformance")
    }()

    private static func cases(_ folder: String) throws -> [Case] {
        let only = environment["CONFORMANCE_ONLY"] ?? ""
        return try ["v0", "v1"].flatMap { version -> [Case] in
            let start = place.appending(path: "\(folder)/\(version)")
            let names = (try? FileManager.default.contentsOfDirectory(atPath: start.path)) ?? []
            return try names.sorted().flatMap { name -> [Case] in
                let text = try String(contentsOf: start.appending(path: name), encoding: .utf8)
                // Not `split` by Character: a line of JSON may hold U+2028.
                return try text.utf8.split(separator: UInt8(ascii: "\n")).map { line in
                    try Case(line: Substring(line), folder: version)
                }.filter { only.isEmpty || $0.id.contains(only) }
            }
        }
    }

    /// Every case once, on as many threads as there are processors.
    private static func run<Verdict>(
        _ cases: [Case], _ makeRunner: @escaping () -> (Case) -> Verdict
    ) -> [Verdict] {
        let queue = Queue(cases, makeRunner)
        let group = DispatchGroup()
        for _ in 0..<ProcessInfo.processInfo.activeProcessorCount {
            group.enter()
            let thread = Thread {
                queue.drain()
                group.leave()
            }
            // Debug builds take many times the stack that release builds do.
            thread.stackSize = 256 << 20
            thread.start()
        }
        group.wait()
        return queue.verdicts.compactMap(\.self)
    }

    private static func report(_ folder: String, _ failures: [String]) throws {
        guard let path = environment["CONFORMANCE_REPORT"] else { return }
        let name = folder == "eval" ? path : "\(path).\(folder.prefix { $0 != "/" })"
        let url = URL(filePath: name)
        try failures.joined(separator: "\n").write(to: url, atomically: true, encoding: .utf8)
    }
}

/// Cases handed out one by one to whichever thread is free.
private final class Queue<Verdict>: @unchecked Sendable {
    private let cases: [Case]
    private let lock = NSLock()
    private var next = 0
    private(set) var verdicts: [Verdict?]
    private let makeRunner: () -> (Case) -> Verdict

    /// - Parameter makeRunner: What runs cases on one thread.
    init(_ cases: [Case], _ makeRunner: @escaping () -> (Case) -> Verdict) {
        self.makeRunner = makeRunner
        self.cases = cases
        verdicts = Array(repeating: nil, count: cases.count)
    }

    func drain() {
        let runner = makeRunner()
        let says = ProcessInfo.processInfo.environment["CONFORMANCE_TRACE"] != nil
        while let index = take() {
            if says { FileHandle.standardError.write(Data("\(cases[index].id)\n".utf8)) }
            let verdict = runner(cases[index])
            if says { FileHandle.standardError.write(Data("\(cases[index].id) ends\n".utf8)) }
            lock.withLock { verdicts[index] = verdict }
        }
    }

    private func take() -> Int? {
        lock.withLock {
            guard next < cases.count else { return nil }
            defer { next += 1 }
            return next
        }
    }
}
