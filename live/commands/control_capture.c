/* SPDX-License-Identifier: MIT */
#include "live/commands/control_capture.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "live/commands/control_rooms.h"
#include "live/control/base64.h"
#include "live/out/log.h"
#include "model/config/names.h"

#define SNAP_DEFAULT 65535u
#define SNAP_MAX     65535u

struct live_capture {
	struct live_run *run;
	struct live_caller *caller;
	uint64_t packets, bytes; /* said */
	uint64_t left;           /* packets to be said */
	uint64_t until_ms;       /* uv_now(); UINT64_MAX: no end */
	uint64_t lost;           /* for who calls reads too slowly */
	uint64_t tap_lost;       /* by the tap, when it began */
};

/* --- packets ------------------------------------------------------------- */

static json_t *
tell_packet(const struct live_tap_packet *p)
{
	static char text[LIVE_BASE64_ROOM(SNAP_MAX + 1024u)];
	if (LIVE_BASE64_ROOM((size_t)p->bytes) > sizeof(text))
		return NULL;
	return json_pack("{s:{s:I, s:i, s:s}}", "packet", "time_ns",
	    (json_int_t)p->time_ns, "wire_bytes", (int)p->wire_bytes, "frame",
	    live_base64_write(p->frame, p->bytes, text));
}

void
live_capture_heard(struct live_run *run, const struct live_tap_packet *p)
{
	struct live_capture *c = run->capture;
	if (c == NULL || c->left == 0)
		return;
	if (!live_caller_has_room(c->caller)) {
		c->lost++;
		return;
	}
	live_caller_say(c->caller, tell_packet(p));
	live_caller_wake(c->caller);
	c->left--;
	c->packets++;
	c->bytes += p->wire_bytes;
}

static bool
is_over(const struct live_capture *c)
{
	return c->left == 0 || uv_now(&c->run->loop) >= c->until_ms;
}

void
live_capture_look(struct live_run *run)
{
	if (run->capture != NULL && is_over(run->capture))
		live_caller_wake(run->capture->caller);
}

/* --- the answer ---------------------------------------------------------- */

/* By the tap and by the socket. */
static json_int_t
lost(const struct live_capture *c)
{
	uint64_t tapped = live_tap_count(c->run->tap).lost - c->tap_lost;
	uint64_t all = c->lost + tapped;
	return (json_int_t)all;
}

static void
capture_end(void *state)
{
	struct live_capture *c = state;
	live_tap_capture_end(c->run->tap);
	live_log(LIVE_INFO, "captured", "s:I, s:I", "packets",
	    (json_int_t)c->packets, "lost", lost(c));
	c->run->capture = NULL;
	free(c);
}

static json_t *
hash_key_of(const struct live_run *run)
{
	char key[LB_HASH_KEY_TEXT];
	return json_string(lb_hash_key_text(run->plan->hash_key, key));
}

static enum live_more
capture_more(void *state, struct live_caller *caller)
{
	struct live_capture *c = state;
	if (!is_over(c) && !live_caller_stopped(caller))
		return LIVE_WAIT;
	live_tap_capture_end(c->run->tap);
	live_caller_say(caller,
	    json_pack("{s:{s:I, s:I, s:I, s:o, s:o}}", "captured", "packets",
		(json_int_t)c->packets, "bytes", (json_int_t)c->bytes, "lost",
		lost(c), "config", live_log_text(c->run->settings->config),
		"hash_key", hash_key_of(c->run)));
	live_caller_done(caller);
	return LIVE_END;
}

/* --- which frontend ------------------------------------------------------ */

struct place {
	const struct lb_addr *frontend; /* NULL: all */
	struct lb_addr own;
	uint16_t port;
};

/* By its name, or its address. */
static bool
find_frontend(
    const struct lb_config *config, const char *name, struct place *place)
{
	struct lb_addr address;
	bool is_address = lb_addr_of_text(name, &address);
	for (size_t i = 0; i < config->frontend_count; i++) {
		const struct lb_config_frontend *f = &config->frontends[i];
		if (strcmp(f->name, name) != 0 &&
		    (!is_address || !lb_addr_same(&f->address, &address)))
			continue;
		place->own = f->address;
		place->frontend = &place->own;
		return true;
	}
	place->frontend = NULL;
	return strcmp(name, "all") == 0;
}

/* FRONTEND or FRONTEND:PORT, an IPv6 address with a port in brackets. */
static bool
find_place(
    const struct lb_config *config, const char *text, struct place *place)
{
	char name[LB_NAME_MAX + 64];
	place->port = 0;
	if (find_frontend(config, text, place))
		return true;
	const char *colon = strrchr(text, ':');
	if (colon == NULL || (size_t)(colon - text) >= sizeof(name))
		return false;
	char *end;
	unsigned long port = strtoul(colon + 1, &end, 10);
	if (*end != '\0' || end == colon + 1 || port == 0 || port > 65535)
		return false;
	place->port = (uint16_t)port;
	memcpy(name, text, (size_t)(colon - text));
	name[colon - text] = '\0';
	size_t length = strlen(name);
	if (length > 2 && name[0] == '[' && name[length - 1] == ']') {
		name[length - 1] = '\0';
		return find_frontend(config, name + 1, place);
	}
	return find_frontend(config, name, place);
}

/* --- the request --------------------------------------------------------- */

static uint64_t
count_of(const json_t *request, const char *key, uint64_t otherwise)
{
	json_int_t value = json_integer_value(json_object_get(request, key));
	return value > 0 ? (uint64_t)value : otherwise;
}

static void
begin(struct live_run *run, struct live_caller *caller, const json_t *request)
{
	struct live_capture *c = calloc(1, sizeof(*c));
	if (c == NULL) {
		live_tap_capture_end(run->tap);
		live_caller_fail(caller, LIVE_REFUSED_MACHINE, "no memory");
		return;
	}
	uint64_t seconds = count_of(request, "seconds", 0);
	*c = (struct live_capture){
		.run = run,
		.caller = caller,
		.left = count_of(request, "packets", UINT64_MAX),
		.until_ms = seconds == 0 ? UINT64_MAX
					 : uv_now(&run->loop) + 1000 * seconds,
		.tap_lost = live_tap_count(run->tap).lost,
	};
	run->capture = c;
	live_caller_say(caller, json_pack("{s:{}}", "capturing"));
	live_caller_stream(
	    caller, &(struct live_stream){ capture_more, capture_end, c });
}

void
live_control_capture(
    struct live_run *run, struct live_caller *caller, const json_t *request)
{
	const char *text =
	    json_string_value(json_object_get(request, "frontend"));
	struct place place;
	uint64_t snap = count_of(request, "snap", SNAP_DEFAULT);
	if (text == NULL || !find_place(run->config, text, &place)) {
		live_caller_fail(caller, LIVE_REFUSED_USAGE,
		    "there is no frontend \"%.200s\": it is a frontend's name "
		    "or address, with :PORT behind it if wanted, or all",
		    text != NULL ? text : "");
		return;
	}
	int rc = live_tap_capture(run->tap, place.frontend, place.port, 0,
	    (uint32_t)(snap < SNAP_MAX ? snap : SNAP_MAX));
	if (rc == 0)
		begin(run, caller, request);
	else
		live_caller_fail(caller, LIVE_REFUSED_MACHINE,
		    "it can't be captured: %s",
		    rc == -EBUSY ? "another capture runs: end that first"
				 : live_errno(rc));
}
