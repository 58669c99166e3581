/* SPDX-License-Identifier: MIT */
/* CoAP devices: when they send again and give up, what their NATs do to them,
 * and what becomes of what they observe. */
#include "sim/clients/coap.h"
#include "tests/sim/heard.h"

#define MS     LB_NS_PER_MS
#define SECOND LB_NS_PER_S
#define CLIENT (20 * MS) /* one way, to the balancer */
#define MEMBER (MS / 2)  /* on to the server */
#define THERE  (CLIENT + MEMBER)
#define RTT    (2 * THERE)

static struct hearing hearing;

/* One device that reports every minute, from some time in the first ms on. */
static struct lb_traffic *
one_device(struct stage *s)
{
	stage_open(s);

	struct lb_traffic *t = stage_traffic(s, LB_PROFILE_COAP_DEVICES);

	t->port = 5683;
	t->devices = 1;
	t->addresses = 1;
	t->jitter_ms = 0;
	t->nat_timeout_ms = 300000;
	heard_listen(&hearing, s);
	return t;
}

static void
all_are(struct stage *s, uint64_t at_ms, enum lb_fault_kind kind)
{
	(void)stage_fault(s, at_ms, "a", kind);
	(void)stage_fault(s, at_ms, "b", kind);
	(void)stage_fault(s, at_ms, "c", kind);
}

static const struct sim_clients *
clients(const struct sim_record *r)
{
	return &r->cases[0].clients;
}

static uint64_t
served(const struct sim_record *r)
{
	uint64_t sum = 0;

	for (size_t i = 0; i < r->cases[0].served_count; i++)
		sum += r->cases[0].served[i].served;
	return sum;
}

static uint64_t
when(enum sim_says says, size_t n)
{
	const struct heard *heard = heard_nth(&hearing, says, n);

	return heard != NULL ? heard->at_ns : 0;
}

static uint16_t
port(enum sim_says says, size_t n)
{
	const struct heard *heard = heard_nth(&hearing, says, n);

	return heard != NULL ? heard->port : 0;
}

/* --- reports ----------------------------------------------------------------
 */

static void
a_report_is_answered(void)
{
	struct stage s;
	struct lb_traffic *t = one_device(&s);

	t->period_ms = 30000;

	struct sim_record *r = stage_play(&s, NULL);
	uint64_t first = when(SIM_SAYS_REQUEST, 0);
	uint64_t asked[4];
	size_t count = 0;

	CU_ASSERT_TRUE(first >= CLIENT && first < 30 * SECOND + CLIENT);
	for (uint64_t at = first; at < 100 * SECOND + CLIENT; at += 30 * SECOND)
		asked[count++] = at;
	heard_at("reports", &hearing, SIM_SAYS_REQUEST, asked, count);
	CU_ASSERT_EQUAL(clients(r)->sessions, 1);
	CU_ASSERT_EQUAL(clients(r)->requests, count);
	CU_ASSERT_EQUAL(clients(r)->answered, count);
	CU_ASSERT_EQUAL(clients(r)->response_ns, count * RTT);
	CU_ASSERT_EQUAL(clients(r)->retries, 0);
	CU_ASSERT_EQUAL(clients(r)->rebound, 0);
	CU_ASSERT_EQUAL(served(r), count);
	CU_ASSERT_TRUE(hearing.at[0].confirmable);
	CU_ASSERT_EQUAL(hearing.at[0].bytes, 60);
	CU_ASSERT_EQUAL(hearing.at[1].bytes, 12);
	CU_ASSERT_EQUAL(hearing.at[1].id, hearing.at[0].id);
	CU_ASSERT_NOT_EQUAL(hearing.at[2].id, hearing.at[0].id);
	sim_record_free(r);
	stage_close(&s);
}

static uint32_t
id(enum sim_says says, size_t n)
{
	const struct heard *heard = heard_nth(&hearing, says, n);

	return heard != NULL ? heard->id : UINT32_MAX;
}

