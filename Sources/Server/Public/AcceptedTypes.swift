/// What `Accept` says of the types of an answer.
/// - Source: RFC 9110, section 12.5.1.
struct AcceptedTypes {
    private let weights: [String: Double]

    init(_ field: String) {
        var weights: [String: Double] = [:]
        for member in field.split(separator: ",") {
            let parts = member.split(separator: ";").map { part in
                part.lowercased().filter { $0 != " " && $0 != "\t" }
            }
            guard let range = parts.first else { continue }
            let weight = parts.dropFirst().first { $0.hasPrefix("q=") }?.dropFirst(2)
            // What is no number is a range that nobody asks for.
            weights[range] = weight.map { Double($0) ?? 0 } ?? 1
        }
        self.weights = weights
    }

    /// Whether a page is preferred to JSON, as by browsers that somebody looks around with. Who
    /// takes both alike gets JSON.
    var prefersPage: Bool {
        weight("text/html", "text/*")
            > max(
                weight("application/json", "application/*"),
                weight("application/problem+json", "application/*"))
    }

    /// The range that is closest says it.
    private func weight(_ type: String, _ family: String) -> Double {
        weights[type] ?? weights[family] ?? weights["*/*"] ?? 0
    }
}
