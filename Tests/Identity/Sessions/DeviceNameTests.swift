import Testing

@testable import Identity

/// What mails and pages call the program that somebody has used, which names itself.
@Suite struct DeviceNameTests {
    @Test(arguments: [
        "https://evil.example/confirm-now", "evil.example/confirm", "evil.example",
        "//evil.example", "mailto:eve@evil.example", "evil.example:443/x", "/x", " x",
        "<b>now</b>", "évil/1.0", "now\u{202E}/1", "now\n/1", "eve@evil/1",
        String(repeating: "a", count: 41),
    ])
    func whatIsNoNameIsNotSaid(_ userAgent: String) {
        #expect(DeviceName.of(userAgent) == "An unknown program")
    }

    @Test(arguments: [
        ("curl/8.5.0", "curl"), ("python-requests/2.31", "python-requests"), ("okhttp", "okhttp"),
        ("My_App 2 (https://evil.example)", "My_App"),
        ("Mozilla/5.0 (X11; Linux x86_64) Gecko/20100101 Firefox/128.0", "Firefox on Linux"),
        ("https://evil.example Firefox/128.0", "Firefox"),
    ])
    func namesAreSaidWithoutTheRest(_ userAgent: String, _ name: String) {
        #expect(DeviceName.of(userAgent) == name)
    }

    @Test(arguments: [nil, ""])
    func whoSaysNothingIsUnknown(_ userAgent: String?) {
        #expect(DeviceName.of(userAgent) == "An unknown device")
    }
}