/* What was heard is one report, sent and sent again; returns the first wait. */
static uint64_t
doubles(void)
{
	uint64_t at = when(SIM_SAYS_REQUEST, 0);
	uint64_t wait = when(SIM_SAYS_REQUEST, 1) - at;

	CU_ASSERT_TRUE(wait >= 2 * SECOND && wait <= 3 * SECOND);
	for (size_t n = 1; n <= 4; n++) {
		at += wait << (n - 1);
		UNIT_EQUAL("again", when(SIM_SAYS_REQUEST, n), at);
		UNIT_EQUAL(
		    "id", id(SIM_SAYS_REQUEST, n), id(SIM_SAYS_REQUEST, 0));
	}
	UNIT_EQUAL("the next", when(SIM_SAYS_REQUEST, 5), at + (wait << 4));
	CU_ASSERT_NOT_EQUAL(id(SIM_SAYS_REQUEST, 5), id(SIM_SAYS_REQUEST, 0));
	return wait;
}

/* RFC 7252 4.2: U[2, 3] s, doubled, four times; then as long again.  NSTART:
 * the next report begins the moment that this one is given up. */
static void
retransmission_doubles(void)
{
	uint64_t firsts[20];

	for (unsigned i = 0; i < 20; i++) {
		struct stage s;

		one_device(&s)->period_ms = 30000;
		s.settings.seed = i + 1;
		s.scene.duration_ms = 200000;
		all_are(&s, 0, LB_FAULT_DEAF);

		struct sim_record *r = stage_play(&s, NULL);

		firsts[i] = doubles();
		CU_ASSERT_TRUE(i == 0 || firsts[i] != firsts[0]);
		CU_ASSERT_EQUAL(clients(r)->answered, 0);
		CU_ASSERT_TRUE(clients(r)->given_up >= 1);
		sim_record_free(r);
		stage_close(&s);
	}
}

/* ttproto_TD_COAP_OBS_04_PASS.pcap, message 29470: sent at 27.895 s, 30.287 s
 * and 35.070 s. */
static void
the_captured_times_are_such(void)
{
	static const double sent_s[] = { 27.895, 30.287, 35.070 };
	double first = sent_s[1] - sent_s[0];

	CU_ASSERT_TRUE(first * 1e9 >= SIM_COAP_TIMEOUT_NS);
	CU_ASSERT_TRUE(first * 1e9 <= SIM_COAP_TIMEOUT_NS + SIM_COAP_RANDOM_NS);

	/* any first wait, and those that follow it, as the device has them */
	struct sim_world w = { 0 };

	sim_dice_init(&w.dice, 1);
	for (uint64_t n = 0; n < 1000; n++) {
		uint64_t wait =
		    sim_coap_wait_ns(&w, SIM_DRAW_ACK_TIMEOUT, 0, n, 1);
		double model_s = (double)sim_coap_wait_ns(
				     &w, SIM_DRAW_ACK_TIMEOUT, 0, n, 2) *
				 first / (double)wait;

		CU_ASSERT_DOUBLE_EQUAL(sent_s[1] + model_s, sent_s[2], .002);
	}
}

/* Four seconds to serve: the copies find it at work, and one is answered. */
static void
a_duplicate_is_not_served_again(void)
{
	struct stage s;

	(void)one_device(&s);
	stage_server(&s)->service_ns = 4 * SECOND;

	struct sim_record *r = stage_play(&s, NULL);
	uint64_t reports = clients(r)->requests;

	CU_ASSERT_EQUAL(clients(r)->retries, reports);
	CU_ASSERT_EQUAL(clients(r)->answered, reports);
	CU_ASSERT_EQUAL(clients(r)->response_ns, reports * (RTT + 4 * SECOND));
	CU_ASSERT_EQUAL(served(r), reports);
	CU_ASSERT_EQUAL(heard_count(&hearing, SIM_SAYS_ANSWER), reports);
	sim_record_free(r);
	stage_close(&s);
}

/* An answer that is lost is sent again when the copy comes, and not reckoned
 * again. */
