#pragma once

// libcurl behind typed functions, for its setters are variadic. The library is opened by the first
// transfer and not by the process: linked, it would cost every command its start-up.

#include <stdbool.h>
#include <stddef.h>

#ifdef __cplusplus
extern "C" {
#endif

/// One HTTP request and its answer, or one mail, on one thread. Texts end with a null byte and are copied.
typedef struct ccurl_transfer ccurl_transfer;

/// How a transfer ended.
typedef enum {
    CCURL_OK = 0,
    CCURL_FAILED,
    CCURL_TIMED_OUT,
    CCURL_CANCELLED,
    CCURL_BODY_TOO_LARGE,
    CCURL_HEAD_TOO_LARGE,
} ccurl_outcome;

/// Why libcurl cannot be used; null where it can.
const char *ccurl_load_failure(void);

/// A transfer that takes at most so many bytes of head and of body; null without libcurl or memory.
ccurl_transfer *ccurl_new(size_t head_bytes_max, size_t body_bytes_max);
void ccurl_free(ccurl_transfer *transfer);

// What a setter could not set makes the transfer fail; none is ignored.
void ccurl_set_url(ccurl_transfer *transfer, const char *url);
void ccurl_set_method(ccurl_transfer *transfer, const char *method);
void ccurl_set_body(ccurl_transfer *transfer, const void *bytes, size_t count);
/// A line as libcurl has it: `Name: value`, `Name;` for an empty value, `Name:` for none at all.
void ccurl_add_header(ccurl_transfer *transfer, const char *line);
void ccurl_set_unix_socket(ccurl_transfer *transfer, const char *path);
void ccurl_accept_gzip(ccurl_transfer *transfer);
void ccurl_set_timeout(ccurl_transfer *transfer, long milliseconds);
/// Trusted roots as PEM; `alone`: the system's are not trusted.
void ccurl_set_roots(ccurl_transfer *transfer, const void *pem, size_t count, bool alone);
void ccurl_set_client(
    ccurl_transfer *transfer, const void *certificate, size_t certificate_count, const void *key,
    size_t key_count);
void ccurl_skip_verification(ccurl_transfer *transfer);
/// The name asked of and proved by a TLS server, where it is not the URL's. After the URL.
void ccurl_set_server_name(ccurl_transfer *transfer, const char *name, bool keeps_host);
/// Makes the transfer one of a mail over SMTP, whose lines end with CR LF. The replies are its head.
void ccurl_set_mail(
    ccurl_transfer *transfer, const char *from, const char *to, const void *bytes, size_t count);
/// A server that is reached in clear must go over to TLS at once.
void ccurl_require_tls(ccurl_transfer *transfer);
void ccurl_set_login(ccurl_transfer *transfer, const char *user, const char *password);
/// Asked about once a second; true ends the transfer.
void ccurl_set_cancel(ccurl_transfer *transfer, bool (*is_cancelled)(void *), void *context);

ccurl_outcome ccurl_perform(ccurl_transfer *transfer);

/// Why it failed.
const char *ccurl_message(const ccurl_transfer *transfer);
long ccurl_status(const ccurl_transfer *transfer);
/// Where a redirection leads, absolute; null for none.
const char *ccurl_redirect(const ccurl_transfer *transfer);
/// The status line and the fields of the last answer.
const void *ccurl_head(const ccurl_transfer *transfer, size_t *count);
/// Decompressed.
const void *ccurl_body(const ccurl_transfer *transfer, size_t *count);

#ifdef __cplusplus
}
#endif
