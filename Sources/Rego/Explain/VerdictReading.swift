import RegoMachine

extension ExplanationSummary.Verdict {
    private static let members = ["allow", "allowed", "permitted"]
    /// How names of rules begin that say by their value what is permitted.
    private static let permitting = ["allow", "permit", "authorize"]
    private static let reasonMembers = ["reason", "reasons", "message", "messages"]
    private static let depthMax = 3

    /// - Parameters:
    ///   - json: `nil`: undefined.
    ///   - query: As asked: the name of a rule says whether it permits.
    /// - Returns: `nil` for values that go no way.
    init?(_ json: [UInt8]?, query: String) {
        guard let json else {
            self = Self(false, query)
            return
        }
        guard let document = try? Document.parse(json: json) else { return nil }
        let found = document.withRoot { root -> Self? in
            switch root.kind {
            case .boolean: Self(root == .true, query)
            case .array: root.elements.isEmpty ? .fails : .holds
            case .object: Self.flag(in: root, 0).map { $0 ? .allowed : .denied }
            default: nil
            }
        }
        guard let found else { return nil }
        self = found
    }

    private init(_ isTrue: Bool, _ query: String) {
        let name = query.split { !$0.isLetter }.last.map(String.init) ?? ""
        let permits =
            !query.contains(" ") && Self.permitting.contains { name.hasPrefix($0) }
        self = permits ? (isTrue ? .allowed : .denied) : (isTrue ? .holds : .fails)
    }

    private static func flag(in value: Value, _ depth: Int) -> Bool? {
        guard value.kind == .object, depth < depthMax else { return nil }
        for (key, member) in value.entries where member.kind == .boolean {
            if let name = key.string, members.contains(name) { return member == .true }
        }
        return value.entries.lazy.compactMap { flag(in: $0.value, depth + 1) }.first
    }

    /// What a decision, or a member of a set, says for itself.
    static func reasons(in json: [UInt8]?) -> [String] {
        guard let json, let document = try? Document.parse(json: json) else { return [] }
        var found: [String] = []
        document.withRoot { root in
            if let text = root.string { found = [text] } else { collect(root, 0, &found) }
        }
        return found
    }

    private static func collect(_ value: Value, _ depth: Int, _ found: inout [String]) {
        guard value.kind == .object, depth < depthMax else { return }
        for (key, member) in value.entries {
            guard let name = key.string, reasonMembers.contains(name) else {
                collect(member, depth + 1, &found)
                continue
            }
            let texts = member.kind == .array ? member.elements.map(\.string) : [member.string]
            for case let text? in texts where !found.contains(text) { found.append(text) }
        }
    }
}
