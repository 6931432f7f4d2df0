/*
 * The load generator of the benchmark: an HTTP/1.1 client on OpenSSL, one thread, one epoll loop.
 *
 *   load MODE -p PORT [options]
 *
 * MODE
 *   full      new connection, full handshake, one GET, close; again
 *   resume    the same, each connection with the newest ticket of the one before it
 *   requests  connections that stay, one request after the other on each
 *   pha       new connection, GET / and then, timed, GET of the path, for which the server asks for a certificate; close
 *   paced     one connection, a pause between an answer and the next request; says how long the answers took
 *   idle      opens connections, one GET on each, prints a line and holds them until stdin ends
 *
 * options
 *   -c N         connections at a time (default 16)
 *   -d SECONDS   how long is measured (default 1), after a ramp of 0.1 s that begins when all connections are open
 *   -u PATH      what is asked for (default /)
 *   -b BYTES     POST a body of that size
 *   -i SECONDS   paced: the pause (default 0.002)
 *   -P PID,...   processes whose CPU time is read, from the kernel's accounting, where measuring begins and ends
 *   -C FILE -K FILE   client certificate and key in PEM
 *   -g LIST -s LIST   groups and cipher suites; default: what OpenSSL offers, in its order
 *
 * The result is one line of JSON. A response that is not 200, or an error of TLS, counts in "errors".
 */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <dirent.h>
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

enum mode { FULL, RESUME, REQUESTS, PHA, PACED, IDLE, MODES };
static const char *const mode_names[MODES] = { "full", "resume", "requests", "pha", "paced", "idle" };

static struct {
  enum mode mode;
  int port, connections;
  double seconds, pause;
  const char *path, *pids, *certificate, *key, *groups, *suites;
  size_t body;
} options = { .connections = 16, .seconds = 1, .pause = 0.002, .path = "/", .pids = "" };

enum phase { CONNECTING, WRITING, READING_HEAD, READING_BODY, READING_END, IDLING };

struct connection {
  int fd;
  SSL *ssl;
  SSL_SESSION *session;
  enum phase phase;
  int requests;                 /* sent on this connection */
  double started;               /* when the operation began that is timed */
  size_t written, body_left, head_length;
  char head[4096];
};

static SSL_CTX *context;
static int poller, connection_index;
static char *body;
static int opened;              /* connections that have had their first answer */

static struct { long done, resumed, errors; } total;
static double *latencies;
static long latency_count;
static const long max_latencies = 4000000;
static char suite[64], group[64];
static int certificates;         /* that the server sent */

static void die (const char *what) {
  fprintf(stderr, "load: %s: %s\n", what, errno != 0 ? strerror(errno) : "failed");
  ERR_print_errors_fp(stderr);
  exit(1);
}

static double now (void) {
  struct timespec t;
  clock_gettime(CLOCK_MONOTONIC, &t);
  return t.tv_sec + t.tv_nsec * 1e-9;
}

/* CPU time */

struct cpu { double all, main; };

/* Seconds that the threads of the processes have run: all, and the main thread of the first (proc(5), schedstat). */
static struct cpu cpu_time (void) {
  struct cpu sum = { 0, 0 };
  const char *next = options.pids;
  for (int first = 1; *next != '\0'; first = 0) {
    char *end;
    long pid = strtol(next, &end, 10);
    next = *end == ',' ? end + 1 : end;
    char name[320];
    snprintf(name, sizeof name, "/proc/%ld/task", pid);
    DIR *tasks = opendir(name);
    if (tasks == NULL) die(name);
    for (struct dirent *task; (task = readdir(tasks)) != NULL;) {
      if (task->d_name[0] == '.') continue;
      snprintf(name, sizeof name, "/proc/%ld/task/%s/schedstat", pid, task->d_name);
      FILE *file = fopen(name, "r");
      unsigned long long ran = 0;
      if (file == NULL) continue; /* the thread has just ended */
      if (fscanf(file, "%llu", &ran) == 1) {
        sum.all += ran * 1e-9;
        if (first && atol(task->d_name) == pid) sum.main = ran * 1e-9;
      }
      fclose(file);
    }
    closedir(tasks);
  }
  return sum;
}

static double own_cpu_time (void) {
  struct rusage usage;
  getrusage(RUSAGE_SELF, &usage);
  return usage.ru_utime.tv_sec + usage.ru_stime.tv_sec + (usage.ru_utime.tv_usec + usage.ru_stime.tv_usec) * 1e-6;
}

/* What is measured: all that happens between the two calls. */

static struct { double at, own; struct cpu cpu; long done, resumed; } begin;
static int measuring;

static void begin_measuring (void) {
  begin.at = now();
  begin.own = own_cpu_time();
  begin.cpu = cpu_time();
  begin.done = total.done;
  begin.resumed = total.resumed;
  measuring = 1;
}

