#include "CCurl.h"

#include <curl/curl.h>
#include <dlfcn.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

static struct {
    const char *failure;
    __typeof__(&curl_global_init) global_init;
    __typeof__(&curl_easy_init) easy_init;
    __typeof__(&curl_easy_setopt) easy_setopt;
    __typeof__(&curl_easy_perform) easy_perform;
    __typeof__(&curl_easy_getinfo) easy_getinfo;
    __typeof__(&curl_easy_strerror) easy_strerror;
    __typeof__(&curl_easy_cleanup) easy_cleanup;
    __typeof__(&curl_slist_append) slist_append;
    __typeof__(&curl_slist_free_all) slist_free_all;
    __typeof__(&curl_url) url;
    __typeof__(&curl_url_set) url_set;
    __typeof__(&curl_url_get) url_get;
    __typeof__(&curl_url_cleanup) url_cleanup;
    __typeof__(&curl_free) free;
} api;
static pthread_once_t loaded = PTHREAD_ONCE_INIT;

static void load(void) {
    void *library = dlopen("libcurl.so.4", RTLD_NOW | RTLD_LOCAL);
    if (!library) {
        api.failure = "libcurl.so.4 is not installed";
        return;
    }
#define RESOLVE(member, name) \
    if (!(api.member = (__typeof__(api.member))dlsym(library, name))) \
        api.failure = "libcurl.so.4 lacks " name
    RESOLVE(global_init, "curl_global_init");
    RESOLVE(easy_init, "curl_easy_init");
    RESOLVE(easy_setopt, "curl_easy_setopt");
    RESOLVE(easy_perform, "curl_easy_perform");
    RESOLVE(easy_getinfo, "curl_easy_getinfo");
    RESOLVE(easy_strerror, "curl_easy_strerror");
    RESOLVE(easy_cleanup, "curl_easy_cleanup");
    RESOLVE(slist_append, "curl_slist_append");
    RESOLVE(slist_free_all, "curl_slist_free_all");
    RESOLVE(url, "curl_url");
    RESOLVE(url_set, "curl_url_set");
    RESOLVE(url_get, "curl_url_get");
    RESOLVE(url_cleanup, "curl_url_cleanup");
    RESOLVE(free, "curl_free");
#undef RESOLVE
    if (!api.failure && api.global_init(CURL_GLOBAL_DEFAULT) != CURLE_OK)
        api.failure = "libcurl.so.4 does not start";
}

const char *ccurl_load_failure(void) {
    pthread_once(&loaded, load);
    return api.failure;
}

typedef struct {
    char *bytes;
    size_t count, capacity, max;
} buffer;

/// False where the bytes exceed the bound or the memory.
static bool append(buffer *to, const char *bytes, size_t count) {
    if (count > to->max - to->count) return false;
    if (to->count + count > to->capacity) {
        size_t capacity = to->capacity ? to->capacity : 4096;
        while (capacity < to->count + count) capacity *= 2;
        char *grown = realloc(to->bytes, capacity);
        if (!grown) return false;
        to->bytes = grown;
        to->capacity = capacity;
    }
    memcpy(to->bytes + to->count, bytes, count);
    to->count += count;
    return true;
}

struct ccurl_transfer {
    CURL *easy;
    struct curl_slist *headers, *routes, *recipients;
    buffer head, body;
    char *letter;
    size_t letter_count, letter_sent;
    /// How long it may take, and when it ends by our own clock; 0: whenever.
    long milliseconds, ends;
    /// What a setter or a callback found wrong.
    const char *refusal;
    ccurl_outcome outcome;
    char *url;
    bool (*is_cancelled)(void *);
    void *context;
    char error[CURL_ERROR_SIZE];
};

#define SET(transfer, option, value) \
    if (api.easy_setopt((transfer)->easy, option, value) != CURLE_OK) \
        (transfer)->refusal = "libcurl refuses " #option

