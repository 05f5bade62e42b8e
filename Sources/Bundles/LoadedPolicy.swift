public import Rego
public import RegoMachine
public import RegoSyntax

/// What files and folders say: all that a policy is made of.
public struct LoadedPolicy: Sendable {
    /// In the order they were read; `source.name` is the path as it was named.
    public var modules: [Module]
    /// What the bundles' `plan.json` files hold.
    public var plans: Plans
    /// The base document; `{}` where no file has data.
    public var data: Document
    /// The bundles among what was read, in the order they were named.
    public var bundles: [LoadedBundle]

    public init(
        modules: [Module] = [], plans: Plans = Plans(), data: Document = .empty,
        bundles: [LoadedBundle] = []
    ) {
        self.modules = modules
        self.plans = plans
        self.data = data
        self.bundles = bundles
    }
}

/// A bundle and the part of `data` that it owns.
public struct LoadedBundle: Sendable {
    /// The path it was named by.
    public var name: String
    public var manifest: Manifest
}

/// Why files could not be loaded: everything that is wrong with them; never empty.
public struct LoadFailure: Error, Sendable, CustomStringConvertible {
    public let problems: [Problem]

    public enum Problem: Sendable, CustomStringConvertible {
        /// Rego that does not parse.
        case syntax(Diagnostic)
        /// A file that cannot be read, or whose document cannot be used: one clause that begins
        /// with the path.
        case file(String)

        public var description: String {
            switch self {
            case .syntax(let found):
                "\(found.file):\(found.span.row): \(found.code.rawValue): \(found.message)"
            case .file(let clause): clause
            }
        }
    }

    public init(_ problems: [Problem]) {
        precondition(!problems.isEmpty, "a failure names at least one problem")
        self.problems = problems
    }

    /// As OPA words it.
    public var description: String {
        guard problems.count > 1 else {
            return "1 error occurred during loading: \(problems[0].description)"
        }
        let lines = problems.map(\.description).joined(separator: "\n")
        return "\(problems.count) errors occurred during loading:\n\(lines)"
    }
}
