/* SPDX-License-Identifier: MIT */
/* Azure's health state machine: AZ 2.3, 2.4, 13.7 and 13.8 as tables. */
#include <stdio.h>
#include <string.h>
#include "model/health/health.h"
#include "model/config/names.h"
#include "tests/support/chance.h"
#include "tests/unit.h"

#define S_NS UINT64_C(1000000000)

static struct lb_config_probe
probe_of(enum lb_probe_protocol protocol, unsigned interval_s, unsigned k)
{
	return (struct lb_config_probe){
		.protocol = protocol,
		.interval_ms = interval_s * UINT64_C(1000),
		.threshold = k,
	};
}

/* --- one state machine, answer by answer --------------------------------- */

static const char answer_letters[] = "GWRS"; /* as enum lb_answer */
static const char state_letters[] = "?ud";   /* as enum lb_health_state */

/* clang-format off */
static const struct script {
	const char *what;
	enum lb_probe_protocol protocol;
	unsigned k;
	char start;
	const char *answers, *states; /* one per interval */
} scripts[] = {
	{ "TCP, k 1", LB_PROBE_TCP, 1, 'u', "GRGSG", "ududu" },
	{ "TCP, k 2, both ways", LB_PROBE_TCP, 2, 'u', "RRGGRS",
	    "udduud" },
	{ "TCP, k 3, a good one between", LB_PROBE_TCP, 3, 'u', "RRGRRR",
	    "uuuuud" },
	{ "TCP, k 3, a bad one between", LB_PROBE_TCP, 3, 'd', "GGRGGG",
	    "dddddu" },
	{ "TCP, reset and silence are one run", LB_PROBE_TCP, 3, 'u', "RSR",
	    "uud" },
	{ "TCP, unknown, k 2 up", LB_PROBE_TCP, 2, '?', "GG", "?u" },
	{ "TCP, unknown, k 2 down", LB_PROBE_TCP, 2, '?', "GSS", "??d" },
	{ "TCP, k 2, silences between", LB_PROBE_TCP, 2, 'd', "GSGSGG", "dddddu" },
	{ "HTTP, non-200 at once, any k", LB_PROBE_HTTP, 3, 'u', "WG", "du" },
	{ "HTTP, reset at once", LB_PROBE_HTTP, 3, 'u', "RG", "du" },
	{ "HTTP, silence counts", LB_PROBE_HTTP, 3, 'u', "SSS", "uud" },
	{ "HTTP, 200 resets the count", LB_PROBE_HTTP, 3, 'u', "SSGSSS",
	    "uuuuud" },
	{ "HTTP, 200 at once from silence", LB_PROBE_HTTP, 3, 'u', "SSSG",
	    "uudu" },
	{ "HTTP, non-200 does not wait for silence", LB_PROBE_HTTP, 3, 'u',
	    "SW", "ud" },
	{ "HTTP, unknown", LB_PROBE_HTTP, 3, '?', "SG", "?u" },
	{ "HTTP, unknown, 503", LB_PROBE_HTTP, 3, '?', "W", "d" },
	{ "HTTPS as HTTP", LB_PROBE_HTTPS, 2, 'u', "WGSS", "duud" },
	{ "UDP as TCP", LB_PROBE_UDP, 2, 'u', "SSGGRS", "udduud" },
	{ "CoAP as TCP", LB_PROBE_COAP, 2, 'u', "WSGGWW", "udduud" },
	{ "DNS as TCP", LB_PROBE_DNS, 2, 'u', "WWGG", "uddu" },
};
/* clang-format on */

static enum lb_health_state
state_of_letter(char letter)
{
	return (enum lb_health_state)(
	    strchr(state_letters, letter) - state_letters);
}

static enum lb_answer
answer_of_letter(char letter)
{
	return (enum lb_answer)(
	    strchr(answer_letters, letter) - answer_letters);
}

