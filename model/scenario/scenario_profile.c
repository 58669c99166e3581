/* SPDX-License-Identifier: MIT */
/* Synthetic traffic: which key is for which profile, and within what bounds. */
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include "model/config/addr_kind.h"
#include "model/config/names.h"
#include "model/config/numbers.h"
#include "model/config/problems.h"
#include "model/scenario/scenario_read.h"

#define TCP_BYTES_MAX      UINT64_C(4000000000) /* a sequence number's worth */
#define DATAGRAM_BYTES_MAX 1472u /* one packet on Ethernet, IPv4 */
#define DNS_BYTES_MIN      31u   /* asks for a.example.com */
#define DNS_BYTES_MAX      271u  /* for a name of 255 */
#define COAP_BYTES_MIN     12u   /* header, token, Observe, a byte to say */
#define HOUR_MS            UINT64_C(3600000)
#define EVER_MS            LB_SCENARIO_TIME_MAX_MS
#define RATE_MAX           (10000000 * LB_SCENE_ONE)
#define CAPTURE            (1u << LB_PROFILE_COUNT) /* beside the profiles */

enum {
	WEB = 1u << LB_PROFILE_WEB,
	LONG = 1u << LB_PROFILE_LONG_LIVED,
	SYN = 1u << LB_PROFILE_SYN_FLOOD,
	DNS = 1u << LB_PROFILE_DNS,
	UDP = 1u << LB_PROFILE_UDP,
	COAP = 1u << LB_PROFILE_COAP_DEVICES,
	SOME = WEB | SYN | DNS | UDP, /* arrive at a rate */
	ASKING = WEB | LONG | DNS | UDP | COAP,
	ALL = ASKING | SYN,
	LEAVING = WEB | LONG | DNS | UDP, /* members do it, too */
};

enum how { ELSEWHERE, NUMBER, FACTOR, SHARE, TIME };

/* clang-format off */
#define AT(member)                                                             \
	offsetof(struct lb_traffic, member),                                   \
	sizeof(((struct lb_traffic *)0)->member)
#define KEY(name) LB_TRAFFIC_KEY_##name

