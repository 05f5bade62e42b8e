import HTTPTypes
import Identity

/// All operations of the public listener, and what is wrong with the list of them.
struct OperationTable: Sendable {
    let operations: [Operation]
    /// By how many elements their paths have; `nil`: any number. Places in `operations`: none of
    /// them is copied to look at it.
    private let byLength: [Int?: [Int]]

    /// - Throws: `ServerFailure` where an operation cannot be served as it is: rather none than
    ///   one with a hole.
    init(_ operations: [Operation]) throws(ServerFailure) {
        self.operations = operations
        byLength = Dictionary(grouping: operations.indices) { operations[$0].path.length }
        let faults = OperationTable.faults(operations)
        guard faults.isEmpty else {
            throw .operations(faults.joined(separator: "; "))
        }
    }

    private static func faults(_ operations: [Operation]) -> [String] {
        var seen: Set<String> = []
        var described: Set<String> = []
        return operations.flatMap { operation -> [String] in
            let name = "\(operation.method.rawValue) \(operation.path.text)"
            let parts = operation.action.split(separator: ":", omittingEmptySubsequences: false)
            var faults: [String] = []
            if parts.count != 2 || parts.contains(where: \.isEmpty) {
                faults.append("\(name): `\(operation.action)` is no action")
            }
            if operation.loader.type.isEmpty { faults.append("\(name): no type of resource") }
            if !seen.insert(name).inserted { faults.append("\(name): listed twice") }
            if !described.insert(OpenAPI.operationID(operation)).inserted {
                faults.append("\(name): described under another's name")
            }
            if operation.body != nil, operation.method == .get {
                faults.append("\(name): a body that nobody may send")
            }
            if !operation.isPassedOn, operation.isWrite == (operation.method == .get) {
                faults.append("\(name): the method is not one of what it does")
            }
            return faults
        }
    }

    /// The operation of a request, and the parameters of its path. `HEAD` goes where `GET` goes.
    /// - Throws: `Fault`, of which 405 names the methods that are there.
    func find(
        _ method: HTTPRequest.Method, _ path: [String]
    ) throws(MethodFault) -> (operation: Operation, parameters: [String: String]) {
        let wanted = method == .head ? "GET" : method.rawValue
        let candidates = byLength[path.count, default: []] + byLength[nil, default: []]
        let matching = candidates.compactMap { place in
            operations[place].path.match(path).map { (place: place, parameters: $0) }
        }
        // A path that is named is not the one that a parameter might stand for.
        let fewest = matching.map(\.parameters.count).min()
        let meant = matching.filter { $0.parameters.count == fewest }
        let found = meant.first { operations[$0.place].method.rawValue == wanted }
        if let found { return (operations[found.place], found.parameters) }
        throw meant.isEmpty
            ? .noPath : .noMethod(allowed: meant.map { operations[$0.place].method.rawValue })
    }

    /// Why no operation has a request.
    enum MethodFault: Error {
        case noPath
        case noMethod(allowed: [String])
    }
}