static void
a_lost_answer_is_repeated(void)
{
	struct stage s;
	struct lb_traffic *t = one_device(&s);

	t->period_ms = 100000;
	t->devices = 2000;
	t->addresses = 2000;
	s.scene.client_link.loss = 100000;
	s.scene.duration_ms = 300000;
	t->stop_ms = 200000;

	struct sim_record *r = stage_play(&s, NULL);
	const struct sim_clients *c = clients(r);

	CU_ASSERT_EQUAL(c->requests, 4000);
	CU_ASSERT_TRUE(c->retries > 800 && c->retries < 1150); /* 0.19/0.81 */
	/* five tries: 0.19^5 are given up, one in 4,000 */
	CU_ASSERT_TRUE(c->given_up <= 5);
	CU_ASSERT_EQUAL(c->answered + c->given_up, c->requests);
	/* served once, unless all five were lost on the way */
	CU_ASSERT_TRUE(served(r) <= c->requests);
	CU_ASSERT_TRUE(served(r) + 5 >= c->requests);
	sim_record_free(r);
	stage_close(&s);
}

static void
what_is_not_confirmable_is_sent_once(void)
{
	struct stage s;
	struct lb_traffic *t = one_device(&s);

	t->confirmable = 0;
	t->period_ms = 30000;
	s.scene.duration_ms = 91000;
	t->stop_ms = 90000;
	all_are(&s, 0, LB_FAULT_DEAF);

	struct sim_record *r = stage_play(&s, NULL);

	/* each is waited for until the next */
	CU_ASSERT_EQUAL(heard_count(&hearing, SIM_SAYS_REQUEST), 3);
	CU_ASSERT_EQUAL(clients(r)->requests, 3);
	CU_ASSERT_EQUAL(clients(r)->retries, 0);
	CU_ASSERT_EQUAL(clients(r)->given_up, 2);
	CU_ASSERT_FALSE(hearing.at[0].confirmable);
	sim_record_free(r);
	stage_close(&s);
}

/* So many are confirmable, and reports are about their instants. */
static void
reports_have_their_jitter(void)
{
	struct stage s;
	struct lb_traffic *t = one_device(&s);
	unsigned confirmable = 0, reports = 0;

	t->devices = 200;
	t->addresses = 7;
	t->jitter_ms = 5000;
	t->confirmable = 250000;
	s.scene.duration_ms = 600000;

	struct sim_record *r = stage_play(&s, NULL);
	struct {
		uint64_t first_ns;
		struct lb_addr nat;
		unsigned reports;
	} devices[200] = { 0 };

	/* without rebinding a port and an address are a device */
	for (size_t i = 0; i < hearing.count; i++) {
		const struct heard *h = &hearing.at[i];
		size_t d = 0;

		if (h->says != SIM_SAYS_REQUEST)
			continue;
		while (devices[d].first_ns != 0 &&
		       (!lb_addr_same(&devices[d].nat, &h->client) ||
			   (devices[d].reports & 0xffff) != h->port))
			d++;
		CU_ASSERT_TRUE_FATAL(d < 200);
		if (devices[d].first_ns == 0) {
			devices[d].first_ns = h->at_ns;
			devices[d].nat = h->client;
			devices[d].reports = h->port;
		}

		uint64_t nominal = devices[d].first_ns +
				   (devices[d].reports >> 16) * 60 * SECOND;
		int64_t off = (int64_t)(h->at_ns - nominal);

		CU_ASSERT_TRUE(off <= (int64_t)(5 * SECOND));
		CU_ASSERT_TRUE(off >= -(int64_t)(5 * SECOND));
		devices[d].reports += 1u << 16;
		reports++;
		confirmable += h->confirmable;
	}
	CU_ASSERT_TRUE(reports > 1900 && reports <= 2000);
	CU_ASSERT_TRUE(confirmable > reports / 5 && confirmable < reports / 3);
	sim_record_free(r);
	stage_close(&s);
}

/* --- NATs --------------------------------------------------------------------
 */