/* What changed is told, and since when. */
static bool
is_told(const struct lb_health *health, enum lb_health_state before,
    enum lb_health_change change, uint64_t now_ns)
{
	if (health->state == before)
		return change == LB_HEALTH_STILL && health->since_ns < now_ns;
	return health->since_ns == now_ns &&
	       change == (health->state == LB_HEALTH_UP ? LB_HEALTH_WENT_UP
							: LB_HEALTH_WENT_DOWN);
}

static void
test_scripts(void)
{
	for (size_t i = 0; i < LB_COUNT(scripts); i++) {
		const struct script *row = &scripts[i];
		struct lb_config_probe probe =
		    probe_of(row->protocol, 5, row->k);
		struct lb_health health =
		    lb_health_start(state_of_letter(row->start));
		for (size_t n = 0; row->answers[n] != '\0'; n++) {
			uint64_t now_ns = (n + 1) * 5 * S_NS;
			enum lb_health_state before = health.state;
			enum lb_health_change change = lb_health_answer(&health,
			    &probe, answer_of_letter(row->answers[n]), now_ns);
			UNIT_EQUAL(row->what, health.state,
			    state_of_letter(row->states[n]));
			UNIT_ROW(row->what,
			    is_told(&health, before, change, now_ns));
		}
	}
}

/* --- in time ------------------------------------------------------------- */

/* A member's way through time: from at_ns on it answers so. */
struct turn {
	uint64_t at_ns;
	enum lb_answer answer;
};

/* The answer to the probe sent at tick_ns.  What happens at the very instant
 * of a tick comes just after it. */
static enum lb_answer
answer_at(const struct turn *turns, size_t count, uint64_t tick_ns)
{
	enum lb_answer answer = LB_ANSWER_GOOD;

	for (size_t i = 0; i < count && turns[i].at_ns < tick_ns; i++)
		answer = turns[i].answer;
	return answer;
}

/* Probes at phase_ns + n I until the n-th change; when it was, 0: never. */
static uint64_t
nth_change_ns(const struct lb_config_probe *probe, uint64_t phase_ns,
    const struct turn *turns, size_t count, unsigned nth)
{
	struct lb_health health = lb_health_start(LB_HEALTH_UP);
	uint64_t interval_ns = probe->interval_ms * LB_NS_PER_MS;

	for (unsigned n = 0; n < 1000; n++) {
		uint64_t tick_ns = phase_ns + n * interval_ns;
		enum lb_answer answer = answer_at(turns, count, tick_ns);
		uint64_t now_ns =
		    tick_ns +
		    (answer == LB_ANSWER_SILENT ? lb_probe_wait_ns(probe) : 0);
		if (lb_health_answer(&health, probe, answer, now_ns) !=
			LB_HEALTH_STILL &&
		    --nth == 0)
			return now_ns;
	}
	return 0;
}

