/// `# METADATA` blocks.
extension Grammar {
    /// Finds the blocks among the comments and what each belongs to: the statement after it.
    ///
    /// A block begins at the start of a line and goes on as long as comments follow line by
    /// line. One that no package or rule follows is a comment like any other.
    func annotations(
        _ starts: [(row: Int32, target: AnnotationBlock.Target?)]
    ) -> [AnnotationBlock] {
        var blocks: [AnnotationBlock] = []
        var index = 0
        while index < text.comments.count {
            guard text.comments[index].isMetadata else {
                index += 1
                continue
            }
            var span = text.comments[index].span
            var yaml = ""
            index += 1
            while index < text.comments.count, continues(at: index) {
                // As OPA does, so that the text's own indentation is YAML's.
                let line = text.comments[index].text
                yaml += (line.hasPrefix(" ") ? line.dropFirst() : line[...]) + "\n"
                span.end = text.comments[index].span.end
                index += 1
            }
            let row = text.comments[index - 1].span.row
            if let target = starts.first(where: { $0.row > row })?.target {
                blocks.append(AnnotationBlock(yaml: yaml, span: span, target: target))
            }
        }
        return blocks
    }

    private func continues(at index: Int) -> Bool {
        let comment = text.comments[index]
        return comment.span.column == 1
            && comment.span.row == text.comments[index - 1].span.row + 1 && !comment.isMetadata
    }
}

extension Comment {
    var isMetadata: Bool {
        span.column == 1
            && text.utf8.drop(while: { $0 == 0x20 || $0 == 0x09 })
                .starts(with: "METADATA".utf8)
    }
}
