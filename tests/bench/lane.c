/* SPDX-License-Identifier: MIT */
#include "tests/bench/lane.h"

#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <errno.h>
#include <fcntl.h>
#include <net/if.h>
#include <sched.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "live/bpf/pins.h"

#define LINKS      3
#define PATIENCE_S 60 /* until fairlead live forwards */
#define ARGS_MAX   15
#define CPUS_MAX   1024

struct lane {
	char tag[32], pin[32], dir[64];
	int home;    /* the network namespace it came from */
	long queues; /* of each interface: CPUs */
	bool up;     /* there is something to take away */
	pid_t live;  /* 0: none runs */
	struct bpf_object *object;
	struct bpf_link *links[LINKS];
};

volatile sig_atomic_t lane_stopped = 0;

static void
stop(int signal)
{
	(void)signal;
	lane_stopped = 1;
}

static void
hear_signals(void (*handler)(int))
{
	const int signals[] = { SIGHUP, SIGINT, SIGTERM };
	const struct sigaction action = { .sa_handler = handler };
	for (size_t i = 0; i < LB_COUNT(signals); i++)
		(void)sigaction(signals[i], &action, NULL);
}

static void say(char *error, size_t bytes, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

static void
say(char *error, size_t bytes, const char *format, ...)
{
	va_list args;
	va_start(args, format);
	(void)vsnprintf(error, bytes, format, args);
	va_end(args);
}

const char *
lane_dir(const struct lane *lane)
{
	return lane->dir;
}

const char *
lane_interface(enum lane_way way)
{
	static const char *const names[LANE_WAYS] = { "e0", "e1", "e2" };
	return names[way];
}

/* As lane.sh names them: the balancer's end. */
void
lane_mac(enum lane_way way, uint8_t mac[6])
{
	const uint8_t its[6] = { 2, 0, 0, 0, (uint8_t)(way + 1), 1 };
	memcpy(mac, its, sizeof(its));
}

int
lane_enter(const struct lane *lane, const char *where)
{
	char path[128];
	if (where == NULL)
		return setns(lane->home, CLONE_NEWNET) == 0 ? 0 : -errno;
	say(path, sizeof(path), "/run/netns/%s-%s", lane->tag, where);
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return -errno;
	int rc = setns(fd, CLONE_NEWNET) == 0 ? 0 : -errno;
	(void)close(fd);
	return rc;
}

/* --- the network --------------------------------------------------------- */

int
lane_script(const struct lane *lane, const char *what, const char *more)
{
	char command[512];
	say(command, sizeof(command), "sh '%s' %s %s %s %s >%s/script.log 2>&1",
	    LANE_SCRIPT, what, lane->tag, lane->dir, more, lane->dir);
	int status = system(command); /* NOLINT(cert-env33-c): our own */
	return WIFEXITED(status) ? WEXITSTATUS(status) : 1;
}

static const char *
missing_program(void)
{
	static const char *const wanted[] = { "ip", "nsenter", "ethtool", "nft",
		"conntrack" };
	char command[64];
	for (size_t i = 0; i < LB_COUNT(wanted); i++) {
		say(command, sizeof(command), "command -v %s >/dev/null",
		    wanted[i]);
		if (system(command) != 0) /* NOLINT(cert-env33-c) */
			return wanted[i];
	}
	return NULL;
}

static void
first_line(const char *dir, const char *file, char *line, size_t bytes)
{
	char path[128];
	say(path, sizeof(path), "%s/%s", dir, file);
	FILE *in = fopen(path, "r");
	if (in == NULL || fgets(line, (int)bytes, in) == NULL)
		say(line, bytes, "(no word of why)");
	line[strcspn(line, "\n")] = '\0';
	if (in != NULL)
		(void)fclose(in);
}

static int
make_network(struct lane *lane, char *error, size_t error_bytes)
{
	char queues[16], why[256];
	const char *missing = missing_program();
	if (geteuid() != 0 || missing != NULL) {
		say(error, error_bytes, "%s%s",
		    geteuid() != 0 ? "without privilege" : "there is no ",
		    geteuid() != 0 ? "" : missing);
		return -EPERM;
	}
	if (mkdtemp(lane->dir) == NULL)
		return -errno;
	lane->up = true;
	say(queues, sizeof(queues), "%ld", lane->queues);
	if (lane_script(lane, "up", queues) == 0)
		return 0;
	first_line(lane->dir, "script.log", why, sizeof(why));
	say(error, error_bytes, "no network namespaces here: %s", why);
	return -EPERM;
}

struct lane *
lane_open(char *error, size_t error_bytes)
{
	struct lane *lane = calloc(1, sizeof(*lane));
	if (lane == NULL)
		return NULL;
	say(lane->tag, sizeof(lane->tag), "flb%d", (int)getpid());
	say(lane->pin, sizeof(lane->pin), "bench-%d", (int)getpid());
	say(lane->dir, sizeof(lane->dir), "/tmp/fairlead-bench-%d-XXXXXX",
	    (int)getpid());
	hear_signals(stop);
	lane->queues = sysconf(_SC_NPROCESSORS_ONLN);
	lane->home = open("/proc/self/ns/net", O_RDONLY | O_CLOEXEC);
	say(error, error_bytes, "no memory, or no network namespaces");
	int rc =
	    lane->home >= 0 ? make_network(lane, error, error_bytes) : -errno;
	if (rc == 0)
		return lane;
	lane_close(lane);
	errno = -rc;
	return NULL;
}

void
lane_close(struct lane *lane)
{
	char command[128];
	if (lane == NULL)
		return;
	lane_sinks_end(lane);
	lane_live_end(lane);
	hear_signals(SIG_DFL);
	if (lane->home >= 0)
		(void)lane_enter(lane, NULL);
	if (lane->up) {
		(void)lane_script(lane, "down", "");
		say(command, sizeof(command), "rm -rf '%s'", lane->dir);
		(void)!system(command); /* NOLINT(cert-env33-c) */
	}
	if (lane->home >= 0)
		(void)close(lane->home);
	free(lane);
}

/* --- fairlead ------------------------------------------------------------ */

pid_t
lane_start(const struct lane *lane, const char *log, const char *const *argv)
{
	char path[128];
	say(path, sizeof(path), "%s/%s", lane->dir, log);
	char *args[ARGS_MAX + 1] = { NULL };
	pid_t pid = fork();
	if (pid != 0)
		return pid;
	(void)prctl(PR_SET_PDEATHSIG, SIGTERM); /* not to outlive the bench */
	int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0600);
	if (fd < 0 || dup2(fd, 1) < 0 || dup2(fd, 2) < 0 ||
	    lane_enter(lane, "balancer") != 0)
		_exit(5);
	for (size_t i = 0; i < ARGS_MAX && argv[i] != NULL; i++)
		args[i] = strdup(argv[i]);
	(void)execvp(argv[0], args);
	_exit(127);
}