static size_t take_head(char *bytes, size_t size, size_t count, void *context) {
    ccurl_transfer *transfer = context;
    // An informational answer precedes the last one's status line.
    if (count >= 5 && !memcmp(bytes, "HTTP/", 5)) transfer->head.count = 0;
    if (append(&transfer->head, bytes, size * count)) return size * count;
    transfer->outcome = CCURL_HEAD_TOO_LARGE;
    return 0;
}

static size_t take_body(char *bytes, size_t size, size_t count, void *context) {
    ccurl_transfer *transfer = context;
    if (append(&transfer->body, bytes, size * count)) return size * count;
    transfer->outcome = CCURL_BODY_TOO_LARGE;
    return 0;
}

static long milliseconds_now(void) {
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

static int watch(void *context, curl_off_t a, curl_off_t b, curl_off_t c, curl_off_t d) {
    (void)a, (void)b, (void)c, (void)d;
    ccurl_transfer *transfer = context;
    // libcurl's own limit does not hold for the farewell to a server of mails.
    if (transfer->ends && milliseconds_now() > transfer->ends) return 1;
    if (!transfer->is_cancelled || !transfer->is_cancelled(transfer->context)) return 0;
    transfer->outcome = CCURL_CANCELLED;
    return 1;
}

ccurl_transfer *ccurl_new(size_t head_bytes_max, size_t body_bytes_max) {
    if (ccurl_load_failure()) return NULL;
    ccurl_transfer *transfer = calloc(1, sizeof *transfer);
    if (!transfer) return NULL;
    transfer->head.max = head_bytes_max;
    transfer->body.max = body_bytes_max;
    if (!(transfer->easy = api.easy_init())) {
        free(transfer);
        return NULL;
    }
    SET(transfer, CURLOPT_ERRORBUFFER, transfer->error);
    SET(transfer, CURLOPT_NOSIGNAL, 1L);
    SET(transfer, CURLOPT_PROTOCOLS_STR, "http,https");
    SET(transfer, CURLOPT_FOLLOWLOCATION, 0L);
    // The empty text also hides the proxies that the environment names.
    SET(transfer, CURLOPT_PROXY, "");
    SET(transfer, CURLOPT_HTTP_VERSION, (long)CURL_HTTP_VERSION_1_1);
    SET(transfer, CURLOPT_HEADERFUNCTION, take_head);
    SET(transfer, CURLOPT_HEADERDATA, transfer);
    SET(transfer, CURLOPT_WRITEFUNCTION, take_body);
    SET(transfer, CURLOPT_WRITEDATA, transfer);
    SET(transfer, CURLOPT_XFERINFOFUNCTION, watch);
    SET(transfer, CURLOPT_XFERINFODATA, transfer);
    SET(transfer, CURLOPT_NOPROGRESS, 0L);
    return transfer;
}

void ccurl_free(ccurl_transfer *transfer) {
    if (!transfer) return;
    api.easy_cleanup(transfer->easy);
    api.slist_free_all(transfer->headers);
    api.slist_free_all(transfer->routes);
    api.slist_free_all(transfer->recipients);
    free(transfer->letter);
    free(transfer->head.bytes);
    free(transfer->body.bytes);
    free(transfer->url);
    free(transfer);
}

void ccurl_set_url(ccurl_transfer *transfer, const char *url) {
    free(transfer->url);
    if (!(transfer->url = strdup(url))) transfer->refusal = "out of memory";
    SET(transfer, CURLOPT_URL, url);
}

void ccurl_set_method(ccurl_transfer *transfer, const char *method) {
    if (!strcmp(method, "HEAD")) SET(transfer, CURLOPT_NOBODY, 1L);
    SET(transfer, CURLOPT_CUSTOMREQUEST, method);
}

void ccurl_set_body(ccurl_transfer *transfer, const void *bytes, size_t count) {
    SET(transfer, CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t)count);
    SET(transfer, CURLOPT_COPYPOSTFIELDS, count ? bytes : "");
}

