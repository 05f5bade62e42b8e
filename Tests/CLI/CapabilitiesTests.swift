import Foundation
import Testing

/// The printed table of builtins beside OPA's own capabilities file, which stands beside the
/// project (`../shared/reference`), not in it.
@Suite struct CapabilitiesTests {
    private static func builtins(_ json: Data) throws -> [String: [String: Any]] {
        let object = try JSONSerialization.jsonObject(with: json) as? [String: Any]
        let rows = object?["builtins"] as? [[String: Any]] ?? []
        return Dictionary(rows.map { ($0["name"] as? String ?? "", $0) }) { first, _ in first }
    }

    @Test func everyBuiltinOfOPAIsThereAsOPADeclaresIt() throws {
        let place = Invocation.projectRoot.deletingLastPathComponent()
            .appending(path: "shared/reference/capabilities.json")
        guard let reference = try? Data(contentsOf: place) else {
            return print("capabilities: SKIPPED, no \(place.path)")
        }
        let theirs = try Self.builtins(reference)
        let ours = try Self.builtins(Data(Invocation(["capabilities", "--current"]).output.utf8))
        let absent = Set(theirs.keys).subtracting(ours.keys)
        print("capabilities: \(theirs.count - absent.count) of \(theirs.count) builtins of OPA")
        #expect(absent.isEmpty, "missing: \(absent.sorted())")
        for (name, builtin) in ours {
            guard let reference = theirs[name] else { continue }
            #expect(
                NSDictionary(dictionary: builtin) == NSDictionary(dictionary: reference), "\(name)")
        }
    }
}
