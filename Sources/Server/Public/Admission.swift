import HTTPTypes
import Hummingbird
import HummingbirdCore
import Identity
import NIOCore

extension PublicFront {
    /// Reads a request within its limits: what it asks for, and with which parameters and body.
    func admitted(_ request: Request, _ arrival: inout Arrival) async throws(Fault) -> RequestFacts
    {
        let target = Target(request.head.path ?? "")
        arrival.accepts = request.headers[.accept]
        let (operation, parameters) = try route(request.method, target.path, &arrival)
        arrival.operation = operation
        arrival.decision = Identifier(.decision, host).text
        arrival.cookies = cookies(request)
        let name = hostName(request, arrival)
        if request.headers[.authorization] == nil, arrival.cookies[.session] == nil {
            try await admitAddress(&arrival)
        }
        if operation.takesForm || isByCookie(request, operation, arrival) {
            try checkOrigin(request, at: name)
        }
        let passed = operation.isPassedOn ? try await passed(request) : nil
        let query = operation.isPassedOn ? [:] : try QueryReading.values(target.query, operation)
        let body = operation.isPassedOn ? nil : try await body(of: request, operation, &arrival)
        var facts = RequestFacts(
            id: arrival.id, operation: operation, parameters: parameters, query: query, body: body,
            passed: passed, host: name, address: arrival.address?.text ?? "",
            userAgent: request.headers[.userAgent].map { String($0.prefix(256)) },
            cookies: arrival.cookies, lifetimes: deployment.lifetimes, time: arrival.time,
            made: Identifier(.organization, host).text)
        facts.ownNames = names.own
        facts.network = arrival.address?.network ?? ""
        return facts
    }

    private func route(
        _ method: HTTPRequest.Method, _ path: Substring, _ arrival: inout Arrival
    ) throws(Fault) -> (Operation, [String: String]) {
        var elements: [String] = []
        let slash = UInt8(ascii: "/")
        let named = path.utf8.dropFirst().split(separator: slash, omittingEmptySubsequences: false)
        for element in named {
            // A slash or a null inside of an element would mean another path to others.
            guard let text = PercentEncoding.decoded(element), !text.utf8.contains(slash),
                !text.utf8.contains(0)
            else { throw Fault(.invalidRequest, "the path is malformed") }
            elements.append(text)
        }
        do throws(OperationTable.MethodFault) {
            return try operations.find(method, elements)
        } catch {
            guard case .noMethod(let allowed) = error else {
                throw Fault(.notFound, "no such path")
            }
            arrival.allowedMethods = allowed
            throw Fault(.invalidRequest, "the path has no such method", status: 405)
        }
    }

    private func hostName(_ request: Request, _ arrival: Arrival) -> String {
        let forwarded = arrival.address?.isForwarded == true ? request.headers[.forwardedHost] : nil
        return HostNames.name(forwarded ?? request.head.authority ?? "")
    }

    /// Whether the browser adds the credential by itself, whoever's page sends the request.
    private func isByCookie(
        _ request: Request, _ operation: Operation, _ arrival: Arrival
    ) -> Bool {
        operation.method != .get && request.headers[.authorization] == nil
            && arrival.cookies[.session] != nil
    }

    /// Pages of others may not send our forms: at an organization's host, what its own pages send
    /// is ours.
    private func checkOrigin(_ request: Request, at name: String) throws(Fault) {
        let origin =
            names.tenant(of: name) == .none ? options.issuer.text : facilities.origin(of: name)
        let isOurs = request.headers[.origin] == origin
        let site = request.headers[.fetchSite]
        guard isOurs, site == nil || site == "same-origin" else { throw Fault(.csrfFailed) }
    }

    private func passed(_ request: Request) async throws(Fault) -> PassedRequest {
        // The credential was for us: nobody behind needs to see it.
        let fields = request.headers.filter { $0.name != .authorization && $0.name != .cookie }
        return PassedRequest(
            method: request.method.rawValue, target: request.head.path ?? "",
            fields: fields.map { ($0.name.rawName, $0.value) },
            body: try await bytes(of: request))
    }

