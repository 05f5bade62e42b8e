/// Leaves out of an explanation what did not decide, where it is known what did.
struct Trimming {
    private let decided: Set<String>
    /// Where documents are told that stand elsewhere as told before.
    private var whole: [String: ExplainedDocument] = [:]
    private var told: Set<String> = []

    static func trimmed(
        _ root: ExplainedDocument, to summary: ExplanationSummary?
    ) -> ExplainedDocument {
        guard let summary, !summary.causes.isEmpty else { return root }
        var trimming = Trimming(decided: Set(summary.causes.map(\.document)))
        trimming.collect(root)
        return trimming.onTheWay(root) ?? root
    }

    private init(decided: Set<String>) { self.decided = decided }

    private mutating func collect(_ document: ExplainedDocument) {
        if document.omission == nil { whole[document.name] = document }
        for read in document.rules.flatMap(\.reads) { collect(read) }
    }

    /// - Returns: `nil` where nothing decided here.
    private mutating func onTheWay(_ document: ExplainedDocument) -> ExplainedDocument? {
        if decided.contains(document.name) { return kept(document) }
        var isOnTheWay = false
        let trimmed = changingReads(of: document) { trimming, read in
            if let found = trimming.onTheWay(read) {
                isOnTheWay = true
                return found
            }
            var aside = read
            if read.omission != nil || !read.rules.isEmpty { aside.omission = .aside }
            aside.rules = []
            return aside
        }
        return isOnTheWay ? trimmed : nil
    }

    /// What decided, with all that it read told here unless it is told above.
    private mutating func kept(_ document: ExplainedDocument) -> ExplainedDocument {
        var document = document
        if told.contains(document.name) {
            document.rules = []
            document.omission = .toldBefore
            return document
        }
        if document.omission == .toldBefore { document = whole[document.name] ?? document }
        if document.omission == nil { told.insert(document.name) }
        return changingReads(of: document) { trimming, read in trimming.kept(read) }
    }

    private mutating func changingReads(
        of document: ExplainedDocument,
        _ change: (inout Trimming, ExplainedDocument) -> ExplainedDocument
    ) -> ExplainedDocument {
        var document = document
        for rule in document.rules.indices {
            for read in document.rules[rule].reads.indices {
                document.rules[rule].reads[read] =
                    change(&self, document.rules[rule].reads[read])
            }
        }
        return document
    }
}