static int ascending (const void *a, const void *b) {
  double x = *(const double *)a, y = *(const double *)b;
  return (x > y) - (x < y);
}

static double quantile (double q) {
  return latency_count == 0 ? 0 : latencies[(long)(q * (latency_count - 1) + 0.5)];
}

static void report (void) {
  double elapsed = now() - begin.at, own = own_cpu_time() - begin.own;
  struct cpu cpu = cpu_time();
  qsort(latencies, latency_count, sizeof *latencies, ascending);
  printf("{\"done\":%ld,\"resumed\":%ld,\"errors\":%ld,\"seconds\":%.6f,\"cpuSeconds\":%.6f,\"mainSeconds\":%.6f,"
    "\"generatorSeconds\":%.6f,\"p50\":%.6f,\"p99\":%.6f,\"suite\":\"%s\",\"group\":\"%s\",\"certificates\":%d}\n",
    total.done - begin.done, total.resumed - begin.resumed, total.errors, elapsed, cpu.all - begin.cpu.all,
    cpu.main - begin.cpu.main, own, quantile(0.5), quantile(0.99), suite, group, certificates);
}

static void operation_done (struct connection *c) {
  total.done++;
  if (measuring && latency_count < max_latencies) latencies[latency_count++] = now() - c->started;
}

/* Connections */

static int new_session (SSL *ssl, SSL_SESSION *session) {
  struct connection *c = SSL_get_ex_data(ssl, connection_index);
  if (c->session != NULL) SSL_SESSION_free(c->session);
  c->session = session;
  return 1; /* it is ours now */
}

static int open_socket (int flags) {
  int fd = socket(AF_INET, SOCK_STREAM | flags, 0), on = 1;
  if (fd < 0) die("socket");
  setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
  struct sockaddr_in address = { .sin_family = AF_INET, .sin_port = htons(options.port) };
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  if (connect(fd, (struct sockaddr *)&address, sizeof address) < 0 && errno != EINPROGRESS) die("connect");
  return fd;
}

static void open_connection (struct connection *c, int flags) {
  c->started = now();
  c->phase = CONNECTING;
  c->requests = 0;
  c->fd = open_socket(flags);
  c->ssl = SSL_new(context);
  if (c->ssl == NULL) die("SSL_new");
  SSL_set_ex_data(c->ssl, connection_index, c);
  SSL_set_fd(c->ssl, c->fd);
  SSL_set_tlsext_host_name(c->ssl, "localhost");
  if (options.mode == RESUME && c->session != NULL) {
    /* A copy: OpenSSL marks the session of a connection that ends badly as not to be resumed. */
    SSL_SESSION *copy = SSL_SESSION_dup(c->session);
    SSL_set_session(c->ssl, copy);
    SSL_SESSION_free(copy);
  }
  SSL_set_connect_state(c->ssl);
}

static void close_connection (struct connection *c) {
  SSL_shutdown(c->ssl);
  SSL_free(c->ssl);
  close(c->fd);
  c->ssl = NULL;
}

static void watch (struct connection *c) {
  struct epoll_event event = { .events = EPOLLIN | EPOLLOUT | EPOLLET, .data.ptr = c };
  if (epoll_ctl(poller, EPOLL_CTL_ADD, c->fd, &event) < 0) die("epoll_ctl");
}

static void note_parameters (SSL *ssl) {
  if (SSL_session_reused(ssl)) total.resumed++;
  if (suite[0] != '\0') return;
  const char *name = SSL_group_to_name(ssl, SSL_get_negotiated_group(ssl));
  snprintf(group, sizeof group, "%s", name == NULL ? "" : name);
  snprintf(suite, sizeof suite, "%s", SSL_get_cipher_name(ssl));
  certificates = sk_X509_num(SSL_get_peer_cert_chain(ssl));
}

/* Requests */

static int closes_after (enum mode mode) { return mode == FULL || mode == RESUME; }

static void begin_request (struct connection *c) {
  if (options.mode == REQUESTS || (options.mode == PHA && c->requests == 1)) c->started = now();
  c->phase = WRITING;
  c->written = 0;
  c->head_length = 0;
  c->requests++;
}

/* @returns what SSL_write gives: head first, then the body, as far as the socket takes it */
static int write_request (struct connection *c) {
  char head[512];
  const char *path = options.mode == PHA && c->requests == 1 ? "/" : options.path;
  int head_length = options.body == 0
    ? snprintf(head, sizeof head, "GET %s HTTP/1.1\r\nHost: localhost\r\n%s\r\n", path, closes_after(options.mode) ? "Connection: close\r\n" : "")
    : snprintf(head, sizeof head, "POST %s HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/octet-stream\r\nContent-Length: %zu\r\n\r\n", path, options.body);
  size_t all = head_length + options.body;
  while (c->written < all) {
    size_t offset = c->written < (size_t)head_length ? 0 : c->written - head_length;
    int result = c->written < (size_t)head_length
      ? SSL_write(c->ssl, head + c->written, head_length - c->written)
      : SSL_write(c->ssl, body + offset, options.body - offset > 65536 ? 65536 : options.body - offset);
    if (result <= 0) return result;
    c->written += result;
  }
  c->phase = READING_HEAD;
  return 1;
}

