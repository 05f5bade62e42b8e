import Foundation
import Loopback
import Servers

/// A copy of the shipped policies without their tests, in a folder that a server decides by: what
/// is changed here on purpose would fail them.
struct EditedPolicy: Sendable {
    let folder: String

    private static let shipped = URL(filePath: #filePath).deletingLastPathComponent()
        .deletingLastPathComponent().deletingLastPathComponent()
        .appending(path: "Policies/ostiary").path

    static func with(_ body: (EditedPolicy) async throws -> Void) async throws {
        let folder = FileManager.default.temporaryDirectory.path + "/" + UUID().uuidString
        defer { try? FileManager.default.removeItem(atPath: folder) }
        let manager = FileManager.default
        try manager.createDirectory(atPath: folder, withIntermediateDirectories: true)
        for name in try manager.contentsOfDirectory(atPath: shipped)
        where !name.hasSuffix("_test.rego") {
            try manager.copyItem(atPath: "\(shipped)/\(name)", toPath: "\(folder)/\(name)")
        }
        try await body(EditedPolicy(folder: folder))
    }

    /// Names of modules with what they hold.
    var modules: [String: String] {
        get throws {
            let names = try FileManager.default.contentsOfDirectory(atPath: folder)
            var modules: [String: String] = [:]
            for name in names where name.hasSuffix(".rego") { modules[name] = try text(name) }
            return modules
        }
    }

    func text(_ name: String) throws -> String {
        try String(contentsOfFile: "\(folder)/\(name)", encoding: .utf8)
    }

    func write(_ text: String, to name: String) throws {
        try text.write(toFile: "\(folder)/\(name)", atomically: true, encoding: .utf8)
    }

    /// What the server says of its policy, once that is as it should be.
    static func wait(
        _ server: PublicServer, until isSo: ([String: Any]) -> Bool
    ) async throws {
        // Some seconds: it looks at the files several times in each.
        for _ in 0..<2_000 {
            let reply = try await server.ask("GET", "/healthz", as: server.world.administrator)
            if isSo(try reply.json) { return }
        }
        throw ServerFault(message: "the policy is not reloaded")
    }

    static func revision(_ server: PublicServer) async throws -> String {
        let reply = try await server.ask("GET", "/healthz", as: server.world.administrator)
        return try reply.json["policy_revision"] as? String ?? ""
    }
}

/// A rule of a module, as it stands there.
struct PolicyRule: Sendable {
    /// As verdicts name it.
    let name: String
    let module: String
    /// The module without it.
    let moduleWithout: String

    /// Those that permit.
    static func permits(in modules: [String: String]) throws -> [PolicyRule] {
        modules.sorted { $0.key < $1.key }.flatMap { module, text -> [PolicyRule] in
            let blocks = text.components(separatedBy: "\n\n")
            return blocks.indices.compactMap { index in
                let rule = blocks[index]
                guard rule.contains("\npermits contains {") || rule.hasPrefix("permits contains {"),
                    let name = rule.firstMatch(of: /"rule": "([a-z_]+)"/),
                    let head = rule.firstRange(of: "} if ")
                else { return nil }
                var fewer = blocks
                fewer[index] = rule[..<head.lowerBound] + "} if false\n"
                return PolicyRule(
                    name: String(name.1), module: module,
                    moduleWithout: fewer.joined(separator: "\n\n"))
            }
        }
    }
}
