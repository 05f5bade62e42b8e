/// What people call a browser or a program that names itself as browsers do.
enum DeviceName {
    /// The more particular ones first: most also name others.
    private static let browsers = [
        ("Edg/", "Edge"), ("OPR/", "Opera"), ("Firefox/", "Firefox"), ("Chrome/", "Chrome"),
        ("Safari/", "Safari"),
    ]
    private static let systems = [
        ("iPhone", "an iPhone"), ("iPad", "an iPad"), ("Android", "Android"),
        ("Windows", "Windows"), ("Mac OS X", "macOS"), ("Linux", "Linux"),
    ]
    private static let lettersMax = 40

    /// Such as `Firefox on Linux`; of others the name that they give themselves, if it is one.
    static func of(_ userAgent: String?) -> String {
        guard let userAgent, !userAgent.isEmpty else { return "An unknown device" }
        guard let browser = browsers.first(where: { userAgent.contains($0.0) })?.1 else {
            return program(userAgent) ?? "An unknown program"
        }
        let system = systems.first { userAgent.contains($0.0) }?.1
        return system.map { "\(browser) on \($0)" } ?? browser
    }

    /// What stands before the version, such as `curl`. Mails say it to whoever is named by
    /// somebody else, so it must be nothing that a mail program makes a link of: it has no dot.
    private static func program(_ userAgent: String) -> String? {
        let name = userAgent.prefix { $0 != "/" && $0 != " " }
        let isName = name.utf8.allSatisfy { byte in
            switch byte {
            case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
                UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"), UInt8(ascii: "_"):
                true
            default: false
            }
        }
        return isName && !name.isEmpty && name.utf8.count <= lettersMax ? String(name) : nil
    }
}