static const struct field {
	unsigned key;
	unsigned profiles; /* that have it */
	enum how how;
	size_t offset, bytes;
	uint64_t least, most;
} fields[] = {
	{ KEY(CAPTURE),       CAPTURE, ELSEWHERE, 0, 0, 0, 0 },
	{ KEY(SPEED),         CAPTURE, ELSEWHERE, 0, 0, 0, 0 },
	{ KEY(LOOP),          CAPTURE, ELSEWHERE, 0, 0, 0, 0 },
	{ KEY(RULE),          ALL,  ELSEWHERE, 0, 0, 0, 0 },
	{ KEY(FROM_POOL),     LEAVING, ELSEWHERE, 0, 0, 0, 0 },
	{ KEY(SERVER),        ALL,  ELSEWHERE, 0, 0, 0, 0 },
	{ KEY(PORT),          ALL,  NUMBER, AT(port), 1, UINT16_MAX },
	{ KEY(START),         ALL,  TIME,   AT(start_ms), 0, EVER_MS },
	{ KEY(STOP),          ALL,  TIME,   AT(stop_ms), 1, EVER_MS },
	{ KEY(RATE),          SOME, ELSEWHERE, 0, 0, 0, 0 },
	{ KEY(ARRIVALS),      SOME | COAP, ELSEWHERE, 0, 0, 0, 0 },
	{ KEY(BURST_FACTOR),  SOME, FACTOR, AT(burst_factor), LB_SCENE_ONE, 10000 * LB_SCENE_ONE },
	{ KEY(BURST),         SOME, TIME,   AT(burst_ms), 1, EVER_MS },
	{ KEY(BURST_EVERY),   SOME, TIME,   AT(burst_every_ms), 2, EVER_MS },
	{ KEY(CLIENTS),       ALL & ~COAP, NUMBER, AT(clients), 1, LB_CLIENTS_MAX },
	{ KEY(ZIPF),          WEB | LONG | DNS | UDP, FACTOR, AT(zipf), 0, 10 * LB_SCENE_ONE },
	{ KEY(FIRST_CLIENT),  ALL,  ELSEWHERE, 0, 0, 0, 0 },
	{ KEY(REQUESTS),      WEB,  FACTOR, AT(requests), LB_SCENE_ONE, 1000000 * LB_SCENE_ONE },
	{ KEY(THINK),         WEB,  TIME,   AT(think_ms), 0, 24 * HOUR_MS },
	{ KEY(CLOSE),         WEB,  ELSEWHERE, 0, 0, 0, 0 },
	{ KEY(REQUEST_SIZE),  ASKING, NUMBER, AT(request_bytes), 1, 1000000000 },
	{ KEY(SIZES),         ASKING, ELSEWHERE, 0, 0, 0, 0 },
	{ KEY(SIZE_MIN),      ASKING, NUMBER, AT(size_min), 1, TCP_BYTES_MAX },
	{ KEY(SIZE_MAX),      ASKING, NUMBER, AT(size_max), 1, TCP_BYTES_MAX },
	{ KEY(ALPHA),         ASKING, FACTOR, AT(alpha), LB_SCENE_ONE / 100, 100 * LB_SCENE_ONE },
	{ KEY(TRIES),         WEB | DNS | UDP, NUMBER, AT(tries), 1, 16 },
	{ KEY(TIMEOUT),       DNS | UDP, TIME, AT(timeout_ms), 1, HOUR_MS },
	{ KEY(CONNECTIONS),   LONG, NUMBER, AT(connections), 1, LB_SESSIONS_MAX },
	{ KEY(RAMP),          LONG, TIME,   AT(ramp_ms), 0, EVER_MS },
	{ KEY(KEEPALIVE),     LONG, TIME,   AT(keepalive_ms), 0, EVER_MS },
	{ KEY(MESSAGE_EVERY), LONG, TIME,   AT(message_every_ms), 0, EVER_MS },
	{ KEY(SOURCES),       SYN,  ELSEWHERE, 0, 0, 0, 0 },
	{ KEY(DEVICES),       COAP, NUMBER, AT(devices), 1, LB_SESSIONS_MAX },
	{ KEY(ADDRESSES),     COAP, NUMBER, AT(addresses), 1, LB_CLIENTS_MAX },
	{ KEY(PERIOD),        COAP, TIME,   AT(period_ms), 10, EVER_MS },
	{ KEY(JITTER),        COAP, TIME,   AT(jitter_ms), 0, EVER_MS },
	{ KEY(CONFIRMABLE),   COAP, SHARE,  AT(confirmable), 0, 0 },
	{ KEY(OBSERVE),       COAP, ELSEWHERE, 0, 0, 0, 0 },
	{ KEY(NOTIFY_EVERY),  COAP, TIME,   AT(notify_every_ms), 10, EVER_MS },
	{ KEY(CONFIRM_EVERY), COAP, NUMBER, AT(confirm_every), 1, 1000000 },
	{ KEY(NAT_TIMEOUT),   COAP, TIME,   AT(nat_timeout_ms), 1, EVER_MS },
	{ KEY(SOURCE_PORT),   COAP, NUMBER, AT(source_port), 1, UINT16_MAX },
};
/* clang-format on */

/* --- for whom ------------------------------------------------------------- */

/* "web, dns and udp".  Returns text. */
static const char *
profile_list(unsigned profiles, char *text, size_t bytes)
{
	size_t used = 0;

	text[0] = '\0';
	for (unsigned p = 0; p < LB_PROFILE_COUNT; p++) {
		if ((profiles >> p & 1) == 0)
			continue;
		const bool last = profiles >> p == 1;
		used += (size_t)snprintf(text + used, bytes - used, "%s%s",
		    used == 0 ? ""
		    : last    ? " and "
			      : ", ",
		    lb_profile_name(p));
	}
	return text;
}

/* Refuses what is there and not for `whom`, a bit of the above. */
static void
refuse_others(struct lb_section *section, unsigned whom, const char *name)
{
	char list[160];

	for (size_t i = 0; i < LB_COUNT(fields); i++) {
		const struct field *f = &fields[i];
		if (!lb_section_has(section, f->key) ||
		    (f->profiles & whom) != 0)
			continue;
		if (f->profiles == CAPTURE)
			lb_section_refuse(section, f->key,
			    "%s has no use for it; it is for a `capture`",
			    name);
		else
			lb_section_refuse(section, f->key,
			    "%s has no use for it; it is for the profile%s %s",
			    name,
			    (f->profiles & (f->profiles - 1)) != 0 ? "s" : "",
			    profile_list(f->profiles, list, sizeof(list)));
	}
}

void
lb_refuse_profile_keys(struct lb_section *section)
{
	refuse_others(section, CAPTURE, "a capture");
}

/* --- values --------------------------------------------------------------- */