static void add(ccurl_transfer *transfer, struct curl_slist **list, const char *line) {
    struct curl_slist *longer = api.slist_append(*list, line);
    if (longer)
        *list = longer;
    else
        transfer->refusal = "out of memory";
}

void ccurl_add_header(ccurl_transfer *transfer, const char *line) {
    add(transfer, &transfer->headers, line);
}

void ccurl_set_unix_socket(ccurl_transfer *transfer, const char *path) {
    SET(transfer, CURLOPT_UNIX_SOCKET_PATH, path);
}

void ccurl_accept_gzip(ccurl_transfer *transfer) {
    SET(transfer, CURLOPT_ACCEPT_ENCODING, "gzip");
}

void ccurl_set_timeout(ccurl_transfer *transfer, long milliseconds) {
    transfer->milliseconds = milliseconds;
    SET(transfer, CURLOPT_TIMEOUT_MS, milliseconds);
}

static struct curl_blob blob(const void *bytes, size_t count) {
    return (struct curl_blob){(void *)bytes, count, CURL_BLOB_COPY};
}

void ccurl_set_roots(ccurl_transfer *transfer, const void *pem, size_t count, bool alone) {
    struct curl_blob roots = blob(pem, count);
    SET(transfer, CURLOPT_CAINFO_BLOB, &roots);
    if (alone) SET(transfer, CURLOPT_CAPATH, NULL);
}

void ccurl_set_client(
    ccurl_transfer *transfer, const void *certificate, size_t certificate_count, const void *key,
    size_t key_count) {
    struct curl_blob shown = blob(certificate, certificate_count), secret = blob(key, key_count);
    SET(transfer, CURLOPT_SSLCERT_BLOB, &shown);
    SET(transfer, CURLOPT_SSLKEY_BLOB, &secret);
}

void ccurl_skip_verification(ccurl_transfer *transfer) {
    SET(transfer, CURLOPT_SSL_VERIFYPEER, 0L);
    SET(transfer, CURLOPT_SSL_VERIFYHOST, 0L);
}

/// libcurl takes the TLS name from the URL: the URL gets the name, and a route leads to the host.
void ccurl_set_server_name(ccurl_transfer *transfer, const char *name, bool keeps_host) {
    CURLU *url = api.url();
    char *host = NULL, *port = NULL, *shown = NULL, *renamed = NULL;
    char line[1200];
    bool is_set = url && !api.url_set(url, CURLUPART_URL, transfer->url, 0)
        && !api.url_get(url, CURLUPART_HOST, &host, 0)
        && !api.url_get(url, CURLUPART_PORT, &port, CURLU_DEFAULT_PORT)
        && !api.url_set(url, CURLUPART_HOST, name, 0)
        && !api.url_get(url, CURLUPART_URL, &renamed, 0);
    if (is_set) {
        bool has_port = !api.url_get(url, CURLUPART_PORT, &shown, 0);
        int length = snprintf(line, sizeof line, "%s:%s:%s:%s", name, port, host, port);
        is_set = length > 0 && (size_t)length < sizeof line;
        if (is_set) add(transfer, &transfer->routes, line);
        snprintf(
            line, sizeof line, "Host: %s%s%s", host, has_port ? ":" : "", has_port ? shown : "");
        if (is_set && keeps_host) add(transfer, &transfer->headers, line);
        SET(transfer, CURLOPT_URL, renamed);
        SET(transfer, CURLOPT_CONNECT_TO, transfer->routes);
    }
    if (!is_set) transfer->refusal = "the server name or the URL has a form that cannot be";
    api.free(host);
    api.free(port);
    api.free(shown);
    api.free(renamed);
    api.url_cleanup(url);
}

static size_t give_letter(char *to, size_t size, size_t count, void *context) {
    ccurl_transfer *transfer = context;
    size_t left = transfer->letter_count - transfer->letter_sent;
    size_t given = size * count < left ? size * count : left;
    memcpy(to, transfer->letter + transfer->letter_sent, given);
    transfer->letter_sent += given;
    return given;
}