/* From the answer to the next report: a minute less the way and back. */
static void
a_silence_takes_the_port(void)
{
	static const struct {
		const char *row;
		uint64_t nat_timeout_ms;
		bool rebinds;
	} rows[] = {
		{ "just long enough", 59959, false },
		{ "a millisecond too long", 59958, true },
		{ "much too long", 30000, true },
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		struct stage s;
		struct lb_traffic *t = one_device(&s);

		t->nat_timeout_ms = rows[i].nat_timeout_ms;
		s.scene.duration_ms = 600000;

		struct sim_record *r = stage_play(&s, NULL);
		size_t reports = heard_count(&hearing, SIM_SAYS_REQUEST);

		CU_ASSERT_TRUE(reports >= 9);
		for (size_t n = 1; n < reports; n++)
			UNIT_ROW(
			    rows[i].row, (port(SIM_SAYS_REQUEST, n) !=
					     port(SIM_SAYS_REQUEST, n - 1)) ==
					     rows[i].rebinds);
		UNIT_EQUAL(rows[i].row, clients(r)->rebound,
		    rows[i].rebinds ? reports - 1 : 0);
		UNIT_EQUAL(rows[i].row, clients(r)->sessions, 1);
		UNIT_EQUAL(rows[i].row, clients(r)->answered, reports);
		sim_record_free(r);
		stage_close(&s);
	}
}

/* Two behind one address: the first has the port for good, the other another
 * one, and then another. */
static void
a_fixed_port_is_for_one(void)
{
	struct stage s;
	struct lb_traffic *t = one_device(&s);
	unsigned fixed = 0, others = 0;

	t->devices = 2;
	t->source_port = 5683;
	t->nat_timeout_ms = 30000;
	s.scene.duration_ms = 600000;

	struct sim_record *r = stage_play(&s, NULL);

	for (size_t n = 0; heard_nth(&hearing, SIM_SAYS_REQUEST, n); n++)
		if (port(SIM_SAYS_REQUEST, n) == 5683)
			fixed++;
		else
			others++;
	CU_ASSERT_TRUE(fixed >= 9 && fixed <= 10);
	CU_ASSERT_TRUE(others >= 9 && others <= 10);
	CU_ASSERT_EQUAL(clients(r)->rebound, others - 1);
	sim_record_free(r);
	stage_close(&s);
}

/* D.3: 30, 60, 120, 180 or 300 s, when nothing is said: of reports every 100 s
 * two in five devices lose their binding each time. */
static void
timeouts_are_drawn(void)
{
	struct stage s;
	struct lb_traffic *t = one_device(&s);

	t->nat_timeout_ms = 0;
	t->devices = 1000;
	t->addresses = 4;
	t->period_ms = 100000;
	s.scene.duration_ms = 300000;

	struct sim_record *r = stage_play(&s, NULL);

	CU_ASSERT_EQUAL(clients(r)->requests, 3000);
	CU_ASSERT_TRUE(clients(r)->rebound > 700 && clients(r)->rebound < 900);
	sim_record_free(r);
	stage_close(&s);
}

/* --- observe
 * ------------------------------------------------------------------ */

static struct lb_traffic *
one_observer(struct stage *s)
{
	struct lb_traffic *t = one_device(s);

	t->observe = true;
	t->period_ms = 1000000; /* one report, at the beginning */
	t->arrivals = LB_ARRIVALS_BETA;
	s->scene.duration_ms = 300000;
	return t;
}

/* First it registers, then it reports; every tenth notification is
 * acknowledged. */
static void
an_observer_is_notified(void)
{
	struct stage s;

	(void)one_observer(&s);

	struct sim_record *r = stage_play(&s, NULL);
	uint64_t registered = when(SIM_SAYS_REGISTER, 0);
	uint64_t asked = registered + 2 * MEMBER + 2 * CLIENT;
	size_t count = heard_count(&hearing, SIM_SAYS_NOTIFICATION);
	size_t acks = 0;

	heard_at("register", &hearing, SIM_SAYS_REGISTER, &registered, 1);
	heard_at("report", &hearing, SIM_SAYS_REQUEST, &asked, 1);
	CU_ASSERT_EQUAL(
	    count, (300 * SECOND - registered - 2 * MEMBER) / (10 * SECOND));
	for (size_t n = 0; n < count; n++) {
		const struct heard *h =
		    heard_nth(&hearing, SIM_SAYS_NOTIFICATION, n);

		UNIT_EQUAL("notification", h->at_ns,
		    registered + 2 * MEMBER + (n + 1) * 10 * SECOND);
		UNIT_ROW("every tenth", h->confirmable == (n % 10 == 9));
		UNIT_ROW(
		    "the same flow", h->port == port(SIM_SAYS_REGISTER, 0));
		if (!h->confirmable)
			continue;
		UNIT_EQUAL(
		    "its ack", when(SIM_SAYS_ACK, acks), h->at_ns + 2 * CLIENT);
		UNIT_EQUAL("its ack's id",
		    heard_nth(&hearing, SIM_SAYS_ACK, acks)->id, h->id);
		acks++;
	}
	CU_ASSERT_EQUAL(heard_count(&hearing, SIM_SAYS_ACK), acks);
	CU_ASSERT_EQUAL(clients(r)->notifications, count);
	CU_ASSERT_EQUAL(clients(r)->notified, count);
	CU_ASSERT_EQUAL(clients(r)->requests, 2);
	CU_ASSERT_EQUAL(clients(r)->answered, 2);
	sim_record_free(r);
	stage_close(&s);
}