static bool
take(struct lb_section *section, const struct field *f, uint64_t *value)
{
	switch (f->how) {
	case NUMBER:
		return lb_take_range(section, f->key, f->least, f->most, value);
	case FACTOR:
		return lb_read_factor(
		    section, f->key, f->least, f->most, value);
	case TIME:
		return lb_read_time(section, f->key, f->least, f->most, value);
	case SHARE:
		return lb_take_share(section, f->key, value);
	case ELSEWHERE:
		break;
	}
	return false;
}

static void
put(struct lb_traffic *traffic, const struct field *f, uint64_t value)
{
	char *at = (char *)traffic + f->offset;
	const uint32_t word = (uint32_t)value;
	const uint16_t half = (uint16_t)value;

	if (f->bytes == sizeof(value))
		memcpy(at, &value, sizeof(value));
	else if (f->bytes == sizeof(word))
		memcpy(at, &word, sizeof(word));
	else
		memcpy(at, &half, sizeof(half));
}

static void
read_rate(struct lb_section *section, struct lb_traffic *t)
{
	const char *text;
	uint64_t rate = 0;

	if (!lb_take_text(section, KEY(RATE), &text))
		return;
	if (!lb_rate_of_text(text, &rate) || rate == 0 || rate > RATE_MAX)
		lb_section_refuse(section, KEY(RATE),
		    "'%.40s' is no rate; write 50/s, 3/min or 100/h, at most "
		    "10000000/s",
		    text);
	else
		t->rate = rate;
}

static void
read_choices(struct lb_section *section, struct lb_traffic *t)
{
	int choice;

	if (lb_take_choice(section, KEY(ARRIVALS), lb_arrivals_of_name,
		"poisson, constant, bursts and beta", &choice))
		t->arrivals = (enum lb_arrivals)choice;
	if (lb_take_choice(section, KEY(SIZES), lb_sizes_of_name,
		"bounded-pareto, constant, web-search, data-mining, hadoop and "
		"cache",
		&choice))
		t->sizes = (enum lb_sizes)choice;
	if (lb_take_choice(section, KEY(SOURCES), lb_sources_of_name,
		"random, pool and fixed", &choice))
		t->sources = (enum lb_flood_sources)choice;
	if (lb_take_choice(section, KEY(CLOSE), lb_close_of_name,
		"fin, reset and never", &choice))
		t->close = (enum lb_close)choice;
}

/* Loopback is one, too: captures of it are. */
static void
take_machine(struct lb_section *section, unsigned key, struct lb_addr *out)
{
	struct lb_addr addr;

	if (!lb_take_address(section, key, &addr))
		return;
	if (lb_addr_is_unicast(&addr))
		*out = addr;
	else
		lb_section_refuse(section, key,
		    "this is %s; use that of one machine",
		    lb_addr_kind_name(lb_addr_kind(&addr)));
}

static void
read_fields(struct lb_section *section, struct lb_traffic *t)
{
	uint64_t value;

	for (size_t i = 0; i < LB_COUNT(fields); i++)
		if ((fields[i].profiles >> t->profile & 1) != 0 &&
		    take(section, &fields[i], &value))
			put(t, &fields[i], value);
	read_rate(section, t);
	read_choices(section, t);
	(void)lb_take_bool(section, KEY(OBSERVE), &t->observe);
	take_machine(section, KEY(SERVER), &t->server);
	take_machine(section, KEY(FIRST_CLIENT), &t->first_client);
}

/* --- values together ------------------------------------------------------ */

static bool
is_good(const struct lb_section *section, unsigned key)
{
	return (section->bad >> key & 1) == 0;
}

/* Refuses key unless it is bad already, which may be why. */
#define REFUSE_UNLESS(good, section, key, ...)                                 \
	do {                                                                   \
		if (!(good) && is_good(section, key))                          \
			lb_section_refuse(section, key, __VA_ARGS__);          \
	} while (0)

/* What only one choice of another key has. */
static void
only_with(
    struct lb_section *section, unsigned key, bool has_use, const char *choice)
{
	if (!has_use && lb_section_has(section, key) && is_good(section, key))
		lb_section_refuse(
		    section, key, "only `%s` has a use for it", choice);
}

