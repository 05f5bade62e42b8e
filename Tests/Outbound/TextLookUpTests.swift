import Outbound
import RegoMachine
import Servers
import Testing

/// TXT records of a name server that is asked for real.
@Suite struct TextLookUpTests {
    private func lookUp(_ name: String) throws -> Host.TextLookup {
        let server = try NameServer.shared.get()
        return try #require(TextLookUp(server: server.address)).records(name)
    }

    private func texts(_ name: String) throws -> [String] {
        switch try lookUp(name) {
        case .records(let records): records.map { String(decoding: $0, as: UTF8.self) }
        case .failure(let reason): ["failure: \(reason)"]
        }
    }

    @Test(arguments: [
        ("one.test", ["hello"]), ("ONE.test.", ["hello"]), ("empty.test", []), ("no.test", []),
        ("long.test", [String(repeating: "a", count: 255) + String(repeating: "b", count: 10)]),
        ("cut.test", [String](repeating: String(repeating: "c", count: 200), count: 9)),
    ])
    func recordsAreReadWhole(_ name: String, _ records: [String]) throws {
        #expect(try texts(name) == records)
    }

    @Test(arguments: ["broken.test", "silent.test", "many.test", "", "a\u{0}b"])
    func whatIsNoAnswerIsAFailure(_ name: String) throws {
        guard case .failure = try lookUp(name) else {
            Issue.record("\(name) has records")
            return
        }
    }

    @Test(arguments: [
        "", "127.0.0.1", "names.example:53", "127.0.0.1:", "127.0.0.1:65536", "::1:53",
        "[127.0.0.1]:53", "127.0.0.1,127.0.0.2:53",
    ])
    func aServerIsAnAddressAndAPort(_ text: String) {
        #expect(TextLookUp(server: text) == nil)
    }

    @Test func serversOfBothFamiliesAreTaken() {
        #expect(TextLookUp(server: "192.0.2.53:53") != nil)
        #expect(TextLookUp(server: "[2001:db8::53]:5353") != nil)
    }
}
