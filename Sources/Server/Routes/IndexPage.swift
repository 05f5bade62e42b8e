/// `GET /`: what this is, for people who open it in a browser.
enum IndexPage {
    static func get(_ call: Call, _ turn: Turn) -> Answer {
        Answer(status: 200, contentType: .html, body: Array(page.utf8))
    }

    private static let page = """
        <!doctype html>
        <html lang="en">
        <meta charset="utf-8">
        <meta name="viewport" content="width=device-width">
        <title>Ostiary</title>
        <style>
        body { font: 16px/1.5 system-ui, sans-serif; max-width: 44rem; margin: 3rem auto;
          padding: 0 1rem; }
        pre, code { font: 14px/1.5 ui-monospace, monospace; }
        pre { background: #8882; padding: 1rem; overflow: auto; }
        </style>
        <h1>Ostiary</h1>
        <p>This server answers authorization questions. Its policies are written in Rego; its
        interface is the REST API of Open Policy Agent.</p>
        <pre>curl localhost:8181/v1/data/authz/allow -d '{"input": {"user": "alice"}}'</pre>
        <table>
        <tr><td><code>POST /v1/data/…</code><td>a decision; <code>input</code> in the body
        <tr><td><code>GET /v1/data</code><td><a href="v1/data?pretty">everything that is known</a>
        <tr><td><code>GET /v1/policies</code><td><a href="v1/policies?pretty">the policies</a>
        <tr><td><code>GET /v1/query?q=…</code><td><a
          href="v1/query?q=x%20%3D%201%20%2B%201&amp;pretty">any question</a>
        <tr><td><code>GET /health</code><td><a href="health">whether all is well</a>
        </table>
        </html>

        """
}