    private func body(
        of request: Request, _ operation: Operation, _ arrival: inout Arrival
    ) async throws(Fault) -> JSON? {
        guard let shape = operation.body else {
            let isAnnounced = request.headers[.contentLength].map { $0 != "0" } ?? false
            if isAnnounced || request.headers[.transferEncoding] != nil {
                throw Fault(.invalidRequest, "the operation takes no body")
            }
            return nil
        }
        try checkType(request, isForm: operation.isFormEncoded)
        let bytes = try await bytes(of: request)
        var value = try operation.isFormEncoded ? QueryReading.form(bytes) : Self.json(bytes)
        if operation.takesForm {
            value = try bound(value, arrival)
            arrival.typed = value
        } else if operation.traits.contains(.oauth) {
            value = shape.known(of: value)
        }
        let faults = shape.faults(in: value)
        guard faults.isEmpty else { throw .invalid(faults) }
        return value
    }

    private static func json(_ bytes: [UInt8]) throws(Fault) -> JSON {
        do throws(JSON.Failure) { return try JSON(reading: bytes) } catch {
            throw Fault(.invalidRequest, "the body: \(error.reason)")
        }
    }

    private func checkType(_ request: Request, isForm: Bool) throws(Fault) {
        let field = request.headers[.contentType] ?? ""
        let type = field.prefix { $0 != ";" }.lowercased().filter { $0 != " " }
        let taken =
            isForm
            ? ["application/x-www-form-urlencoded"]
            : ["application/json", "application/merge-patch+json"]
        guard taken.contains(type) else {
            throw Fault(.invalidRequest, "the body is to be \(taken[0])", status: 415)
        }
        guard request.headers[.contentEncoding] == nil else {
            throw Fault(.invalidRequest, "the body is to be sent as it is", status: 415)
        }
    }

    private func bytes(of request: Request) async throws(Fault) -> [UInt8] {
        if let announced = request.headers[.contentLength].flatMap({ Int($0) }),
            announced > options.bodyBytes
        {
            throw Fault(.payloadTooLarge)
        }
        var bytes: [UInt8] = []
        do {
            for try await chunk in request.body {
                guard bytes.count + chunk.readableBytes <= options.bodyBytes else {
                    throw Fault(.payloadTooLarge)
                }
                bytes.append(contentsOf: chunk.readableBytesView)
            }
        } catch let fault as Fault {
            throw fault
        } catch {
            throw Fault(.invalidRequest, "the body did not come to its end")
        }
        return bytes
    }
}

/// Names and values of a query or a form, checked.
enum QueryReading {
    /// - Throws: `Fault` for parameters that are unknown, come twice, or have no fit value.
    static func values(_ query: Substring, _ operation: Operation) throws(Fault) -> [String: String]
    {
        let fields = operation.query + (operation.traits.contains(.paged) ? Paging.fields : [])
        var values: [String: String] = [:]
        var faults: [Fault.Field] = []
        for (name, value) in Parameters(query: query).all {
            let pointer = "query/\(name)"
            guard let field = fields.first(where: { $0.name == name }) else {
                faults.append(.init(pointer, "is not known"))
                continue
            }
            if values.updateValue(value, forKey: name) != nil {
                faults.append(.init(pointer, "comes twice"))
            }
            if let detail = fault(of: value, field.shape) { faults.append(.init(pointer, detail)) }
        }
        guard faults.isEmpty else { throw .invalid(faults) }
        return values
    }

    private static func fault(of value: String, _ shape: Shape) -> String? {
        guard case .integer = shape else { return shape.fault(of: value) }
        guard let number = Int64(value) else { return "is no integer" }
        return shape.faults(in: .integer(number)).first?.detail
    }

    /// A form as an object of texts.
    /// - Throws: `Fault` for a name that comes twice.
    /// - Source: RFC 6749, section 3.2.
    static func form(_ bytes: [UInt8]) throws(Fault) -> JSON {
        var members: [JSON.Member] = []
        var names: Set<String> = []
        let pairs = Parameters(query: Substring(decoding: bytes, as: UTF8.self)).all
        for (name, value) in pairs {
            guard names.insert(name).inserted else {
                throw .invalid([.init("/\(name)", "comes twice")])
            }
            members.append(.init(name, .text(value)))
        }
        return .object(members)
    }
}
