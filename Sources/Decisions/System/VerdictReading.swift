import RegoMachine

extension Verdict {
    /// Reads what a policy answered. A member too many is passed over; one that is missing or of
    /// another type makes the whole a denial, as does an obligation that nobody here knows.
    static func read(_ json: [UInt8], _ revision: String) -> Verdict {
        guard let document = try? Document.parse(json: json) else {
            return .failed(.shape(member: "(document)"), revision: revision)
        }
        do throws(Mistake) {
            return try document.withRoot { (root) throws(Mistake) in
                let answer = Members(root)
                var verdict = Verdict(
                    isAllowed: try answer.boolean("allow"), rule: try answer.text("rule"),
                    reasons: try answer.texts("reasons"),
                    obligations: try answer.array("obligations").map(obligation),
                    mayRead: try answer.boolean("may_read"), revision: revision)
                if answer.has("next") { verdict.next = try answer.texts("next") }
                return verdict
            }
        } catch {
            return .failed(.shape(member: error.member), revision: revision)
        }
    }

    private static func obligation(_ value: Value) throws(Mistake) -> Obligation {
        let members = Members(value)
        switch try members.text("type") {
        case "restrict":
            guard try members.text("to") == "own" else { throw Mistake(member: "to") }
            return .restrictToOwn
        case "step_up":
            return .stepUp(
                acr: try members.text("acr"), maxAgeSeconds: try members.integer("max_age_seconds"))
        case "redact": return .redact(try members.texts("fields"))
        case "revoke_family": return .revokeFamily
        case "assurance": return .assurance(try members.text("acr"))
        default: throw Mistake(member: "type")
        }
    }
}

/// A member that is not what it must be.
private struct Mistake: Error {
    let member: String
}

/// The members of an object, by name; of anything else, none.
private struct Members {
    private let values: [String: Value]

    init(_ object: Value) {
        var values: [String: Value] = [:]
        if object.kind == .object {
            for entry in object.entries {
                if let name = entry.key.string { values[name] = entry.value }
            }
        }
        self.values = values
    }

    func has(_ name: String) -> Bool { values[name] != nil }

    func boolean(_ name: String) throws(Mistake) -> Bool {
        try member(name) { $0.boolean }
    }

    func text(_ name: String) throws(Mistake) -> String {
        try member(name) { $0.string }
    }

    func integer(_ name: String) throws(Mistake) -> Int64 {
        try member(name) { $0.integer }
    }

    func array(_ name: String) throws(Mistake) -> [Value] {
        try member(name) { $0.kind == .array ? Array($0.elements) : nil }
    }

    func texts(_ name: String) throws(Mistake) -> [String] {
        let elements = try array(name)
        let texts = elements.compactMap(\.string)
        guard texts.count == elements.count else { throw Mistake(member: name) }
        return texts
    }

    private func member<Read>(_ name: String, _ read: (Value) -> Read?) throws(Mistake) -> Read {
        guard let value = values[name], let found = read(value) else {
            throw Mistake(member: name)
        }
        return found
    }
}
