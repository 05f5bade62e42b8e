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

    /// Such as `Firefox on Linux`; of others the name that they give themselves.
    static func of(_ userAgent: String?) -> String {
        guard let userAgent, !userAgent.isEmpty else { return "An unknown device" }
        guard let browser = browsers.first(where: { userAgent.contains($0.0) })?.1 else {
            return String(userAgent.prefix { $0 != " " }.prefix(40))
        }
        let system = systems.first { userAgent.contains($0.0) }?.1
        return system.map { "\(browser) on \($0)" } ?? browser
    }
}
