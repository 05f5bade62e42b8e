import Storage

extension [Row] {
    /// The rows that stand together with the same text in a column: one thing's, joined with many.
    func runs(of column: String) throws(StorageFailure) -> [ArraySlice<Row>] {
        var runs: [ArraySlice<Row>] = []
        var start = 0
        for index in indices {
            let isLast = index + 1 == count
            let text = try self[index].text(column)
            if isLast ? true : try self[index + 1].text(column) != text {
                runs.append(self[start...index])
                start = index + 1
            }
        }
        return runs
    }
}
