#include "CPQ.h"

#include <dlfcn.h>
#if __has_include(<libpq-fe.h>)
#include <libpq-fe.h>
#else
// Debian's place.
#include <postgresql/libpq-fe.h>
#endif
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

// Each function of libpq that is used, once: the table, its loading and the check that its type is
// the header's all come from this list.
#define FUNCTIONS(USE) \
    USE(PQclear) \
    USE(PQcmdStatus) \
    USE(PQconninfoFree) \
    USE(PQconninfoParse) \
    USE(PQconnectdbParams) \
    USE(PQconsumeInput) \
    USE(PQenterPipelineMode) \
    USE(PQerrorMessage) \
    USE(PQfinish) \
    USE(PQflush) \
    USE(PQfname) \
    USE(PQfreemem) \
    USE(PQftype) \
    USE(PQgetisnull) \
    USE(PQgetlength) \
    USE(PQgetResult) \
    USE(PQgetvalue) \
    USE(PQisBusy) \
    USE(PQnfields) \
    USE(PQntuples) \
    USE(PQpipelineSync) \
    USE(PQresultErrorField) \
    USE(PQresultStatus) \
    USE(PQsendPrepare) \
    USE(PQsendQueryParams) \
    USE(PQsendQueryPrepared) \
    USE(PQsetnonblocking) \
    USE(PQsetNoticeProcessor) \
    USE(PQsocket) \
    USE(PQstatus)

static struct {
    const char *failure;
#define MEMBER(name) __typeof__(&name) name;
    FUNCTIONS(MEMBER)
#undef MEMBER
} api;
static pthread_once_t loaded = PTHREAD_ONCE_INIT;

static void load(void) {
    void *library = dlopen("libpq.so.5", RTLD_NOW | RTLD_LOCAL);
    if (!library) {
        api.failure = "libpq.so.5 is not installed";
        return;
    }
#define RESOLVE(name) \
    if (!(api.name = (__typeof__(api.name))dlsym(library, #name))) \
        api.failure = "libpq.so.5 lacks " #name;
    FUNCTIONS(RESOLVE)
#undef RESOLVE
}

const char *cpq_load_failure(void) {
    pthread_once(&loaded, load);
    return api.failure;
}

char *cpq_conninfo_failure(const char *conninfo) {
    char *message = NULL;
    PQconninfoOption *options = api.PQconninfoParse(conninfo, &message);
    if (options) {
        api.PQconninfoFree(options);
        return NULL;
    }
    char *copy = strdup(message ? message : "out of memory");
    api.PQfreemem(message);
    return copy;
}

static void ignore(void *context, const char *notice) { (void)context, (void)notice; }

cpq_connection *cpq_connect(const char *const *names, const char *const *values) {
    PGconn *connection = api.PQconnectdbParams(names, values, 1);
    if (!connection) return NULL;
    api.PQsetNoticeProcessor(connection, ignore, NULL);
    if (api.PQstatus(connection) == CONNECTION_OK) {
        api.PQsetnonblocking(connection, 1);
        api.PQenterPipelineMode(connection);
    }
    return connection;
}

bool cpq_is_connected(const cpq_connection *connection) {
    return connection && api.PQstatus(connection) == CONNECTION_OK;
}

const char *cpq_message(const cpq_connection *connection) {
    return connection ? api.PQerrorMessage(connection) : "out of memory";
}

int cpq_socket(const cpq_connection *connection) { return api.PQsocket(connection); }

void cpq_finish(cpq_connection *connection) { api.PQfinish(connection); }

bool cpq_send_prepare(
    cpq_connection *connection, const char *name, const char *sql, int count,
    const uint32_t *types) {
    return api.PQsendPrepare(connection, name, sql, count, types) == 1;
}

bool cpq_send_query(
    cpq_connection *connection, const char *name, const char *sql, int count,
    const uint32_t *types, const char *const *values, const int *lengths) {
    static const int binary[16] = {1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1};
    int *many = NULL;
    const int *formats = binary;
    if (count > 16) {
        if (!(many = malloc((size_t)count * sizeof(int)))) return false;
        for (int index = 0; index < count; index++) many[index] = 1;
        formats = many;
    }
    int sent = name
        ? api.PQsendQueryPrepared(connection, name, count, values, lengths, formats, 1)
        : api.PQsendQueryParams(connection, sql, count, types, values, lengths, formats, 1);
    free(many);
    return sent == 1;
}

bool cpq_send_sync(cpq_connection *connection) { return api.PQpipelineSync(connection) == 1; }

int cpq_flush(cpq_connection *connection) { return api.PQflush(connection); }

bool cpq_consume(cpq_connection *connection) { return api.PQconsumeInput(connection) == 1; }

bool cpq_is_busy(cpq_connection *connection) { return api.PQisBusy(connection) == 1; }

cpq_result *cpq_next_result(cpq_connection *connection) { return api.PQgetResult(connection); }

cpq_kind cpq_kind_of(const cpq_result *result) {
    switch (api.PQresultStatus(result)) {
    case PGRES_TUPLES_OK:
    case PGRES_COMMAND_OK:
    case PGRES_EMPTY_QUERY: return CPQ_DONE;
    case PGRES_PIPELINE_SYNC: return CPQ_SYNCED;
    case PGRES_PIPELINE_ABORTED: return CPQ_SKIPPED;
    default: return CPQ_FAILED;
    }
}

const char *cpq_failure_field(const cpq_result *result, char letter) {
    return api.PQresultErrorField(result, letter);
}

const char *cpq_tag(const cpq_result *result) { return api.PQcmdStatus((PGresult *)result); }

int cpq_row_count(const cpq_result *result) { return api.PQntuples(result); }

int cpq_column_count(const cpq_result *result) { return api.PQnfields(result); }

const char *cpq_column_name(const cpq_result *result, int column) {
    return api.PQfname(result, column);
}

uint32_t cpq_column_type(const cpq_result *result, int column) {
    return api.PQftype(result, column);
}

const char *cpq_value(const cpq_result *result, int row, int column, size_t *length) {
    if (api.PQgetisnull(result, row, column)) return NULL;
    *length = (size_t)api.PQgetlength(result, row, column);
    return api.PQgetvalue(result, row, column);
}

void cpq_clear(cpq_result *result) { api.PQclear(result); }
