import ArgumentParser

/// How long what was recorded is kept.
struct RetentionFlags: ParsableArguments {
    @Option(
        help: ArgumentHelp("Decisions are removed after so many days.", valueName: "days"))
    var decisionsKept = 90

    @Option(
        help: ArgumentHelp(
            "Rows of the audit are removed after so many days; without it, never.",
            discussion: "What a legal hold covers stays: `ostiary audit hold`.",
            valueName: "days"))
    var auditKept: Int?

    private static let daysMax = 36_500

    func validate() throws {
        let given = [("--decisions-kept", decisionsKept), ("--audit-kept", auditKept ?? 1)]
        for (flag, days) in given where !(1...Self.daysMax).contains(days) {
            throw ValidationError("\(flag) is 1 to \(Self.daysMax) days")
        }
    }
}