/* Its server falls silent: three periods after the last notification it
 * registers again, with whoever the balancer thinks is up. */
static void
an_observer_survives_its_server(void)
{
	static const enum lb_fault_kind kinds[] = { LB_FAULT_CRASHED,
		LB_FAULT_OFF, LB_FAULT_REFUSING };

	for (size_t k = 0; k < LB_COUNT(kinds); k++) {
		struct stage s;
		unsigned answered = 0;

		(void)one_observer(&s);

		struct sim_record *well = stage_play(&s, NULL);
		const struct sim_case *c = &well->cases[0];
		const char *member = NULL;

		for (size_t i = 0; i < c->served_count; i++)
			if (c->served[i].served > 0)
				member = c->served[i].name;
		UNIT_NEED(member);

		uint64_t first = when(SIM_SAYS_NOTIFICATION, 0);

		(void)stage_fault(&s, first / MS + 1000, member, kinds[k]);
		hearing.count = 0;

		struct sim_record *r = stage_play(&s, NULL);

		CU_ASSERT_EQUAL(when(SIM_SAYS_NOTIFICATION, 0), first);

		/* heard 20 ms later, listens 30 s, and that takes 20 ms */
		uint64_t again = first + 2 * CLIENT + 30 * SECOND;

		UNIT_EQUAL("again", when(SIM_SAYS_REGISTER, 1), again);
		UNIT_EQUAL("and then", when(SIM_SAYS_NOTIFICATION, 1),
		    again + 2 * MEMBER + 10 * SECOND);
		CU_ASSERT_EQUAL(
		    clients(r)->notifications, clients(r)->notified);
		for (size_t i = 0; i < c->served_count; i++)
			answered += r->cases[0].served[i].served > 0;
		CU_ASSERT_EQUAL(answered, 2);
		sim_record_free(r);
		sim_record_free(well);
		stage_close(&s);
	}
}

/* Off and on again within a second: no probe sees that, but whom it notified
 * the server no longer knows. */
static void
a_restart_forgets_observers(void)
{
	struct stage s;

	(void)one_observer(&s);
	sim_record_free(stage_play(&s, NULL));

	uint64_t first = when(SIM_SAYS_NOTIFICATION, 0);

	all_are(&s, first / MS + 1000, LB_FAULT_CRASHED);
	all_are(&s, first / MS + 1100, LB_FAULT_UP);
	hearing.count = 0;

	struct sim_record *r = stage_play(&s, NULL);
	uint64_t again = first + 2 * CLIENT + 30 * SECOND;

	UNIT_EQUAL("again", when(SIM_SAYS_REGISTER, 1), again);
	UNIT_EQUAL("and then", when(SIM_SAYS_NOTIFICATION, 1),
	    again + 2 * MEMBER + 10 * SECOND);
	UNIT_EQUAL("and on", when(SIM_SAYS_NOTIFICATION, 2),
	    again + 2 * MEMBER + 20 * SECOND);
	CU_ASSERT_PTR_NULL(heard_nth(&hearing, SIM_SAYS_REGISTER, 2));
	sim_record_free(r);
	stage_close(&s);
}

/* Its server is drained: what it is sent still comes, but what it acknowledges
 * goes to another, and so the server gives it up. */