void
lane_end(pid_t pid)
{
	if (pid <= 0)
		return;
	(void)kill(pid, SIGTERM);
	(void)waitpid(pid, NULL, 0);
}

static const char *
fairlead(void)
{
	const char *program = getenv("FAIRLEAD");
	return program != NULL ? program : "fairlead";
}

static bool
says(const struct lane *lane, const char *file, const char *what)
{
	char path[128], line[4096];
	bool found = false;
	say(path, sizeof(path), "%s/%s", lane->dir, file);
	FILE *in = fopen(path, "r");
	while (in != NULL && !found && fgets(line, sizeof(line), in) != NULL)
		found = strstr(line, what) != NULL;
	if (in != NULL)
		(void)fclose(in);
	return found;
}

static void
pause_ms(long ms)
{
	const struct timespec t = { ms / 1000, ms % 1000 * 1000000 };
	(void)nanosleep(&t, NULL);
}

int
lane_live(
    struct lane *lane, const char *config, char *error, size_t error_bytes)
{
	char path[128], why[256];
	say(path, sizeof(path), "%s/%s", lane->dir, config);
	const char *const argv[] = { fairlead(), "live", "-c", path,
		"--pin-name", lane->pin, NULL };
	lane->live = lane_start(lane, "live.log", argv);
	for (int left = PATIENCE_S * 20; left > 0; left--) {
		if (says(lane, "live.log", "\"event\":\"forwarding\""))
			return 0;
		if (waitpid(lane->live, NULL, WNOHANG) != 0) {
			lane->live = 0;
			break;
		}
		pause_ms(50);
	}
	first_line(lane->dir, "live.log", why, sizeof(why));
	say(error, error_bytes, "fairlead live does not forward: %s", why);
	lane_live_end(lane);
	return -EPROTO;
}