/* clang-format off */
static const struct vector {
	const char *what;
	enum lb_probe_protocol protocol;
	unsigned interval_s, k;
	enum lb_answer fault;
	uint64_t down_ns;
} vectors[] = { /* AZ 13.7, then what 2.4 adds */
	{ "TCP I=5 k=1 RST", LB_PROBE_TCP, 5, 1, LB_ANSWER_REFUSED, 5 * S_NS },
	{ "TCP I=5 k=2 RST", LB_PROBE_TCP, 5, 2, LB_ANSWER_REFUSED, 10 * S_NS },
	{ "TCP I=5 k=1 silent", LB_PROBE_TCP, 5, 1, LB_ANSWER_SILENT,
	    10 * S_NS },
	{ "TCP I=5 k=2 silent", LB_PROBE_TCP, 5, 2, LB_ANSWER_SILENT,
	    15 * S_NS },
	{ "HTTP I=5 k=3 503", LB_PROBE_HTTP, 5, 3, LB_ANSWER_WRONG, 5 * S_NS },
	{ "HTTP I=15 k=1 404", LB_PROBE_HTTP, 15, 1, LB_ANSWER_WRONG,
	    15 * S_NS },
	{ "HTTP I=120 k=1 hang", LB_PROBE_HTTP, 120, 1, LB_ANSWER_SILENT,
	    150 * S_NS },
	{ "HTTP I=5 k=2 hang", LB_PROBE_HTTP, 5, 2, LB_ANSWER_SILENT,
	    15 * S_NS },
	{ "HTTP status 301", LB_PROBE_HTTP, 5, 1, LB_ANSWER_WRONG, 5 * S_NS },
	{ "HTTP I=30 k=2 hang", LB_PROBE_HTTP, 30, 2, LB_ANSWER_SILENT,
	    90 * S_NS },
	{ "HTTP I=31 k=2 hang", LB_PROBE_HTTP, 31, 2, LB_ANSWER_SILENT,
	    92 * S_NS },
	{ "HTTPS I=120 k=3 hang", LB_PROBE_HTTPS, 120, 3, LB_ANSWER_SILENT,
	    390 * S_NS },
	{ "HTTP I=5 k=3 reset", LB_PROBE_HTTP, 5, 3, LB_ANSWER_REFUSED,
	    5 * S_NS },
	{ "TCP I=120 k=1 silent", LB_PROBE_TCP, 120, 1, LB_ANSWER_SILENT,
	    240 * S_NS },
	{ "UDP I=1 k=3 silent", LB_PROBE_UDP, 1, 3, LB_ANSWER_SILENT,
	    4 * S_NS },
	{ "CoAP I=1 k=3 4.04", LB_PROBE_COAP, 1, 3, LB_ANSWER_WRONG, 3 * S_NS },
};
/* clang-format on */

static void
test_vectors(void)
{
	for (size_t i = 0; i < LB_COUNT(vectors); i++) {
		const struct vector *row = &vectors[i];
		struct lb_config_probe probe =
		    probe_of(row->protocol, row->interval_s, row->k);
		struct turn fault = { 0, row->fault };
		UNIT_EQUAL(row->what, nth_change_ns(&probe, 0, &fault, 1, 1),
		    row->down_ns);
		UNIT_EQUAL(row->what, lb_probe_detect_ns(&probe, row->fault),
		    row->down_ns);
	}
}

/* 13.7's two that come back, and the one whose numberOfProbes says 10. */
static void
test_vectors_back(void)
{
	struct lb_config_probe http = probe_of(LB_PROBE_HTTP, 5, 3);
	struct turn once[] = { { 0, LB_ANSWER_WRONG },
		{ 5 * S_NS, LB_ANSWER_GOOD } };
	CU_ASSERT_EQUAL(nth_change_ns(&http, 0, once, 2, 1), 5 * S_NS);
	CU_ASSERT_EQUAL(nth_change_ns(&http, 0, once, 2, 2), 10 * S_NS);

	struct lb_config_probe tcp = probe_of(LB_PROBE_TCP, 5, 2);
	struct turn back[] = { { 0, LB_ANSWER_REFUSED },
		{ 33 * S_NS, LB_ANSWER_GOOD } }; /* first good tick: 35 s */
	CU_ASSERT_EQUAL(nth_change_ns(&tcp, 0, back, 2, 2), 40 * S_NS);

	tcp.threshold = 1;
	tcp.number_of_probes = 10;
	CU_ASSERT_EQUAL(nth_change_ns(&tcp, 0, back, 1, 1), 5 * S_NS);
}

/*
 * Detection from a fault anywhere within an interval: the first failing probe
 * after U, the k-th (k - 1) I later, known W after that (simulation.md C.6).
 */