static void
check_choices(struct lb_section *section, const struct lb_traffic *t)
{
	const bool bursts = t->arrivals == LB_ARRIVALS_BURSTS;
	const bool pareto = t->sizes == LB_SIZES_BOUNDED_PARETO;
	const bool pool = t->sources == LB_SOURCES_POOL;

	if (is_good(section, KEY(ARRIVALS))) {
		only_with(
		    section, KEY(BURST_FACTOR), bursts, "arrivals: bursts");
		only_with(section, KEY(BURST), bursts, "arrivals: bursts");
		only_with(
		    section, KEY(BURST_EVERY), bursts, "arrivals: bursts");
	}
	if (is_good(section, KEY(SIZES))) {
		only_with(section, KEY(SIZE_MIN),
		    pareto || t->sizes == LB_SIZES_CONSTANT,
		    "sizes: constant` or `bounded-pareto");
		only_with(
		    section, KEY(SIZE_MAX), pareto, "sizes: bounded-pareto");
		only_with(section, KEY(ALPHA), pareto, "sizes: bounded-pareto");
	}
	if (t->profile == LB_PROFILE_SYN_FLOOD &&
	    is_good(section, KEY(SOURCES)))
		only_with(section, KEY(CLIENTS), pool, "sources: pool");
	if (t->profile == LB_PROFILE_COAP_DEVICES) {
		REFUSE_UNLESS(t->arrivals == LB_ARRIVALS_BETA ||
				  !lb_section_has(section, KEY(ARRIVALS)),
		    section, KEY(ARRIVALS),
		    "devices come on at any phase of their period, without "
		    "it, or all at once, with beta");
		only_with(
		    section, KEY(NOTIFY_EVERY), t->observe, "observe: true");
		only_with(
		    section, KEY(CONFIRM_EVERY), t->observe, "observe: true");
	}
}

static void
check_times(struct lb_section *section, const struct lb_traffic *t,
    uint64_t duration_ms)
{
	REFUSE_UNLESS(duration_ms == 0 || t->start_ms < duration_ms, section,
	    KEY(START), "`duration` is over by then; nothing is sent");
	REFUSE_UNLESS(t->stop_ms == 0 || t->stop_ms > t->start_ms, section,
	    KEY(STOP), "it stops before it starts; nothing is sent");
	if (t->arrivals == LB_ARRIVALS_BURSTS)
		REFUSE_UNLESS(t->burst_ms < t->burst_every_ms, section,
		    KEY(BURST), "a burst is shorter than `burst_every`");
	if (t->profile == LB_PROFILE_COAP_DEVICES)
		REFUSE_UNLESS(t->jitter_ms <= t->period_ms, section,
		    KEY(JITTER),
		    "at most `period`: a report is not sent before the last");
}

/* An answer, or a request, that no datagram holds, or is too short to be what
 * it is. */
static void
check_datagrams(struct lb_section *section, const struct lb_traffic *t)
{
	const uint64_t least = t->profile == LB_PROFILE_DNS ? DNS_BYTES_MIN
			       : t->profile == LB_PROFILE_COAP_DEVICES
				   ? COAP_BYTES_MIN
				   : 1;
	const unsigned most =
	    t->profile == LB_PROFILE_DNS ? DNS_BYTES_MAX : DATAGRAM_BYTES_MAX;

	REFUSE_UNLESS(t->sizes <= LB_SIZES_CONSTANT, section, KEY(SIZES),
	    "no datagram holds such an answer; constant or bounded-pareto");
	REFUSE_UNLESS(t->request_bytes >= least && t->request_bytes <= most,
	    section, KEY(REQUEST_SIZE), "%u to %u bytes in %s", (unsigned)least,
	    most, lb_profile_name(t->profile));
	REFUSE_UNLESS(t->size_min >= least && t->size_min <= DATAGRAM_BYTES_MAX,
	    section, KEY(SIZE_MIN), "%u to %u bytes in %s", (unsigned)least,
	    DATAGRAM_BYTES_MAX, lb_profile_name(t->profile));
	if (t->sizes == LB_SIZES_BOUNDED_PARETO)
		REFUSE_UNLESS(t->size_max <= DATAGRAM_BYTES_MAX, section,
		    KEY(SIZE_MAX), "at most %u bytes in a datagram",
		    DATAGRAM_BYTES_MAX);
}

static void
check_sizes(struct lb_section *section, const struct lb_traffic *t)
{
	if (t->profile == LB_PROFILE_SYN_FLOOD)
		return;
	if (t->profile >= LB_PROFILE_DNS)
		check_datagrams(section, t);
	if (t->sizes == LB_SIZES_BOUNDED_PARETO &&
	    is_good(section, KEY(SIZE_MIN)))
		REFUSE_UNLESS(t->size_min <= t->size_max, section,
		    lb_section_has(section, KEY(SIZE_MAX)) ? KEY(SIZE_MAX)
							   : KEY(SIZE_MIN),
		    "`size_min`, %llu, is at most `size_max`, %llu",
		    (unsigned long long)t->size_min,
		    (unsigned long long)t->size_max);
}