void
lane_live_end(struct lane *lane)
{
	const char *const detach[] = { fairlead(), "live", "--detach",
		"--pin-name", lane->pin, NULL };
	lane_end(lane->live);
	lane->live = 0;
	if (!lane->up)
		return;
	pid_t pid = lane_start(lane, "detach.log", detach);
	if (pid > 0)
		(void)waitpid(pid, NULL, 0);
}

pid_t
lane_live_pid(const struct lane *lane)
{
	return lane->live;
}

void
lane_live_reload(const struct lane *lane)
{
	if (lane->live > 0)
		(void)kill(lane->live, SIGHUP);
}

/* --- programs and counters ----------------------------------------------- */

/* Which program goes where. */
struct place {
	const char *program, *where, *interface;
};

static int
attach(struct lane *lane, int slot, const struct place *place)
{
	int rc = lane_enter(lane, place->where);
	if (rc != 0)
		return rc;
	const struct bpf_program *p =
	    bpf_object__find_program_by_name(lane->object, place->program);
	lane->links[slot] = p != NULL
				? bpf_program__attach_xdp(
				      p, (int)if_nametoindex(place->interface))
				: NULL;
	rc = lane->links[slot] != NULL ? 0 : p != NULL ? -errno : -ENOENT;
	(void)lane_enter(lane, NULL);
	return rc;
}

/* The floor redirects to these. */
static int
name_ways_out(struct lane *lane)
{
	int rc = lane_enter(lane, "balancer");
	const uint32_t out[2] = { if_nametoindex("b1"), if_nametoindex("b2") };
	if (rc == 0)
		rc = lane_enter(lane, NULL);
	struct bpf_map *map =
	    bpf_object__find_map_by_name(lane->object, ".rodata");
	if (rc == 0 && map != NULL)
		rc = bpf_map__set_initial_value(map, out, sizeof(out));
	return map != NULL ? rc : -ENOENT;
}

static int
attach_all(struct lane *lane, const struct place places[LINKS], char *error,
    size_t error_bytes)
{
	lane->object = bpf_object__open_file(LANE_BPF_OBJECT, NULL);
	int rc = lane->object != NULL ? name_ways_out(lane) : -errno;
	if (rc == 0)
		rc = bpf_object__load(lane->object);
	for (int i = 0; rc == 0 && i < LINKS; i++)
		rc = attach(lane, i, &places[i]);
	if (rc != 0)
		say(error, error_bytes, "%s: %s", LANE_BPF_OBJECT,
		    strerror(-rc));
	return rc;
}

int
lane_sinks(struct lane *lane, char *error, size_t error_bytes)
{
	static const struct place places[LINKS] = {
		{ "lane_sink", "s1", "eth0" },
		{ "lane_sink", "s2", "eth0" },
		{ "lane_floor", "balancer", "c0" },
	};
	return attach_all(lane, places, error, error_bytes);
}

int
lane_counters(struct lane *lane, char *error, size_t error_bytes)
{
	static const struct place places[LINKS] = {
		{ "lane_count", "s1", "eth0" },
		{ "lane_count", "s2", "eth0" },
		{ "lane_count", "client", "e1" },
	};
	return attach_all(lane, places, error, error_bytes);
}

void
lane_sinks_end(struct lane *lane)
{
	for (int i = 0; i < LINKS; i++) {
		(void)bpf_link__destroy(lane->links[i]);
		lane->links[i] = NULL;
	}
	bpf_object__close(lane->object);
	lane->object = NULL;
}

