import CArchive

extension Archive {
    /// Reads a gzipped tar file.
    /// - Parameter wants: Which contents are kept; others are passed over.
    /// - Throws: `Failure` for what is no such file, is damaged, or passes a limit.
    public init(
        reading bytes: [UInt8], limits: Limits = Limits(),
        where wants: (_ path: String) -> Bool = { _ in true }
    ) throws(Failure) {
        self.init(entries: try ArchiveReader(bytes, limits).read(where: wants))
    }
}

@safe private struct ArchiveReader {
    private let handle: OpaquePointer
    private let bytes: [UInt8]
    private let limits: Archive.Limits
    private var seen: Set<String> = []
    private var count = 0
    /// What is left of the contents' bound.
    private var bytesLeft: Int

    init(_ bytes: [UInt8], _ limits: Archive.Limits) throws(Archive.Failure) {
        guard bytes.starts(with: [0x1F, 0x8B]) else {
            throw Archive.Failure(clause: "not a gzipped tar file")
        }
        guard let handle = unsafe archive_read_new() else {
            throw Archive.Failure(clause: "out of memory")
        }
        unsafe self.handle = unsafe handle
        self.bytes = bytes
        self.limits = limits
        let (scaled, isLarge) = bytes.count.multipliedReportingOverflow(by: limits.ratio)
        bytesLeft = min(limits.totalBytes, isLarge ? .max : scaled + Archive.freeBytes)
        // These two alone: the library would try every format it knows.
        unsafe archive_read_support_filter_gzip(handle)
        unsafe archive_read_support_format_tar(handle)
    }

    consuming func read(
        where wants: (String) -> Bool
    ) throws(Archive.Failure) -> [Archive.Entry] {
        defer { unsafe archive_read_free(handle) }
        let span = bytes.span
        return unsafe try span.withUnsafeBytes { (buffer) throws(Archive.Failure) in
            guard unsafe archive_read_open_memory(handle, buffer.baseAddress, buffer.count)
                == ARCHIVE_OK
            else { throw failure() }
            var entries: [Archive.Entry] = []
            var entry: OpaquePointer?
            while true {
                let status = unsafe archive_read_next_header(handle, &entry)
                if status == ARCHIVE_EOF { return entries }
                guard status == ARCHIVE_OK || status == ARCHIVE_WARN, let entry = unsafe entry
                else { throw failure() }
                if let found = try unsafe read(entry, where: wants) { entries.append(found) }
            }
        }
    }

    @unsafe private mutating func read(
        _ entry: OpaquePointer, where wants: (String) -> Bool
    ) throws(Archive.Failure) -> Archive.Entry? {
        count += 1
        guard count <= limits.entries else {
            throw Archive.Failure(clause: "more than \(limits.entries) entries")
        }
        guard let name = unsafe archive_entry_pathname(entry),
            let written = unsafe String(validatingCString: name)
        else { throw Archive.Failure(clause: "an entry's name is no text") }
        let path = try EntryPath.cleaned(written, limits: limits)
        let type = unsafe archive_entry_filetype(entry)
        let isLink = unsafe archive_entry_hardlink(entry) != nil
            || archive_entry_symlink(entry) != nil
        guard !isLink, type == S_IFREG || type == S_IFDIR else {
            throw Archive.Failure(
                clause: "entry `\(path)`: bundles hold files and folders, no links or devices")
        }
        if type == S_IFDIR { return nil }
        guard !path.isEmpty, seen.insert(path).inserted else {
            throw Archive.Failure(clause: "entry `\(path)` is there twice")
        }
        try unsafe take(archive_entry_size(entry), path)
        // The next header is found behind what is passed over.
        guard wants(path) else { return nil }
        return Archive.Entry(path: path, bytes: try unsafe content(archive_entry_size(entry), path))
    }

    private mutating func take(_ size: Int64, _ path: String) throws(Archive.Failure) {
        guard size >= 0, size <= limits.fileBytes else {
            throw Archive.Failure(
                clause: "entry `\(path)`: more than \(limits.fileBytes) bytes")
        }
        bytesLeft -= Int(size)
        guard bytesLeft >= 0 else {
            throw Archive.Failure(
                clause: "entry `\(path)`: the contents are more than \(limits.totalBytes) bytes,"
                    + " or too many times larger than the archive")
        }
    }

    @unsafe private func content(
        _ size: Int64, _ path: String
    ) throws(Archive.Failure) -> [UInt8] {
        var got = 0
        let bytes = unsafe [UInt8](unsafeUninitializedCapacity: Int(size)) { into, filled in
            while got < into.count {
                let part = unsafe archive_read_data(
                    handle, into.baseAddress?.advanced(by: got), into.count - got)
                guard part > 0 else { break }
                got += part
            }
            filled = got
        }
        guard got == Int(size) else { throw failure("entry `\(path)`") }
        return bytes
    }

    private func failure(_ what: String = "the archive") -> Archive.Failure {
        let reason = unsafe archive_error_string(handle).map { unsafe String(cString: $0) }
        return Archive.Failure(clause: "\(what) is damaged: \(reason ?? "it ends too early")")
    }
}
