import RegoMachine
import Testing

@testable import Outbound

@Suite struct SystemHostTests {
    @Test(arguments: [
        "", "/etc/passwd", "../../../etc/passwd", "Europe/../../passwd", "Europe//Zurich",
        "Europe/Zürich", "Europe/Zurich\0", ".", "Europe/", "a b",
        String(repeating: "a", count: 65),
    ])
    func aZoneNameThatLeavesItsFolderIsNone(_ name: String) {
        #expect(!TimeZoneFiles.isZoneName(name))
        #expect(TimeZoneFiles.contents(name) == nil)
    }

    @Test func foldersAndTextsAreNoZones() {
        #expect(TimeZoneFiles.contents("Europe") == nil)
        #expect(TimeZoneFiles.contents("no_such_zone") == nil)
    }

    @Test(arguments: ["Europe/Zurich", "Etc/GMT+1", "America/Port-au-Prince"])
    func zonesHaveNames(_ name: String) {
        #expect(TimeZoneFiles.isZoneName(name))
    }

    @Test func namesThatCannotBeAreNotLookedUp() {
        guard case .failure(let reason) = NameLookUp.addresses("a\0b") else {
            Issue.record("a name with a null byte was looked up")
            return
        }
        #expect(reason.hasSuffix("no such host"))
    }

    @Test func randomBytesFillTheirArray() {
        #expect(Host.system.randomBytes(0).isEmpty)
        #expect(Host.system.randomBytes(1_000).count == 1_000)
        #expect(Host.system.randomBytes(16) != Host.system.randomBytes(16))
    }
}