/* Adds up the words of a per-CPU value. */
static int
sum_over_cpus(int map, uint64_t *sum, size_t words)
{
	uint32_t zero = 0;
	int cpus = libbpf_num_possible_cpus();
	memset(sum, 0, words * sizeof(*sum));
	uint64_t *each =
	    cpus > 0 ? calloc((size_t)cpus * words, sizeof(*each)) : NULL;
	if (each == NULL)
		return -ENOMEM;
	int rc = bpf_map_lookup_elem(map, &zero, each) == 0 ? 0 : -errno;
	for (size_t i = 0; rc == 0 && i < (size_t)cpus * words; i++)
		sum[i % words] += each[i];
	free(each);
	return rc;
}

uint64_t
lane_sunk(const struct lane *lane)
{
	uint64_t sunk = 0;
	const struct bpf_map *map =
	    bpf_object__find_map_by_name(lane->object, "lane_sunk");
	if (map != NULL)
		(void)sum_over_cpus(bpf_map__fd(map), &sunk, 1);
	return sunk;
}

/* What an interface of this thread's namespace could not send: proc(5). */
static uint64_t
unsent(const char *interface)
{
	char line[512], name[32];
	int used = 0;
	unsigned long long drops = 0;
	FILE *in = fopen("/proc/thread-self/net/dev", "r");
	while (in != NULL && fgets(line, sizeof(line), in) != NULL)
		if (sscanf(line, " %31[^:]: %n", name, &used) == 1 &&
		    strcmp(name, interface) == 0)
			(void)sscanf(line + used,
			    "%*u %*u %*u %*u %*u %*u %*u %*u %*u %*u %*u %llu",
			    &drops);
	if (in != NULL)
		(void)fclose(in);
	return drops;
}

struct lane_drops
lane_drops(const struct lane *lane)
{
	struct lane_drops drops = { 0 };
	if (lane_enter(lane, "client") == 0)
		drops.before += unsent("e1");
	if (lane_enter(lane, "s1") == 0)
		drops.before += unsent("eth0");
	if (lane_enter(lane, "s2") == 0)
		drops.before += unsent("eth0");
	if (lane_enter(lane, "balancer") == 0)
		drops.after += unsent("c1") + unsent("b1") + unsent("b2");
	(void)lane_enter(lane, NULL);
	return drops;
}

int
lane_pinned(const struct lane *lane, const char *what)
{
	char path[256];
	say(path, sizeof(path), LIVE_PINS_ROOT "/%u/%s/%s", FORWARD_LAYOUT,
	    lane->pin, what);
	return bpf_obj_get(path);
}

int
lane_total(const struct lane *lane, struct forward_total *sum)
{
	int map = lane_pinned(lane, "total");
	if (map < 0)
		return map;
	int rc = sum_over_cpus(
	    map, (uint64_t *)(void *)sum, sizeof(*sum) / sizeof(uint64_t));
	(void)close(map);
	return rc;
}

int
lane_floor_program(const struct lane *lane)
{
	const struct bpf_program *p =
	    bpf_object__find_program_by_name(lane->object, "lane_floor");
	return p != NULL ? bpf_program__fd(p) : -ENOENT;
}

int
lane_live_program(const struct lane *lane)
{
	struct live_pins pins = { .lock = -1 };
	struct bpf_link_info info = { 0 };
	uint32_t bytes = sizeof(info);
	int rc = lane_enter(lane, "balancer");
	uint32_t ifindex = if_nametoindex("c1");
	if (rc == 0)
		rc = lane_enter(lane, NULL);
	say(pins.folder, sizeof(pins.folder), LIVE_PINS_ROOT "/%u/%s",
	    FORWARD_LAYOUT, lane->pin);
	int link =
	    rc == 0 ? live_pin_on_get(&pins, LIVE_PIN_LINK, ifindex) : rc;
	if (link < 0)
		return link;
	if (bpf_obj_get_info_by_fd(link, &info, &bytes) != 0)
		rc = -errno;
	(void)close(link);
	return rc == 0 ? bpf_prog_get_fd_by_id(info.prog_id) : rc;
}