/* Takes the head of a response apart once it is whole. @returns 0 when it is not a 200 with a length */
static int read_head (struct connection *c) {
  c->head[c->head_length] = '\0';
  char *end = strstr(c->head, "\r\n\r\n"), *length = strcasestr(c->head, "\r\ncontent-length:");
  if (end == NULL) return c->head_length < sizeof c->head - 1;
  if (strncmp(c->head, "HTTP/1.1 200", 12) != 0 || length == NULL || length > end) return 0;
  size_t body_length = strtoul(length + 17, NULL, 10), have = c->head + c->head_length - (end + 4);
  if (have > body_length) return 0;
  c->body_left = body_length - have;
  c->phase = READING_BODY;
  return 1;
}

/* Moves a connection on until it would block. @returns 1 then, 0 when it is over, -1 when it failed */
static int step (struct connection *c) {
  static char buffer[65536];
  for (;;) {
    int result = 0;
    ERR_clear_error();
    switch (c->phase) {
      case CONNECTING:
        result = SSL_do_handshake(c->ssl);
        if (result != 1) break;
        note_parameters(c->ssl);
        begin_request(c);
        continue;
      case WRITING:
        result = write_request(c);
        if (result > 0) continue;
        break;
      case READING_HEAD:
        result = SSL_read(c->ssl, c->head + c->head_length, sizeof c->head - 1 - c->head_length);
        if (result <= 0) break;
        c->head_length += result;
        if (!read_head(c)) return -1;
        continue;
      case READING_BODY:
        if (c->body_left > 0) {
          result = SSL_read(c->ssl, buffer, c->body_left < sizeof buffer ? c->body_left : sizeof buffer);
          if (result <= 0) break;
          c->body_left -= result;
          continue;
        }
        if (c->requests == 1) opened++;
        if (options.mode == IDLE) { c->phase = IDLING; continue; }
        if (options.mode == PHA && c->requests == 2) { operation_done(c); return 0; }
        if (closes_after(options.mode)) { c->phase = READING_END; continue; }
        if (options.mode != PHA) operation_done(c);
        begin_request(c);
        continue;
      case READING_END:
        result = SSL_read(c->ssl, buffer, sizeof buffer);
        if (result <= 0 && SSL_get_error(c->ssl, result) == SSL_ERROR_ZERO_RETURN) { operation_done(c); return 0; }
        if (result > 0) return -1;
        break;
      case IDLING:
        result = SSL_read(c->ssl, buffer, sizeof buffer); /* tickets, and nothing else */
        if (result > 0) return -1;
        break;
    }
    int error = SSL_get_error(c->ssl, result);
    return error == SSL_ERROR_WANT_READ || error == SSL_ERROR_WANT_WRITE ? 1 : -1;
  }
}

static void note_error (struct connection *c) {
  if (total.errors++ >= 3) return;
  fprintf(stderr, "load: phase %d, request %d, received %.60s\n", c->phase, c->requests, c->head_length > 0 ? c->head : "nothing");
  ERR_print_errors_fp(stderr);
}

/* Modes */

static struct connection *begin_all (int count) {
  struct connection *all = calloc(options.connections, sizeof *all);
  if (all == NULL) die("calloc");
  poller = epoll_create1(0);
  for (int i = 0; i < count; i++) {
    open_connection(&all[i], SOCK_NONBLOCK);
    watch(&all[i]);
  }
  return all;
}

static void run_load (void) {
  begin_all(options.connections);
  double ramp_end = 0, end = 0, give_up = now() + 30;
  struct epoll_event events[256];
  for (;;) {
    int count = epoll_wait(poller, events, 256, 10);
    for (int i = 0; i < count; i++) {
      struct connection *c = events[i].data.ptr;
      int result = step(c);
      if (result == 1) continue;
      if (result < 0) note_error(c);
      close_connection(c);
      open_connection(c, SOCK_NONBLOCK);
      watch(c);
    }
    double t = now();
    if (ramp_end == 0 && opened >= options.connections) ramp_end = t + 0.1;
    if (!measuring && ramp_end > 0 && t >= ramp_end) {
      begin_measuring();
      end = now() + options.seconds;
    }
    if (measuring && t >= end) break;
    if (!measuring && t >= give_up) { errno = ETIMEDOUT; die("opening the connections"); }
  }
  report();
}

