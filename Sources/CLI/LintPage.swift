import Rego

/// The text of `docs/lints.md`, printed from the table of lints.
enum LintPage {
    static var text: String {
        let index = Lint.all.map { "| [`\($0.code)`](#\($0.code)) | \($0.finds) |" }
        let sections = Lint.all.map(section)
        return ([head] + [tableHead + index.joined(separator: "\n")] + sections)
            .joined(separator: "\n\n") + "\n"
    }

    private static let head = """
        # Lints

        `ostiary check --lint` finds what is well-formed, and most likely not what its author
        means. A finding is a warning: the exit status stays 0 unless `--fail-on-lint` is given.

            ostiary check --lint policies tests
            ostiary check --fail-on-lint --format sarif policies >findings.sarif

        A comment at the end of a line, or alone on the line above, silences a finding:

            # ostiary ignore: missing-default
            allow if input.admin

        `.ostiary.yaml`, in the working folder or the nearest above, or the file that
        `--lint-config` names, silences a lint or makes it an error, everywhere or in some files.
        Patterns are matched against the path from that file's folder on; one without `/`, against
        the file's name:

            lints:
              ignore: ["vendor/**"]
              rules:
                unused-rule: ignore
                missing-default:
                  level: error            # ignore, warning (the default), error
                  ignore: ["legacy/**", "*_test.rego"]

        This page is printed by `ostiary check --list-lints`.
        """

    private static let tableHead = "| code | finds |\n|---|---|\n"

    private static func section(_ lint: Lint) -> String {
        """
        ## \(lint.code)

        Finds \(lint.finds).

        \(wrapped(lint.why))

        Mend it: \(lint.fix).

        ```rego
        \(lint.example)
        ```

        Instead:

        ```rego
        \(lint.instead)
        ```
        """
    }

    private static func wrapped(_ text: String) -> String {
        var lines = [""]
        for word in text.split(separator: " ") {
            if lines[lines.count - 1].count + word.count >= 99 { lines.append("") }
            lines[lines.count - 1] += (lines[lines.count - 1].isEmpty ? "" : " ") + word
        }
        return lines.joined(separator: "\n")
    }
}
