import Decisions
import Foundation
import Outbound
import Rego
import RegoMachine

/// A folder with policies, removed with the value that names it.
final class PolicyFolder {
    let path: String

    /// - Parameter files: Their text by name.
    init(_ files: [String: String]) throws {
        path = FileManager.default.temporaryDirectory.path + "/" + UUID().uuidString
        try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
        try write(files)
    }

    deinit { try? FileManager.default.removeItem(atPath: path) }

    func write(_ files: [String: String]) throws {
        for (name, text) in files {
            try text.write(toFile: "\(path)/\(name)", atomically: true, encoding: .utf8)
        }
    }

    func remove(_ name: String) throws {
        try FileManager.default.removeItem(atPath: "\(path)/\(name)")
    }

    /// The policy that lies in it.
    func policy(areas: [String] = ["door"]) throws -> SystemPolicy {
        try SystemPolicy(.folder(path), areas: areas, host: .system)
    }
}

extension SystemPolicy {
    /// What an evaluator of its own decides.
    func decided(
        _ area: String, _ input: String = "{}", limits: Limits = Limits()
    ) -> Verdict {
        decide(area, input: Array(input.utf8), Evaluator(host: .system, limits: limits))
    }
}

/// A module that decides about doors.
func door(_ decision: String) -> String {
    "package ostiary.door\n\n\(decision)\n"
}

/// A decision with these members beside those that every verdict has.
func verdict(_ allow: Bool, rule: String = "some_rule", obligations: String = "[]") -> String {
    """
    decision := {
        "allow": \(allow), "rule": "\(rule)", "reasons": ["so it is"],
        "obligations": \(obligations), "may_read": true, "more": 1,
    }
    """
}