static void run_paced (void) {
  struct connection c = { 0 };
  open_connection(&c, 0);
  if (SSL_connect(c.ssl) != 1) die("SSL_connect");
  note_parameters(c.ssl);
  char request[512], response[4096];
  int length = snprintf(request, sizeof request, "GET %s HTTP/1.1\r\nHost: localhost\r\n\r\n", options.path);
  begin_measuring();
  for (double end = now() + options.seconds; now() < end; usleep(options.pause * 1e6)) {
    c.started = now();
    if (SSL_write(c.ssl, request, length) != length) die("SSL_write");
    int received = SSL_read(c.ssl, response, sizeof response - 1);
    if (received < 12 || strncmp(response, "HTTP/1.1 200", 12) != 0) die("a response");
    operation_done(&c);
  }
  report();
  close_connection(&c);
}

static void run_idle (void) {
  int started = options.connections < 64 ? options.connections : 64;
  struct connection *all = begin_all(started);
  struct epoll_event events[256];
  for (double give_up = now() + 120; opened < options.connections;) {
    int count = epoll_wait(poller, events, 256, 100);
    for (int i = 0; i < count; i++) {
      struct connection *c = events[i].data.ptr;
      int before = opened, result = step(c);
      if (result < 0) die("opening a connection");
      if (opened == before || started == options.connections) continue;
      struct connection *next = &all[started++];
      open_connection(next, SOCK_NONBLOCK);
      watch(next);
    }
    if (now() >= give_up) { errno = ETIMEDOUT; die("opening the connections"); }
  }
  printf("{\"open\":%d,\"suite\":\"%s\",\"group\":\"%s\"}\n", opened, suite, group);
  fflush(stdout);
  char c;
  while (read(0, &c, 1) > 0);
}

/* Start */

static void parse (int argc, char **argv) {
  if (argc < 2) die("no mode");
  int mode = 0;
  while (mode < MODES && strcmp(argv[1], mode_names[mode]) != 0) mode++;
  if (mode == MODES) die(argv[1]);
  options.mode = mode;
  optind = 2;
  for (int option; (option = getopt(argc, argv, "p:c:d:u:b:i:P:C:K:g:s:")) != -1;) {
    switch (option) {
      case 'p': options.port = atoi(optarg); break;
      case 'c': options.connections = atoi(optarg); break;
      case 'd': options.seconds = atof(optarg); break;
      case 'u': options.path = optarg; break;
      case 'b': options.body = strtoul(optarg, NULL, 10); break;
      case 'i': options.pause = atof(optarg); break;
      case 'P': options.pids = optarg; break;
      case 'C': options.certificate = optarg; break;
      case 'K': options.key = optarg; break;
      case 'g': options.groups = optarg; break;
      case 's': options.suites = optarg; break;
      default: exit(2);
    }
  }
  if (options.port == 0 || options.connections < 1) die("-p or -c");
}

static void prepare (void) {
  struct rlimit limit;
  getrlimit(RLIMIT_NOFILE, &limit);
  limit.rlim_cur = limit.rlim_max;
  setrlimit(RLIMIT_NOFILE, &limit);

  context = SSL_CTX_new(TLS_client_method());
  connection_index = SSL_get_ex_new_index(0, NULL, NULL, NULL, NULL);
  if (context == NULL || connection_index < 0) die("SSL_CTX_new");
  SSL_CTX_set_min_proto_version(context, TLS1_3_VERSION);
  SSL_CTX_set_mode(context, SSL_MODE_ENABLE_PARTIAL_WRITE | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER);
  SSL_CTX_set_session_cache_mode(context, SSL_SESS_CACHE_CLIENT | SSL_SESS_CACHE_NO_INTERNAL);
  SSL_CTX_sess_set_new_cb(context, new_session);
  if (options.groups != NULL && SSL_CTX_set1_groups_list(context, options.groups) != 1) die(options.groups);
  if (options.suites != NULL && SSL_CTX_set_ciphersuites(context, options.suites) != 1) die(options.suites);
  if (options.certificate != NULL) {
    if (SSL_CTX_use_certificate_chain_file(context, options.certificate) != 1) die(options.certificate);
    if (SSL_CTX_use_PrivateKey_file(context, options.key, SSL_FILETYPE_PEM) != 1) die(options.key);
    SSL_CTX_set_post_handshake_auth(context, 1);
  }
  latencies = malloc(max_latencies * sizeof *latencies);
  body = calloc(1, options.body + 1);
  if (latencies == NULL || body == NULL) die("malloc");
}

int main (int argc, char **argv) {
  parse(argc, argv);
  prepare();
  if (options.mode == PACED) run_paced();
  else if (options.mode == IDLE) run_idle();
  else run_load();
  return 0;
}