static void
acknowledging_to_another_ends_it(void)
{
	struct stage s;
	struct lb_traffic *t = one_observer(&s);
	const char *member = NULL;

	t->confirm_every = 3;

	struct sim_record *well = stage_play(&s, NULL);
	const struct sim_case *c = &well->cases[0];

	for (size_t i = 0; i < c->served_count; i++)
		if (c->served[i].served > 0)
			member = c->served[i].name;
	UNIT_NEED(member);

	uint64_t first = when(SIM_SAYS_NOTIFICATION, 0);

	(void)stage_fault(&s, first / MS + 1000, member, LB_FAULT_ADMIN_DOWN);
	hearing.count = 0;

	struct sim_record *r = stage_play(&s, NULL);
	uint64_t at = first + 20 * SECOND; /* the third, confirmable */
	uint64_t wait = when(SIM_SAYS_NOTIFICATION, 3) - at;

	CU_ASSERT_TRUE(wait >= 2 * SECOND && wait <= 3 * SECOND);
	UNIT_EQUAL("third", when(SIM_SAYS_NOTIFICATION, 2), at);
	for (size_t n = 0; n < 5; n++) {
		UNIT_EQUAL("again", when(SIM_SAYS_NOTIFICATION, n + 2), at);
		UNIT_EQUAL("ack", when(SIM_SAYS_ACK, n), at + 2 * CLIENT);
		at += wait << n;
	}

	/* silent since then, but for the copies */
	uint64_t heard = when(SIM_SAYS_NOTIFICATION, 6) + CLIENT;

	UNIT_EQUAL("registers again", when(SIM_SAYS_REGISTER, 1),
	    heard + 30 * SECOND + CLIENT);
	UNIT_EQUAL("with another", when(SIM_SAYS_NOTIFICATION, 7),
	    heard + 40 * SECOND + CLIENT + 2 * MEMBER);
	CU_ASSERT_EQUAL(clients(r)->notifications, clients(r)->notified);
	sim_record_free(r);
	sim_record_free(well);
	stage_close(&s);
}

/* Its NAT forgets it before it is notified: five copies go to a port that
 * nobody has, and the device asks from another. */
static void
a_lost_binding_ends_it(void)
{
	struct stage s;
	struct lb_traffic *t = one_observer(&s);

	t->nat_timeout_ms = 8000;
	t->confirm_every = 1;
	t->stop_ms = 50000;

	struct sim_record *r = stage_play(&s, NULL);
	uint16_t old = port(SIM_SAYS_REGISTER, 0);
	uint64_t registered = when(SIM_SAYS_REGISTER, 0) + 2 * MEMBER;
	uint64_t at = registered + 10 * SECOND, wait = 0;
	unsigned copies = 0;

	for (size_t i = 0; i < hearing.count; i++) {
		const struct heard *h = &hearing.at[i];

		if (h->says != SIM_SAYS_NOTIFICATION || h->port != old)
			continue;
		if (copies == 1)
			wait = h->at_ns - at;
		if (copies > 0)
			at += wait << (copies - 1);
		UNIT_EQUAL("copy", h->at_ns, at);
		copies++;
	}
	CU_ASSERT_EQUAL(copies, 5);
	/* nothing heard since it registered */
	UNIT_EQUAL("again", when(SIM_SAYS_REGISTER, 1),
	    registered + 2 * CLIENT + 30 * SECOND);
	CU_ASSERT_NOT_EQUAL(port(SIM_SAYS_REGISTER, 1), old);
	CU_ASSERT_EQUAL(clients(r)->notified, 0);
	CU_ASSERT_EQUAL(clients(r)->rebound, 1);
	CU_ASSERT_EQUAL(clients(r)->notifications, 2);
	CU_ASSERT_EQUAL(heard_count(&hearing, SIM_SAYS_ACK), 0);
	sim_record_free(r);
	stage_close(&s);
}

/* --- anything
 * ------------------------------------------------------------------ */

/* 0..limit-1, of a scene. */
static uint64_t
any(struct sim_dice *dice, uint32_t scene, uint64_t limit)
{
	static uint64_t n;

	return sim_dice_below(dice, SIM_DRAW_SIZE, scene, n++, limit);
}

