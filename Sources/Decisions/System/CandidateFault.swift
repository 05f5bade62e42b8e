public import Bundles
public import RegoSyntax

/// Why a candidate for the system's policy is not taken; the last good one stays.
public enum CandidateFault: Error, Sendable, CustomStringConvertible {
    /// Its files cannot be read.
    case files(LoadFailure)
    /// Its modules do not compile, or a rule and the data claim the same path.
    case modules([Diagnostic])
    /// It does not decide these areas, which the server asks for.
    case areas([String])
    /// Tests of its own fail: their full names.
    case tests([String])

    public var description: String {
        switch self {
        case .files(let failure): failure.description
        case .modules(let found): WriteRefusal.diagnostics(found).message
        case .areas(let areas):
            "no rule for " + areas.map { "data.ostiary.\($0).decision" }.joined(separator: ", ")
        case .tests(let names): "tests fail: " + names.joined(separator: ", ")
        }
    }
}
