import Testing

@testable import RegoMachine

private let call = Calls(rows: Builtin.strings)

private func render(_ template: String, _ object: Term) throws -> Term {
    try call("strings.render_template", .string(template), object)
}

/// A template, its object, and what comes of it.
struct TemplateRow: Sendable, CustomTestStringConvertible {
    let template: String
    let object: Term
    let result: String

    init(_ template: String, _ object: Term, _ result: String) {
        (self.template, self.object, self.result) = (template, object, result)
    }

    var testDescription: String { template }
}

@Suite struct TemplateTests {
    static let refused: [(template: String, message: String)] = [
        ("{{.x", "template: template:1: unclosed action"),
        ("{{if .x}}", "template: template:1: unexpected EOF"),
        ("a\n{{foo}}", "template: template:2: function \"foo\" not defined"),
        ("{{end}}", "template: template:1: unexpected {{end}}"),
        ("{{$y}}", "template: template:1: undefined variable \"$y\""),
        ("{{1 | 2}}", "template: template:1: non executable command in pipeline"),
        ("{{break}}", "template: template:1: {{break}} outside {{range}}"),
        (
            "{{.a.b}}",
            "template: template: executing \"template\": nil data; no entry for key \"b\""
        ),
        (
            "{{eq 1 \"a\"}}",
            "template: template: executing \"template\": error calling eq: "
                + "incompatible types for comparison"
        ),
        (
            "{{define \"t\"}}{{template \"t\"}}{{end}}{{template \"t\"}}",
            "template: template: executing \"template\": exceeded maximum template depth (100)"
        ),
    ]

    @Test(arguments: refused)
    func saysWhatIsWrong(row: (template: String, message: String)) {
        #expect(throws: BuiltinError.failed(row.message)) { try render(row.template, [:]) }
    }

    @Test func deepNestingIsRefused() {
        #expect(throws: BuiltinError.limit(.nesting)) {
            try render("{{" + String(repeating: "(", count: 500), [:])
        }
    }

    @Test func endlessLoopsRunOutOfSteps() {
        var few = call
        few.limits.steps = 1_000
        #expect(throws: BuiltinError.limit(.steps)) {
            try few("strings.render_template", "{{range 999999999}}{{end}}", [:])
        }
    }

    static let rendered: [TemplateRow] = [
        .init("{{.a}} {{.none}}", ["a": 2023], "2023 <undefined>"),
        .init("{{range $i, $n := .l}}{{if $i}},{{end}}{{$n}}{{end}}", ["l": ["a", "b"]], "a,b"),
        .init("{{range $k, $v := .m}}{{$k}}={{$v}} {{end}}", ["m": ["b": 1, "a": true]],
            "a=true b=1 "),
        .init("{{range .l}}{{if eq . \"b\"}}{{continue}}{{end}}{{if eq . \"d\"}}{{break}}{{end}}"
            + "{{.}}{{else}}none{{end}}", ["l": ["a", "b", "c", "d", "e"]], "ac"),
        .init("{{with .u}}{{.name | printf \"%-5s|\"}}{{else}}none{{end}}", ["u": ["name": "al"]],
            "al   |"),
        .init("{{if eq .x \"a\" \"b\"}}1{{else if not .x}}2{{else}}3{{end}}", ["x": "b"], "1"),
        .init("a {{- /* why */ -}} b {{- 3 -}} c", [:], "ab3c"),
        .init("{{$x := 1}}{{range .l}}{{$x = .}}{{end}}{{$x}} {{$.l}}", ["l": ["a", "b"]],
            "b [a b]"),
        .init("{{define \"t\"}}<{{.}}>{{end}}{{template \"t\" .x}}{{block \"u\" .x}}[{{.}}]{{end}}",
            ["x": "1"], "<1>[1]"),
        .init("{{len .l}} {{index .l 1}} {{slice .s 1 3}} {{(index .m \"k\").z}} {{.m}}",
            ["l": ["a", "b"], "s": "hello", "m": ["k": ["z": 5]]], "2 b el 5 map[k:map[z:5]]"),
        .init("{{html \"<a>\"}} {{urlquery \"a b&c\"}} {{js \"it's\"}}", [:],
            "&lt;a&gt; a+b%26c it\\'s"),
        .init("{{and 1 0}} {{or 0 \"x\"}} {{lt 1 2}} {{print 1 2 \"a\"}}", [:], "0 x true 1 2a"),
        .init("{{'a'}} {{0x1F}} {{1.5}} {{`raw`}} {{\"\\u00e9\"}} {{printf \"%t\" true}}", [:],
            "97 31 1.5 raw é true"),
    ]

    @Test(arguments: rendered)
    func rendersAsGoDoes(row: TemplateRow) throws {
        #expect(try render(row.template, row.object) == .string(row.result))
    }
}