static void
set_any_scene(struct stage *s, struct sim_dice *dice, uint32_t scene)
{
	static const enum lb_fault_kind kinds[] = { LB_FAULT_UP,
		LB_FAULT_CRASHED, LB_FAULT_REFUSING, LB_FAULT_HTTP_ERROR,
		LB_FAULT_HANGING, LB_FAULT_OFF, LB_FAULT_DEAF,
		LB_FAULT_ADMIN_DOWN, LB_FAULT_ADMIN_NONE };
	static const char *const members[] = { "a", "b", "c" };
	struct lb_traffic *t = one_device(s);
	struct lb_server *server = stage_server(s);

	s->settings.seed = scene;
	t->devices = (uint32_t)(1 + any(dice, scene, 50));
	t->addresses = (uint32_t)any(dice, scene, 5);
	t->period_ms = 1 + any(dice, scene, 60000);
	t->jitter_ms = any(dice, scene, 2 * t->period_ms);
	t->confirmable = any(dice, scene, 2000000);
	t->observe = any(dice, scene, 4) > 0;
	t->notify_every_ms = any(dice, scene, 5000);
	t->confirm_every = (uint32_t)any(dice, scene, 4);
	t->nat_timeout_ms = any(dice, scene, 20000);
	t->source_port = (uint16_t)(any(dice, scene, 2) * 5683);
	s->scene.client_link.loss = any(dice, scene, 300000);
	s->scene.member_link.loss = any(dice, scene, 300000);
	s->scene.client_link.jitter_ns = any(dice, scene, 8 * SECOND);
	server->service_ns = any(dice, scene, 10 * SECOND);
	server->concurrency = (uint32_t)any(dice, scene, 5);
	server->queue = (uint32_t)any(dice, scene, 5);
	for (unsigned i = 0; i < STAGE_MOST; i++)
		(void)stage_fault(s, any(dice, scene, 100000),
		    members[any(dice, scene, 3)],
		    kinds[any(dice, scene, LB_COUNT(kinds))]);
}

/* Whatever befalls them, each request ends at most once, and nothing arrives
 * that was not sent. */
static void
any_scene_adds_up(void)
{
	struct sim_dice dice;
	uint64_t notified = 0, given_up = 0, rebound = 0;

	sim_dice_init(&dice, 1);
	for (uint32_t scene = 1; scene <= 200; scene++) {
		struct stage s;
		char row[32];

		(void)snprintf(row, sizeof(row), "scene %u", scene);
		set_any_scene(&s, &dice, scene);

		struct sim_record *r = stage_play(&s, NULL);
		const struct sim_clients *c = clients(r);
		uint64_t ended = c->answered + c->given_up;

		UNIT_ROW(row, ended <= c->requests);
		UNIT_ROW(row, c->requests - ended <= c->sessions);
		UNIT_ROW(row, c->notified <= c->notifications);
		UNIT_ROW(row, c->sessions <= s.traffic[0].devices);
		notified += c->notified;
		given_up += c->given_up;
		rebound += c->rebound;
		sim_record_free(r);
		stage_close(&s);
	}
	CU_ASSERT_TRUE(notified > 0 && given_up > 0 && rebound > 0);
}

int
main(void)
{
	CU_TestInfo tests[] = {
		{ "answered", a_report_is_answered },
		{ "retransmission", retransmission_doubles },
		{ "as captured", the_captured_times_are_such },
		{ "duplicates", a_duplicate_is_not_served_again },
		{ "lost answers", a_lost_answer_is_repeated },
		{ "NON", what_is_not_confirmable_is_sent_once },
		{ "jitter", reports_have_their_jitter },
		{ "rebinding", a_silence_takes_the_port },
		{ "fixed port", a_fixed_port_is_for_one },
		{ "drawn timeouts", timeouts_are_drawn },
		{ "observe", an_observer_is_notified },
		{ "its server dies", an_observer_survives_its_server },
		{ "its server restarts", a_restart_forgets_observers },
		{ "its server drains", acknowledging_to_another_ends_it },
		{ "its binding ends", a_lost_binding_ends_it },
		{ "anything", any_scene_adds_up },
		CU_TEST_INFO_NULL,
	};
	return unit_main("sim/client_coap", tests);
}