/* Two at one address need two ports. */
static void
check_ports(struct lb_section *section, const struct lb_traffic *t)
{
	if (t->profile == LB_PROFILE_LONG_LIVED &&
	    !lb_section_has(section, KEY(FROM_POOL)))
		REFUSE_UNLESS(
		    (uint64_t)t->clients * LB_CLIENT_PORTS >= t->connections,
		    section, KEY(CONNECTIONS),
		    "an address has %u ports to connect from; say at least "
		    "`clients: %u`",
		    LB_CLIENT_PORTS,
		    (t->connections + LB_CLIENT_PORTS - 1) / LB_CLIENT_PORTS);
	if (t->profile == LB_PROFILE_COAP_DEVICES)
		REFUSE_UNLESS(
		    (uint64_t)t->addresses * LB_CLIENT_PORTS >= t->devices,
		    section, KEY(DEVICES),
		    "a NAT address has %u ports for those behind it; say at "
		    "least `addresses: %u`",
		    LB_CLIENT_PORTS,
		    (t->devices + LB_CLIENT_PORTS - 1) / LB_CLIENT_PORTS);
}

/* Are there so many addresses of machines from first on? */
static bool
has_room(const struct lb_addr *first, uint32_t count)
{
	struct lb_addr last = *first;
	uint8_t *last4 = (uint8_t *)&last + 12;
	uint64_t low = 0;

	for (unsigned i = 0; i < 4; i++)
		low = low << 8 | last4[i];
	low += count - 1;
	for (unsigned i = 0; i < 4; i++)
		last4[i] = (uint8_t)(low >> (24 - 8 * i));
	return low <= UINT32_MAX && lb_addr_is_unicast(&last);
}

static void
check_addresses(struct lb_section *section, const struct lb_traffic *t)
{
	const bool has_server = lb_section_has(section, KEY(SERVER));
	const uint32_t count =
	    t->profile == LB_PROFILE_COAP_DEVICES ? t->addresses : t->clients;

	if (!lb_section_has(section, KEY(FIRST_CLIENT)) ||
	    !is_good(section, KEY(FIRST_CLIENT)))
		return;
	REFUSE_UNLESS(has_room(&t->first_client, count), section,
	    KEY(FIRST_CLIENT), "there are no %u addresses from there on",
	    count);
	if (has_server && is_good(section, KEY(SERVER)))
		REFUSE_UNLESS(lb_addr_is_v4(&t->first_client) ==
				  lb_addr_is_v4(&t->server),
		    section, KEY(FIRST_CLIENT),
		    "`server` is of the other family");
}

/* The other direction: members are the clients of a server outside. */
static void
read_pool(struct lb_section *section, struct lb_traffic *t)
{
	static const unsigned others[] = { KEY(RULE), KEY(CLIENTS),
		KEY(FIRST_CLIENT) };
	const char *pool;

	if (!lb_take_text(section, KEY(FROM_POOL), &pool))
		return;
	for (size_t i = 0; i < LB_COUNT(others); i++)
		if (lb_section_has(section, others[i]))
			lb_section_refuse(section, others[i],
			    "traffic has either this or `from_pool`, whose "
			    "members are its clients");
	if (!lb_section_has(section, KEY(SERVER)))
		lb_section_require(section, KEY(SERVER),
		    "traffic `from_pool`: whom members connect to");
	if (!lb_section_has(section, KEY(ZIPF)))
		t->zipf = 0; /* members are alike, unlike the world's clients */
	t->from_pool = lb_reader_copy(section->reader, pool);
	t->rule_at = section->at[KEY(FROM_POOL)];
}

bool
lb_read_profile(
    struct lb_section *section, uint64_t duration_ms, struct lb_traffic *out)
{
	const char *rule;
	char list[160];
	int profile;

	if (!lb_take_choice(section, KEY(PROFILE), lb_profile_of_name,
		profile_list(ALL, list, sizeof(list)), &profile))
		return false;
	*out = lb_traffic_defaults((enum lb_profile)profile);
	out->where = section->where;
	refuse_others(section, 1u << profile, lb_profile_name(out->profile));
	read_fields(section, out);
	check_choices(section, out);
	check_times(section, out, duration_ms);
	check_sizes(section, out);
	check_ports(section, out);
	check_addresses(section, out);
	read_pool(section, out);
	if (lb_take_text(section, KEY(RULE), &rule)) {
		out->rule_at = section->at[KEY(RULE)];
		out->rule = lb_reader_copy(section->reader, rule);
	}
	return true;
}
