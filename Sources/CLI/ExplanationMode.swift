import ArgumentParser
import Rego
import RegoSyntax
import Synchronization

/// What is told beside the answers of a query.
enum ExplanationMode: String, ExpressibleByArgument, CaseIterable {
    case off
    /// What calls of `trace` say.
    case notes
    /// The rules that did not succeed.
    case fails
    /// All rules.
    case full
    /// OPA's word for more than everything.
    case debug

    /// - Parameter explainer: Made for this input.
    /// - Returns: `nil` where none is asked for, or the query does not compile.
    func explanation(
        of query: String, package: String?, imports: [String], version: LanguageVersion,
        by explainer: @autoclosure () -> Explainer
    ) -> Explanation? {
        switch self {
        case .off, .notes: nil
        case .fails, .full, .debug:
            try? explainer().explanation(
                of: query, package: package, imports: imports, version: version)
        }
    }
}

/// What a policy notes while it is evaluated, which may be much.
final class Notes: Sendable {
    private static let countMax = 10_000
    private let texts = Mutex<[String]>([])

    var all: [String] { texts.withLock { $0 } }

    func add(_ text: String) {
        texts.withLock { if $0.count < Notes.countMax { $0.append(text) } }
    }
}
