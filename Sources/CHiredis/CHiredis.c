#include "CHiredis.h"

#include <dlfcn.h>
#include <fcntl.h>
#include <hiredis/hiredis.h>
#include <pthread.h>
#include <signal.h>
#include <time.h>

#define FUNCTIONS(USE) \
    USE(freeReplyObject) \
    USE(redisAppendCommandArgv) \
    USE(redisBufferRead) \
    USE(redisBufferWrite) \
    USE(redisCommandArgv) \
    USE(redisConnectUnixWithTimeout) \
    USE(redisConnectWithTimeout) \
    USE(redisEnableKeepAlive) \
    USE(redisFree) \
    USE(redisGetReplyFromReader) \
    USE(redisSetTimeout)

static struct {
    const char *failure;
#define MEMBER(name) __typeof__(&name) name;
    FUNCTIONS(MEMBER)
#undef MEMBER
} api;
static pthread_once_t loaded = PTHREAD_ONCE_INIT;

static void load(void) {
    // The layout of a connection is this version's.
    void *library = dlopen("libhiredis.so.0.14", RTLD_NOW | RTLD_LOCAL);
    if (!library) {
        api.failure = "libhiredis.so.0.14 is not installed";
        return;
    }
#define RESOLVE(name) \
    if (!(api.name = (__typeof__(api.name))dlsym(library, #name))) \
        api.failure = "libhiredis.so.0.14 lacks " #name;
    FUNCTIONS(RESOLVE)
#undef RESOLVE
}

const char *chiredis_load_failure(void) {
    pthread_once(&loaded, load);
    return api.failure;
}

// The library writes without keeping SIGPIPE away: a server that hangs up would end us. So it is
// held back from this thread, and what came of it is taken before it is let through again.
typedef struct {
    sigset_t pipe, before;
    bool is_held;
} held_signal;

static held_signal hold(void) {
    held_signal held;
    sigemptyset(&held.pipe);
    sigaddset(&held.pipe, SIGPIPE);
    held.is_held = !pthread_sigmask(SIG_BLOCK, &held.pipe, &held.before);
    return held;
}

static void let_through(held_signal held) {
    sigset_t pending;
    if (!held.is_held || sigismember(&held.before, SIGPIPE)) return;
    if (!sigpending(&pending) && sigismember(&pending, SIGPIPE)) {
        struct timespec none = {0, 0};
        sigtimedwait(&held.pipe, NULL, &none);
    }
    pthread_sigmask(SIG_SETMASK, &held.before, NULL);
}

chiredis_connection *chiredis_connect(const char *host, int port, int seconds) {
    struct timeval patience = {seconds, 0};
    redisContext *connection = port ? api.redisConnectWithTimeout(host, port, patience)
                                    : api.redisConnectUnixWithTimeout(host, patience);
    if (connection && !connection->err) {
        api.redisSetTimeout(connection, patience);
        if (port) api.redisEnableKeepAlive(connection);
    }
    return connection;
}

const char *chiredis_failure(const chiredis_connection *connection) {
    if (!connection) return "out of memory";
    return connection->err ? connection->errstr : NULL;
}

chiredis_reply *chiredis_ask(
    chiredis_connection *connection, int count, const char **arguments, const size_t *lengths) {
    held_signal held = hold();
    redisReply *reply = api.redisCommandArgv(connection, count, arguments, lengths);
    let_through(held);
    return reply;
}

bool chiredis_stop_waiting(chiredis_connection *connection) {
    int flags = fcntl(connection->fd, F_GETFL);
    if (flags < 0 || fcntl(connection->fd, F_SETFL, flags | O_NONBLOCK) < 0) return false;
    connection->flags &= ~REDIS_BLOCK;
    return true;
}

int chiredis_socket(const chiredis_connection *connection) { return connection->fd; }

void chiredis_free(chiredis_connection *connection) { api.redisFree(connection); }

bool chiredis_append(
    chiredis_connection *connection, int count, const char **arguments, const size_t *lengths) {
    return api.redisAppendCommandArgv(connection, count, arguments, lengths) == REDIS_OK;
}

int chiredis_flush(chiredis_connection *connection) {
    int is_done = 0;
    held_signal held = hold();
    int status = api.redisBufferWrite(connection, &is_done);
    let_through(held);
    return status == REDIS_OK ? !is_done : -1;
}

bool chiredis_consume(chiredis_connection *connection) {
    return api.redisBufferRead(connection) == REDIS_OK;
}

bool chiredis_next_reply(chiredis_connection *connection, chiredis_reply **reply) {
    void *found = NULL;
    int status = api.redisGetReplyFromReader(connection, &found);
    *reply = found;
    return status == REDIS_OK;
}

chiredis_kind chiredis_kind_of(const chiredis_reply *reply) {
    switch (reply->type) {
    case REDIS_REPLY_INTEGER: return CHIREDIS_INTEGER;
    case REDIS_REPLY_NIL: return CHIREDIS_NULL;
    case REDIS_REPLY_ARRAY: return CHIREDIS_ARRAY;
    case REDIS_REPLY_ERROR: return CHIREDIS_FAILURE;
    default: return CHIREDIS_TEXT;
    }
}

long long chiredis_integer(const chiredis_reply *reply) { return reply->integer; }

const char *chiredis_text(const chiredis_reply *reply, size_t *length) {
    *length = reply->len;
    return reply->str;
}

size_t chiredis_count(const chiredis_reply *reply) { return reply->elements; }

const chiredis_reply *chiredis_element(const chiredis_reply *reply, size_t index) {
    return reply->element[index];
}

void chiredis_free_reply(chiredis_reply *reply) { api.freeReplyObject(reply); }