static void
test_random_phases(void)
{
	struct chance chance = { 13 };

	for (int i = 0; i < 20000; i++) {
		struct lb_config_probe probe =
		    probe_of((enum lb_probe_protocol)chance_below(&chance, 6),
			chance_between(&chance, 1, 120),
			chance_between(&chance, 1, 100));
		enum lb_answer answer =
		    (enum lb_answer)chance_between(&chance, 1, 3);
		uint64_t interval_ns = probe.interval_ms * LB_NS_PER_MS;
		uint64_t phase_ns = chance_next(&chance) % interval_ns;
		struct turn fault = { phase_ns + 3 * interval_ns +
					  chance_next(&chance) % interval_ns,
			answer };
		uint64_t u_ns = phase_ns + 4 * interval_ns - fault.at_ns;
		bool http = probe.protocol == LB_PROBE_HTTP ||
			    probe.protocol == LB_PROBE_HTTPS;
		bool silent = answer == LB_ANSWER_SILENT;
		uint64_t k = http && !silent ? 1 : probe.threshold;
		uint64_t w_ns = silent ? interval_ns : 0;
		if (http && w_ns > 30 * S_NS)
			w_ns = 30 * S_NS;
		uint64_t down_ns =
		    nth_change_ns(&probe, phase_ns, &fault, 1, 1);
		UNIT_EQUAL(lb_probe_protocol_name(probe.protocol),
		    down_ns - fault.at_ns, u_ns + (k - 1) * interval_ns + w_ns);
		CU_ASSERT_TRUE(down_ns - fault.at_ns <=
			       lb_probe_detect_ns(&probe, answer));
	}
}

/* --- flap damping -------------------------------------------------------- */

/* clang-format off */
static const struct damped {
	const char *what;
	unsigned damping_s;
	const char *answers, *states; /* TCP, k 1, every 5 s from 5 s on */
} damped_rows[] = {
	{ "off", 0, "RGRGRG", "dududu" },
	{ "the first fall is no flapping", 20, "RGG", "duu" },
	{ "held for 20 s from 15 s on", 20, "RGRGGGGG", "dudddduu" },
	{ "steady for 20 s", 20, "RGGGGGRG", "duuuuudu" },
	{ "up again as soon as a good one comes after the time", 20,
	    "RGRRRRRRG", "duddddddu" },
};
/* clang-format on */

static void
test_damping(void)
{
	for (size_t i = 0; i < LB_COUNT(damped_rows); i++) {
		const struct damped *row = &damped_rows[i];
		struct lb_config_probe probe = probe_of(LB_PROBE_TCP, 5, 1);
		probe.flap_damping_ms = row->damping_s * UINT64_C(1000);
		struct lb_health health = lb_health_start(LB_HEALTH_UP);
		for (size_t n = 0; row->answers[n] != '\0'; n++) {
			(void)lb_health_answer(&health, &probe,
			    answer_of_letter(row->answers[n]),
			    (n + 1) * 5 * S_NS);
			UNIT_EQUAL(row->what, health.state,
			    state_of_letter(row->states[n]));
		}
	}
}

/* --- reasons ------------------------------------------------------------- */

/* clang-format off */
static const struct why {
	enum lb_probe_protocol protocol;
	unsigned k;
	char start;
	const char *answers, *reason; /* after the last of them */
} whys[] = {
	{ LB_PROBE_TCP, 1, '?', "", "NA" },
	{ LB_PROBE_TCP, 1, 'u', "", "Up_Probe_Success" },
	{ LB_PROBE_TCP, 1, 'd', "G", "Up_Probe_Success" },
	{ LB_PROBE_TCP, 2, 'u', "R", "Up_Probe_ApproachingUnhealthyThreshold" },
	{ LB_PROBE_TCP, 2, 'u', "RG", "Up_Probe_Success" },
	{ LB_PROBE_TCP, 2, 'd', "G", "Down_Probe_ApproachingHealthyThreshold" },
	{ LB_PROBE_TCP, 2, '?', "G", "Down_Probe_ApproachingHealthyThreshold" },
	{ LB_PROBE_TCP, 2, 'u', "RR", "Down_Probe_TcpProbeTimeout" },
	{ LB_PROBE_TCP, 2, 'u', "SS", "Down_Probe_TcpProbeTimeout" },
	{ LB_PROBE_TCP, 2, 'd', "GS", "Down_Probe_TcpProbeTimeout" },
	{ LB_PROBE_HTTP, 3, 'u', "W", "Down_Probe_HttpStatusCodeError" },
	{ LB_PROBE_HTTP, 3, 'u', "R", "Down_Probe_HttpEndpointUnreachable" },
	{ LB_PROBE_HTTP, 3, 'u', "SSS", "Down_Probe_HttpNoResponse" },
	{ LB_PROBE_HTTPS, 3, 'u', "WS", "Down_Probe_HttpNoResponse" },
	{ LB_PROBE_HTTP, 3, 'u', "S",
	    "Up_Probe_ApproachingUnhealthyThreshold" },
	{ LB_PROBE_COAP, 1, 'u', "W", "Down_Probe_WrongAnswer" },
	{ LB_PROBE_DNS, 1, 'u', "R", "Down_Probe_PortUnreachable" },
	{ LB_PROBE_UDP, 1, 'u', "S", "Down_Probe_NoAnswer" },
};
/* clang-format on */

