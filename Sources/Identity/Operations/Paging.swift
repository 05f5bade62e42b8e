public import Cryptography

/// Cursors: where a list goes on, sealed, so that nobody makes one or uses it for another list.
public struct Cursors: Sendable {
    private let keys: SealingKeys

    public init(keys: SealingKeys) { self.keys = keys }

    private static let textBytesMax = 512

    /// Only for the same list of the same tenant, with the same filters.
    private static func place(_ request: RequestFacts) -> SealedPlace {
        let filters = request.query.filter { $0.key != "cursor" && $0.key != "limit" }
            .sorted { $0.key < $1.key }
            .map { "\($0.key.utf8.count):\($0.key)=\($0.value.utf8.count):\($0.value)" }
        let path = request.parameters.sorted { $0.key < $1.key }.map { "\($0.key)=\($0.value)" }
        return SealedPlace(
            table: "cursor", column: request.operation.path.text,
            row: (path + filters).joined(separator: "&"), organization: request.tenant)
    }

    /// - Returns: `nil` where sealing fails, which ends the list early rather than wrongly.
    func text(_ position: [String], for request: RequestFacts) -> String? {
        let bytes = JSON.array(position.map(JSON.text)).bytes
        return (try? keys.seal(bytes.span, for: Cursors.place(request)))?.hexadecimal
    }

    /// - Throws: `Fault` where the text is no cursor of this list.
    func position(_ text: String, for request: RequestFacts) throws(Fault) -> [String] {
        let unfit = Fault.invalid([.init("query/cursor", "is no cursor of this list")])
        guard text.utf8.count <= Cursors.textBytesMax, let sealed = [UInt8](hexadecimal: text)
        else {
            throw unfit
        }
        do {
            let bytes = try keys.open(sealed.span, for: Cursors.place(request))
            return try JSON(reading: bytes).elements?.compactMap(\.text) ?? []
        } catch { throw unfit }
    }
}

/// The stretch of a list that a request asks for.
public struct Paging: Sendable {
    /// Rows of the page.
    public let limit: Int
    /// Behind which the page begins; `nil`: at the beginning.
    public let position: [String]?
    private let call: OperationCall

    static let limits: ClosedRange<Int64> = 1...200
    static let standardLimit = 50

    /// What a paged operation takes in its query.
    public static let fields = [
        Shape.Field("limit", .integer(limits), isRequired: false, "Rows of a page; 50."),
        Shape.Field("cursor", .text(1...512), isRequired: false, "From `page.next_cursor`."),
    ]

    /// - Throws: `Fault` for a cursor that is none.
    init(_ call: OperationCall) throws(Fault) {
        self.call = call
        limit = call.request.query["limit"].flatMap { Int($0) } ?? Paging.standardLimit
        guard let cursor = call.request.query["cursor"] else {
            position = nil
            return
        }
        position = try call.cursors.position(cursor, for: call.request)
    }

    /// A page of rows, of which one more than `limit` was asked for.
    func reply<Element>(
        _ rows: [Element], _ json: (Element) throws -> JSON, position: (Element) throws -> [String]
    ) rethrows -> Reply {
        let shown = rows.prefix(limit)
        let end = rows.count > limit ? try shown.last.map(position) : nil
        let cursor = end.flatMap { call.cursors.text($0, for: call.request) }
        return .json([
            "data": .array(try shown.map(json)),
            "page": ["next_cursor": JSON(cursor), "has_more": .boolean(cursor != nil)],
        ])
    }
}

extension Shape {
    static func page(of shape: Shape) -> Shape {
        .object([
            Field("data", .array(of: shape, count: 0...Int(Paging.limits.upperBound))),
            Field(
                "page",
                .object([
                    Field("next_cursor", .nullable(.text(1...512))), Field("has_more", .boolean),
                ])),
        ])
    }
}
