import Foundation

/// A list of cases by file and position. That of the cases that pass only grows:
/// `UPDATE_RATCHET=1` adds what passes now; nothing takes a case out.
struct Ratchet {
    private let url: URL
    private(set) var passing: [String: Set<Int>]

    static let updates = ProcessInfo.processInfo.environment["UPDATE_RATCHET"] == "1"

    /// - Parameter name: Of the list beside this file.
    init(_ name: String) throws {
        url = URL(filePath: #filePath).deletingLastPathComponent().appending(path: name)
        passing = [:]
        guard FileManager.default.fileExists(atPath: url.path) else { return }
        for line in try String(contentsOf: url, encoding: .utf8).split(separator: "\n") {
            guard !line.hasPrefix("#"), let colon = line.firstIndex(of: ":") else { continue }
            // What follows the numbers says why.
            let numbers = line[line.index(after: colon)...].drop { $0 == " " }.prefix { $0 != " " }
            passing[String(line[..<colon]), default: []]
                .formUnion(numbers.split(separator: ",").flatMap(Self.range))
        }
    }

    func holds(_ test: Case) -> Bool { passing[test.file]?.contains(test.index) ?? false }

    mutating func add(_ test: Case) { passing[test.file, default: []].insert(test.index) }

    func write() throws {
        let lines = passing.sorted { $0.key < $1.key }.map { file, indices in
            "\(file): \(Self.ranges(indices.sorted()))\n"
        }
        try lines.joined().write(to: url, atomically: true, encoding: .utf8)
    }

    /// `3-5` is 3, 4 and 5.
    private static func range(_ text: Substring) -> [Int] {
        let ends = text.split(separator: "-").compactMap { Int($0) }
        guard let first = ends.first, let last = ends.last, first <= last else { return [] }
        return Array(first...last)
    }

    private static func ranges(_ indices: [Int]) -> String {
        var runs: [ClosedRange<Int>] = []
        for index in indices {
            if let last = runs.last, last.upperBound + 1 == index {
                runs[runs.count - 1] = last.lowerBound...index
            } else {
                runs.append(index...index)
            }
        }
        return runs.map { $0.count == 1 ? "\($0.lowerBound)" : "\($0.lowerBound)-\($0.upperBound)" }
            .joined(separator: ",")
    }
}
