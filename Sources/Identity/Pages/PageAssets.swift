import Storage

/// What pages fetch beside themselves.
struct PageFlow: Flow {
    static let name = "pages"

    let operations = [PageFlow.asset]

    private static let files: [String: (bytes: [UInt8], type: String)] = [
        "pages.css": (PackageResources.pages_css, "text/css; charset=utf-8"),
        "pages.js": (PackageResources.pages_js, "text/javascript; charset=utf-8"),
    ]

    private static let asset = Operation(
        .get, "/assets/{file}", "service:page", "A file of the server's own pages",
        answer: .text("text/*"),
        loader: Loader(
            "page",
            read: { (_, facts) throws(StorageFailure) in
                ResourceFacts(id: facts["file"], exists: files[facts["file"]] != nil)
            }),
        work: .read { call, _ in
            guard let file = files[call.request["file"]] else { throw Fault(.notFound) }
            return Reply(.bytes(file.bytes, contentType: file.type))
        }
    ).with { $0.traits = .unlimited }
}