static void
test_reasons(void)
{
	for (size_t i = 0; i < LB_COUNT(whys); i++) {
		const struct why *row = &whys[i];
		struct lb_config_probe probe =
		    probe_of(row->protocol, 5, row->k);
		struct lb_health health =
		    lb_health_start(state_of_letter(row->start));
		for (size_t n = 0; row->answers[n] != '\0'; n++)
			(void)lb_health_answer(&health, &probe,
			    answer_of_letter(row->answers[n]), n * S_NS);
		const char *said = lb_health_reason_name(health.reason);
		UNIT_ROW(row->reason, strcmp(said, row->reason) == 0);
	}
	for (unsigned i = 0; i < LB_HEALTH_REASON_COUNT; i++)
		CU_ASSERT_STRING_NOT_EQUAL(lb_health_reason_name(i), "?");
}

/* --- admin state and all-down behaviour (AZ 13.8) ------------------------ */

/* clang-format off */
static const struct truth {
	const char *what;
	enum lb_admin_state admin;
	bool up, all_down_is_up, eligible;
	const char *reason;
} truths[] = {
	{ "none, up", LB_ADMIN_NONE, true, false, true, "Up_Probe_Success" },
	{ "none, up, saved", LB_ADMIN_NONE, true, true, true,
	    "Up_Probe_Success" },
	{ "none, down", LB_ADMIN_NONE, false, false, false,
	    "Down_Probe_TcpProbeTimeout" },
	{ "none, all down is up", LB_ADMIN_NONE, false, true, true,
	    "Up_Probe_AllDownIsUp" },
	{ "up, down", LB_ADMIN_UP, false, false, true, "Up_Admin" },
	{ "up, up", LB_ADMIN_UP, true, false, true, "Up_Admin" },
	{ "down, up", LB_ADMIN_DOWN, true, false, false, "Down_Admin" },
	{ "down, all down is up", LB_ADMIN_DOWN, false, true, false,
	    "Down_Admin" },
};
/* clang-format on */

static void
test_truths(void)
{
	for (size_t i = 0; i < LB_COUNT(truths); i++) {
		const struct truth *row = &truths[i];
		struct lb_config_probe probe = probe_of(LB_PROBE_TCP, 5, 1);
		struct lb_health health = lb_health_start(LB_HEALTH_UP);
		if (!row->up)
			(void)lb_health_answer(
			    &health, &probe, LB_ANSWER_SILENT, S_NS);
		UNIT_ROW(row->what, lb_health_is_eligible(row->admin, row->up,
					row->all_down_is_up) == row->eligible);
		const char *said = lb_health_reason_name(
		    lb_health_why(row->admin, &health, row->all_down_is_up));
		UNIT_ROW(row->what, strcmp(said, row->reason) == 0);
	}
}

int
main(void)
{
	CU_TestInfo tests[] = {
		{ "answer by answer", test_scripts },
		{ "AZ 13.7 and 2.4", test_vectors },
		{ "AZ 13.7, coming back", test_vectors_back },
		{ "AZ 2.4 at random phases", test_random_phases },
		{ "flap damping", test_damping },
		{ "reasons", test_reasons },
		{ "AZ 13.8", test_truths },
		CU_TEST_INFO_NULL,
	};

	return unit_main("health", tests);
}