void ccurl_set_mail(
    ccurl_transfer *transfer, const char *from, const char *to, const void *bytes, size_t count) {
    if (!(transfer->letter = malloc(count ? count : 1))) {
        transfer->refusal = "out of memory";
        return;
    }
    memcpy(transfer->letter, bytes, count);
    transfer->letter_count = count;
    add(transfer, &transfer->recipients, to);
    SET(transfer, CURLOPT_PROTOCOLS_STR, "smtp,smtps");
    SET(transfer, CURLOPT_MAIL_FROM, from);
    SET(transfer, CURLOPT_MAIL_RCPT, transfer->recipients);
    SET(transfer, CURLOPT_UPLOAD, 1L);
    SET(transfer, CURLOPT_INFILESIZE_LARGE, (curl_off_t)count);
    SET(transfer, CURLOPT_READFUNCTION, give_letter);
    SET(transfer, CURLOPT_READDATA, transfer);
    // The farewell then belongs to the transfer, where SIGPIPE is held back and time is limited.
    SET(transfer, CURLOPT_FORBID_REUSE, 1L);
}

void ccurl_require_tls(ccurl_transfer *transfer) {
    SET(transfer, CURLOPT_USE_SSL, (long)CURLUSESSL_ALL);
}

void ccurl_set_login(ccurl_transfer *transfer, const char *user, const char *password) {
    SET(transfer, CURLOPT_USERNAME, user);
    SET(transfer, CURLOPT_PASSWORD, password);
}

void ccurl_set_cancel(ccurl_transfer *transfer, bool (*is_cancelled)(void *), void *context) {
    transfer->is_cancelled = is_cancelled;
    transfer->context = context;
}

/// Performs with SIGPIPE held back from this thread: a server that hangs up must not end us, and
/// without signals of its own libcurl no longer sees to that.
static CURLcode perform_quietly(CURL *easy) {
    sigset_t pipe, before, pending;
    sigemptyset(&pipe);
    sigaddset(&pipe, SIGPIPE);
    bool is_held = !pthread_sigmask(SIG_BLOCK, &pipe, &before);
    CURLcode code = api.easy_perform(easy);
    if (!is_held || sigismember(&before, SIGPIPE)) return code;
    if (!sigpending(&pending) && sigismember(&pending, SIGPIPE)) {
        struct timespec none = {0, 0};
        sigtimedwait(&pipe, NULL, &none);
    }
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    return code;
}

ccurl_outcome ccurl_perform(ccurl_transfer *transfer) {
    SET(transfer, CURLOPT_HTTPHEADER, transfer->headers);
    if (transfer->refusal) return CCURL_FAILED;
    if (transfer->milliseconds) transfer->ends = milliseconds_now() + transfer->milliseconds + 1000;
    CURLcode code = perform_quietly(transfer->easy);
    if (code == CURLE_OK) return CCURL_OK;
    if (transfer->outcome != CCURL_OK) return transfer->outcome;
    if (!transfer->error[0])
        snprintf(transfer->error, sizeof transfer->error, "%s", api.easy_strerror(code));
    return code == CURLE_OPERATION_TIMEDOUT ? CCURL_TIMED_OUT : CCURL_FAILED;
}

const char *ccurl_message(const ccurl_transfer *transfer) {
    return transfer->refusal ? transfer->refusal : transfer->error;
}

long ccurl_status(const ccurl_transfer *transfer) {
    long status = 0;
    api.easy_getinfo(transfer->easy, CURLINFO_RESPONSE_CODE, &status);
    return status;
}

const char *ccurl_redirect(const ccurl_transfer *transfer) {
    char *url = NULL;
    api.easy_getinfo(transfer->easy, CURLINFO_REDIRECT_URL, &url);
    return url;
}

const void *ccurl_head(const ccurl_transfer *transfer, size_t *count) {
    *count = transfer->head.count;
    return transfer->head.bytes;
}

const void *ccurl_body(const ccurl_transfer *transfer, size_t *count) {
    *count = transfer->body.count;
    return transfer->body.bytes;
}
